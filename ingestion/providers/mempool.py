"""Hashrate and difficulty of the bitcoin network by UTC day from mempool.space: no key, no blocks and no fees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from ingestion.landing.batch import CellError
from ingestion.providers.pages import moment, number, parse_object, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

# The fewest days that each period of theirs reaches back.
PERIODS = (("3d", 3), ("1w", 7), ("1m", 28), ("3m", 89), ("6m", 181), ("1y", 365), ("2y", 730), ("3y", 1095))
EVERYTHING = "all"
BETWEEN_STEPS = timedelta(days=21)
"""Longer than two weeks of blocks ever take, so that the difficulty of the first day is in the answer."""
H_IN_EH = 1e18

Lists = tuple[list[object], list[object]]
"""Hashrates, and adjustments of the difficulty."""


class Mempool(Provider[Lists]):
    """Periods end now. A hashrate bears the midnight that ended its day; a difficulty the time from which it held."""

    name = "mempool"
    base_url = "https://mempool.space"
    requests, seconds = 1, 1.0  # its limits are not disclosed
    parser_version = "mempool-hashrate-1"

    def gives(self, target: Target) -> Sequence[str]:
        return ("difficulty", "hashrate_eh_s")

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        reach = (today - window.first + BETWEEN_STEPS).days
        period = next((name for name, days in PERIODS if days >= reach), EVERYTHING)
        return Request(f"/api/v1/mining/hashrate/{period}")

    def parse(self, content: bytes) -> Lists:
        document = parse_object(content, "history of hashrate and difficulty")
        hashrates, adjustments = document.get("hashrates"), document.get("difficulty")
        if not isinstance(hashrates, list) or not isinstance(adjustments, list):
            raise wrong(f"no history of hashrate and difficulty; the body begins {content[:40]!r}")
        return hashrates, adjustments

    def read(self, document: Lists, rows: Rows) -> None:
        hashrates, adjustments = document
        steps = _steps(rows, adjustments, len(hashrates))
        for place, found in enumerate(hashrates, start=1):
            with rows.line(place, found) as cells:
                ended = moment(cells.get("timestamp"), "s", rows.fetch.fetched_at_utc, "utc_date")
                on = (ended - timedelta(microseconds=1)).date()
                if not rows.wants(on):
                    continue
                if ended.time() != time.min:
                    raise CellError("type", "utc_date", f"{cells.get('timestamp')!r} is not the end of a UTC day")
                values = {"difficulty": _difficulty(steps, on)}
                values["hashrate_eh_s"] = _positive(cells.get("avgHashrate"), "hashrate_eh_s", "hashrate") / H_IN_EH
                rows.add(on, {"blocks": None, "fees_btc": None, **values})


def _positive(value: object, column: str, noun: str) -> float:
    found = number(value, column)
    if found is None or found <= 0:
        raise CellError("not_positive", column, f"{value!r} is no {noun}")
    return found


def _steps(rows: Rows, adjustments: Sequence[object], before: int) -> list[tuple[datetime, float]]:
    """The adjustments by time. None at all if one cannot be read: the days after it would bear the one before."""
    steps = []
    for place, found in enumerate(adjustments, start=before + 1):
        with rows.line(place, found) as cells:
            told = cells.get("time", cells.get("timestamp"))
            since = moment(told, "s", rows.fetch.fetched_at_utc, "difficulty")
            steps.append((since, _positive(cells.get("difficulty"), "difficulty", "difficulty")))
    return sorted(steps) if len(steps) == len(adjustments) else []


def _difficulty(steps: Sequence[tuple[datetime, float]], day: date) -> float | None:
    """The difficulty of all blocks of `day`; None where it changed on the day, or the answer does not reach back to it."""
    if any(since.date() == day for since, _ in steps):
        return None
    held = [difficulty for since, difficulty in steps if since.date() < day]
    return held[-1] if held else None
