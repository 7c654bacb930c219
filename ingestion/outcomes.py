"""The questions of one asking run as one document of the archive, and back into rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from ingestion.fetch.archive import STAMP_FORMAT, TIME_FORMAT, Archive, Fetch
from ingestion.landing.batch import Rejected
from ingestion.providers.rows import Domain

FOLDER = "feed/requests"
PARSER_VERSION = "feed-requests-2"

Said = Literal["answered", "empty", "unknown_subject", "quota_exceeded", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """What one question to one provider came to; a row of raw_feed__request.

    `outcome` is one of the words that the table's contract explains. `problem` holds no secret; None where there was none.
    `columns_missing` names what the provider gives otherwise and no row of an answer holds, None where all is there.
    `requests` counts the answers taken, pages included; `seconds` is how long it took, waiting included. `asked_at_utc` is
    naive UTC. `answer_sha256` is that of the first page, None without one.
    """

    domain: Domain
    subject: str
    provider: str
    priority: int
    first_date: date
    last_date: date
    outcome: Said
    problem: str | None
    requests: int
    seconds: float
    asked_at_utc: datetime
    answer_sha256: str | None
    columns_missing: str | None = None


def keep(archive: Archive, outcomes: Sequence[Outcome], now_utc: datetime) -> Fetch:
    """Archive the questions of a run that ended at `now_utc`, naive UTC."""
    rows = [
        asdict(one)
        | {"first_date": one.first_date.isoformat(), "last_date": one.last_date.isoformat()}
        | {"asked_at_utc": one.asked_at_utc.strftime(TIME_FORMAT)}
        for one in outcomes
    ]
    content = json.dumps({"questions": rows}, indent=1, sort_keys=True).encode()
    return archive.put(f"{FOLDER}/{now_utc:{STAMP_FORMAT}}", content, fetched_at_utc=now_utc)


def asked_since(archive: Archive, moment_utc: datetime) -> list[Outcome]:
    """The questions that were asked from `moment_utc` on, naive UTC, as the archive has them."""
    first = f"{FOLDER}/{moment_utc:{STAMP_FORMAT}}"
    fetches = [archive.latest(source) for source in archive.sources(FOLDER) if source >= first]
    return [one for fetch in fetches if fetch for one in read(fetch, archive.get(fetch.sha256))[0]]


def read(fetch: Fetch, content: bytes) -> tuple[list[Outcome], list[Rejected]]:
    """The questions that a document holds. One that cannot be read is rejected as a whole."""
    try:
        return [_outcome(one) for one in json.loads(content)["questions"]], []
    except (ValueError, KeyError, TypeError) as error:
        reason = f"no list of questions ({type(error).__name__}: {error})"
        return [], [Rejected("unreadable", reason, None, {}, fetch.source, fetch.sha256, 0)]


def as_row(one: Outcome, fetch: Fetch) -> dict[str, object]:
    """The question as the row of raw_feed__request that its document gives."""
    known = {"asked_date": one.asked_at_utc.date(), "known_at_utc": one.asked_at_utc}
    return asdict(one) | known | fetch.provenance(PARSER_VERSION)


def _outcome(question: dict[str, Any]) -> Outcome:
    told = {field.name: question[field.name] for field in fields(Outcome) if field.name in question}
    days = {name: date.fromisoformat(told[name]) for name in ("first_date", "last_date")}
    return Outcome(**{**told, **days, "asked_at_utc": datetime.strptime(told["asked_at_utc"], TIME_FORMAT)})
