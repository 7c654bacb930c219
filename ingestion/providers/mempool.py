"""Hashrate and difficulty of the bitcoin network by UTC day from mempool.space: no key, no blocks and no fees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import ClassVar

from ingestion.bundle.network import CONFIRMATION_LAG
from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.landing.cells import CellError
from ingestion.providers.daily import Daily
from ingestion.providers.pages import moment, number, opened_json, parse_json, wrong

PATH = "/api/v1/mining/hashrate"
# The fewest days that each period of theirs reaches back.
PERIODS = (("3d", 3), ("1w", 7), ("1m", 28), ("3m", 89), ("6m", 181), ("1y", 365), ("2y", 730), ("3y", 1095))
EVERYTHING = "all"
BETWEEN_STEPS = timedelta(days=21)
"""Longer than two weeks of blocks ever take, so that the difficulty of the first day is in the answer."""
H_IN_EH = 1e18

Step = tuple[datetime, float]


@dataclass(frozen=True)
class Mempool(Common):
    """Periods end now. A hashrate bears the midnight that ended its day; a difficulty the time from which it held."""

    name: ClassVar[str] = "mempool"
    domain: ClassVar[Domain] = "network"
    base_url: ClassVar[str] = "https://mempool.space"
    hosts: ClassVar[tuple[str, ...]] = ("mempool.space",)
    requests: ClassVar[int] = 1  # its limits are not disclosed
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "mempool-hashrate-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        reach = (datetime.now(UTC).date() - window.first + BETWEEN_STEPS).days
        period = next((name for name, days in PERIODS if days >= reach), EVERYTHING)
        ask(f"{PATH}/{period}", kind="json", check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        days = Daily(fetch, window, "utc_date", lag=CONFIRMATION_LAG)
        hashrates, adjustments = opened_json(fetch, content, _lists)
        steps = _steps(days, adjustments, fetch.fetched_at_utc, len(hashrates))
        for line, found in enumerate(hashrates, start=1):
            cells = found if isinstance(found, dict) else {"row": found}

            def on(cells: Mapping[str, object] = cells) -> date:
                return _day(_ended(cells, fetch.fetched_at_utc))

            def values(cells: Mapping[str, object] = cells) -> Row | None:
                return _values(cells, _ended(cells, fetch.fetched_at_utc), steps)

            days.add(line, cells, on, values)
        return days.reading()


def _ended(cells: Mapping[str, object], fetched_at_utc: datetime) -> datetime:
    return moment(cells.get("timestamp"), "s", fetched_at_utc, "utc_date")


def _day(ended: datetime) -> date:
    return (ended - timedelta(microseconds=1)).date()


def _values(cells: Mapping[str, object], ended: datetime, steps: Sequence[Step]) -> Row:
    if ended.time() != time.min:
        raise CellError("type", "utc_date", f"{cells.get('timestamp')!r} is not the end of a UTC day")
    hashrate_h_s = number(cells.get("avgHashrate"), "hashrate_eh_s")
    if hashrate_h_s is None or hashrate_h_s <= 0:
        raise CellError("not_positive", "hashrate_eh_s", f"{cells.get('avgHashrate')!r} is no hashrate")
    difficulty = _difficulty(steps, _day(ended))
    return {"blocks": None, "fees_btc": None, "difficulty": difficulty, "hashrate_eh_s": hashrate_h_s / H_IN_EH}


def _steps(days: Daily, adjustments: Sequence[object], fetched_at_utc: datetime, before: int) -> list[Step]:
    """The adjustments by time. None at all if one cannot be read: the days after it would bear the one before."""
    steps: list[Step] = []
    is_whole = True
    for line, found in enumerate(adjustments, start=before + 1):
        cells = found if isinstance(found, dict) else {"row": found}
        try:
            since = moment(cells.get("time", cells.get("timestamp")), "s", fetched_at_utc, "difficulty")
            difficulty = number(cells.get("difficulty"), "difficulty")
            if difficulty is None or difficulty <= 0:
                raise CellError("not_positive", "difficulty", f"{cells.get('difficulty')!r} is no difficulty")
        except CellError as error:
            is_whole = False
            days.reject(line, cells, error)
        else:
            steps.append((since, difficulty))
    return sorted(steps) if is_whole else []


def _difficulty(steps: Sequence[Step], day: date) -> float | None:
    """The difficulty of all blocks of `day`; None where it changed on the day, or the answer does not reach back to it."""
    if any(since.date() == day for since, _ in steps):
        return None
    held = [difficulty for since, difficulty in steps if since.date() < day]
    return held[-1] if held else None


def _check(content: bytes) -> None:
    _lists(content)


def _lists(content: bytes) -> tuple[list[object], list[object]]:
    document = parse_json(content)
    found = [document.get(name) for name in ("hashrates", "difficulty")] if isinstance(document, dict) else []
    hashrates, adjustments = found if found else (None, None)
    if not isinstance(hashrates, list) or not isinstance(adjustments, list):
        raise wrong(f"no history of hashrate and difficulty; the body begins {content[:40]!r}")
    return hashrates, adjustments
