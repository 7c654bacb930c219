"""The live edition before any Dagster: asking EDGAR, and telling whether there is anything new to build from. Light: it
loads neither Dagster nor dbt nor Great Expectations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import HashwattError, SettingMissing, SourceUnavailable
from orchestration.progress import report
from orchestration.publication_store import Publication, current_publication, damages
from orchestration.settings import Settings
from orchestration.writer_lock import Holder, writer_lock

if TYPE_CHECKING:
    from ingestion.load import Edition, Ingestion
    from ingestion.sec.asking import Asked
    from ingestion.sec.client import EdgarClient

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ingestion", "quality", "orchestration", "dbt_project")
SOURCES = frozenset({".py", ".sql", ".yml"})
BUILDERS = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "exchange-calendars", "great-expectations", "pyarrow")
TEST_REQUESTS_PER_SECOND = 1000
STAYS = "the last publication stays as it is"


@dataclass(frozen=True)
class News:
    """What asking EDGAR came to. `same_as` is the current publication when a run now would build it once more."""

    asked: tuple[Asked, ...]
    same_as: Publication | None

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.asked)

    @property
    def changed(self) -> tuple[str, ...]:
        """Issuers about whom EDGAR says something new."""
        return tuple(one.issuer for one in self.asked if one.new)


def open_ingestion(settings: Settings, edition: Edition, now_utc: datetime, client: EdgarClient | None) -> Ingestion:
    """The sources of a run of `edition`; `now_utc` is naive UTC."""
    from ingestion.archive import Archive
    from ingestion.load import Ingestion
    from ingestion.storage import Storage

    archive = Archive(Storage(settings.archive))
    return Ingestion(edition, archive, settings.ledger_dir, settings.bundle_dir, now_utc, client)


def edgar_client(settings: Settings) -> EdgarClient:
    """EDGAR under the contact address of the settings; raises SettingMissing without one."""
    from ingestion.archive import Archive
    from ingestion.http_errors import ContactMissing
    from ingestion.limits import RateLimit
    from ingestion.sec.client import BLOCK_MARKS, EdgarClient, edgar_session
    from ingestion.session import Session
    from ingestion.storage import Storage

    archive = Archive(Storage(settings.archive))
    try:
        if settings.edgar_url is None:
            return EdgarClient(archive, edgar_session(), settings.contact)
        limit = RateLimit("edgar", requests=TEST_REQUESTS_PER_SECOND, folder=settings.home / "limits")
        session = Session(limit, {"127.0.0.1"}, block_marks=BLOCK_MARKS, loopback_for_tests=True)
        url = settings.edgar_url
        return EdgarClient(archive, session, settings.contact, data_url=url, www_url=url)
    except ContactMissing as error:
        raise SettingMissing(f"{error.source}: {error.problem}", error.remedy) from error


def look(settings: Settings, as_of: date | None, wait_seconds: float, *, only_filings: bool = False) -> News:
    """Ask EDGAR about every issuer of the universe and hold what the archive has then against the current publication.

    With `only_filings` one conditional request is sent for each issuer and nothing is said about the publication. Raises
    SettingMissing, RefreshRunning, and SourceUnavailable when EDGAR does not answer as it should.
    """
    client = edgar_client(settings)
    with writer_lock(settings, wait_seconds, _tell_waiting), _explained():
        sources = open_ingestion(settings, "live", _now(), client)
        report(f"EDGAR: asking about {len(sources.registrants())} issuers")
        if only_filings:
            from ingestion.sec.asking import Asking

            found = Asking(client, sources.archive, sources.now_utc).filings(sources.registrants(), report)
            return News(tuple(found), None)
        found = sources.ask(client, report)
        wanted = inputs_sha256(sources, as_of, as_archived=False)
        return News(tuple(found), _published_from(settings, wanted))


def backfill(settings: Settings, issuers: Collection[str], per_issuer: bool, wait_seconds: float) -> News:
    """Bring what EDGAR has of `issuers`, or of the whole universe, into the archive; what is archived is not asked again.

    The whole universe is taken from the nightly archives when nothing of it is archived yet, unless `per_issuer`. Raises
    as `look` does, and HashwattError for an issuer that is in no universe.
    """
    from ingestion.sec.asking import Asking, submissions_source

    client = edgar_client(settings)
    with writer_lock(settings, wait_seconds, _tell_waiting), _explained():
        sources = open_ingestion(settings, "live", _now(), client)
        chosen = sources.registrants(issuers or None)
        if unknown := sorted(set(issuers) - {one.issuer for one in chosen}):
            raise HashwattError(
                f"no issuer of the universe: {', '.join(unknown)}",
                f"choose among {', '.join(one.issuer for one in sources.registrants())}",
            )
        asking = Asking(client, sources.archive, sources.now_utc)
        if not (issuers or per_issuer or any(sources.archive.latest(submissions_source(r.cik)) for r in chosen)):
            asking.bulk(chosen, report)
        return News(tuple(asking.everything(chosen, report, only_missing=True)), None)


def inputs_sha256(sources: Ingestion, as_of: date | None, *, as_archived: bool) -> str:
    """SHA-256 over everything a publication follows from: archived bytes, shipped files, code, versions, edition, as-of
    day. The same twice means the same tables. `as_archived` is for a run that has read its sources."""
    facts = {
        "edition": sources.edition,
        "as_of": None if as_of is None else as_of.isoformat(),
        "code": code_sha256(),
        "inputs": sources.inputs(as_archived=as_archived),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def code_sha256() -> str:
    """SHA-256 over the files that make the tables, and the versions of what runs them."""
    from importlib import metadata

    digest = hashlib.sha256()
    for package in BUILDERS:
        digest.update(f"{package} {metadata.version(package)}\n".encode())
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.suffix in SOURCES and not {"target", "logs", "dbt_packages"} & set(inside.parts):
                digest.update(f"{inside.as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _published_from(settings: Settings, wanted: str) -> Publication | None:
    """The current publication when it is intact and was made of exactly this, and the lake is as it should be."""
    from ingestion.lake import Lake
    from ingestion.storage import Storage
    from ingestion.tables import TABLES

    try:
        now = current_publication(settings)
    except HashwattError:
        return None
    lake = Lake(Storage(settings.lake))
    if now.manifest.get("inputs_sha256") != wanted or damages(now):
        return None
    return None if any(lake.verify(table) for table in TABLES.values()) else now


@contextmanager
def _explained() -> Iterator[None]:
    """A source that fails inside the block as an error with an exit code."""
    from ingestion.errors import IngestionError

    try:
        yield
    except IngestionError as error:
        name = type(error).__name__
        raise SourceUnavailable(f"{name}: {error.source}: {error.problem}", f"{error.remedy}; {STAYS}") from error


def _tell_waiting(holder: Holder | None) -> None:
    report(f"waiting for another refresh to end: {holder.sentence() if holder else 'it left no details'}")


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
