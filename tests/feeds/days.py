"""Listings of the days on which clocks and calendars play tricks, for tests of single providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from ingestion.providers.rows import Reading, Target, Window
from tests.feeds.formats.market import SESSIONS, Action, Bar, Listing

# Leap day; clocks forward and back; Thanksgiving with its half day; Christmas with another; New Year.
SPANS = (
    (date(2024, 2, 26), date(2024, 3, 1)),
    (date(2024, 3, 4), date(2024, 3, 15)),
    (date(2024, 10, 28), date(2024, 11, 8)),
    (date(2024, 11, 25), date(2024, 12, 2)),
    (date(2024, 12, 23), date(2025, 1, 3)),
)
WINDOW = Window(SPANS[0][0], SPANS[-1][1])
NOW = datetime(2025, 1, 6, 13)
"""A Monday before the bell: all of the days are complete."""
SPLIT = Action(date(2024, 11, 4), split_ratio=10.0)
DIVIDEND = Action(date(2024, 3, 12), dividend_usd=0.5)
SHARE = Target("market", "ABC", "ABC", "XNYS")
COIN = Target("market", "BTC-USD", "BTC-USD", "UTC")


def days(calendar: str) -> list[date]:
    """The sessions, or all days, of SPANS."""
    all_days = [first + timedelta(days=n) for first, last in SPANS for n in range((last - first).days + 1)]
    return [day for day in all_days if calendar == "UTC" or day in SESSIONS]


def bar(day: date, level: float = 100.0) -> Bar:
    """A bar whose numbers tell its day; prices in eighths, so that no float format changes them."""
    close = level + day.toordinal() % 64 / 8
    return Bar(day, close - 0.125, close + 0.25, close - 0.25, close, 1000.0 + day.toordinal() % 1000)


def share(actions: Sequence[Action] = (), on: Sequence[date] | None = None) -> Listing:
    return Listing([bar(day) for day in (days("XNYS") if on is None else on)], actions)


def coin(on: Sequence[date] | None = None) -> Listing:
    return Listing([bar(day, 50_000.0) for day in (days("UTC") if on is None else on)], (), "UTC")


def rows(bars: Sequence[Bar], shares: Mapping[date, float] | None = None) -> list[dict[str, object]]:
    """The rows that these bars are to become; `shares` by which prices of a day are restated, 1 unless given."""
    made = []
    for one in bars:
        by = (shares or {}).get(one.day, 1.0)
        prices = {"open_usd": one.open, "high_usd": one.high, "low_usd": one.low, "close_usd": one.close}
        made.append(
            {"session_date": one.day, **{name: price / by for name, price in prices.items()}, "volume": one.volume * by}
        )
    return made


def dates(reading: Reading) -> list[object]:
    return [row["session_date"] for row in reading.rows]
