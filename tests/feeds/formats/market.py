"""What the providers of prices have to tell in a test: bars as traded, splits and dividends, and the time of the day.

Each provider words it in its own module beside this one; a question that none of ours would put is an assertion there.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import prod
from zoneinfo import ZoneInfo

from werkzeug import Request, Response

from ingestion.calendars import parse_sessions, render_sessions
from ingestion.clock import now_utc

NEW_YORK = ZoneInfo("America/New_York")
# As far as tests with a day of their own look, and in any case to the day of the machine.
LAST = max(date(2027, 6, 30), now_utc().date())
SESSIONS = {one.session_date: one for one in parse_sessions("test", render_sessions(LAST))}


@dataclass(frozen=True)
class Bar:
    """One session or UTC day as it was traded."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True)
class Action:
    """A split (shares after for one before) or a dividend as paid, by its ex-date."""

    ex_date: date
    split_ratio: float | None = None
    dividend_usd: float | None = None


@dataclass(frozen=True)
class Listing:
    """All that can be told of one symbol, oldest first. `calendar` is XNYS or UTC."""

    bars: Sequence[Bar]
    actions: Sequence[Action] = ()
    calendar: str = "XNYS"


Edit = Callable[[str, Bar], Bar | None]
"""What a provider makes of a bar of a symbol: the same, a wrong one, or None for a hole."""


class Market(ABC):
    """What one provider holds: listings by its own symbols, at `set_now_utc`, naive UTC, or at the time of the machine
    where that is None. All may be changed at any time."""

    def __init__(self, symbols: Mapping[str, Listing], now_utc: datetime | None, key: str | None = None) -> None:
        self.symbols, self.set_now_utc, self.key = dict(symbols), now_utc, key
        self.edit: Edit = lambda symbol, bar: bar

    @property
    def now_utc(self) -> datetime:
        return self.set_now_utc or datetime.now(UTC).replace(tzinfo=None)

    @abstractmethod
    def __call__(self, path: str, request: Request) -> Response:
        """The answer in the provider's format: what FeedServer.mount takes."""

    def shown(self, symbol: str) -> list[tuple[Bar, Bar | None]]:
        """Each bar up to now as it was traded, and as this provider tells it. The last one is half a bar while its
        session is under way."""
        listing = self.symbols[symbol]
        found: list[tuple[Bar, Bar | None]] = []
        for bar in listing.bars:
            opened, closed = span(listing.calendar, bar.day)
            if opened <= self.now_utc:
                so_far = bar if closed <= self.now_utc else under_way(bar)
                found.append((so_far, self.edit(symbol, so_far)))
        return found

    def bars(self, symbol: str) -> list[Bar]:
        """The bars up to now as this provider tells them, without holes."""
        return [told for _, told in self.shown(symbol) if told is not None]

    def actions(self, symbol: str) -> list[Action]:
        """The splits and dividends up to today."""
        listing = self.symbols[symbol]
        today = self.today(listing.calendar)
        return [one for one in listing.actions if one.ex_date <= today]

    def today(self, calendar: str) -> date:
        now = self.now_utc.replace(tzinfo=UTC)
        return (now if calendar == "UTC" else now.astimezone(NEW_YORK)).date()

    def shares(self, symbol: str, day: date) -> float:
        """How many shares of now one share of `day` has become by splits."""
        product = 1.0
        for one in self.actions(symbol):
            if one.split_ratio is not None and one.ex_date > day:
                product *= one.split_ratio
        return product

    def dividend_factors(self, symbol: str) -> list[tuple[date, float]]:
        """For each dividend what it leaves of the prices before its ex-date, as adjusted closes have it."""
        closes = [(bar.day, bar.close) for bar, _ in self.shown(symbol)]
        found = []
        for one in self.actions(symbol):
            place = bisect_left(closes, (one.ex_date, 0.0))
            if one.dividend_usd is not None and place:
                found.append((one.ex_date, 1 - one.dividend_usd / closes[place - 1][1]))
        return found


def left_of(factors: list[tuple[date, float]], day: date) -> float:
    """What all `factors` that take effect after `day` leave of a price of that day."""
    return prod(factor for ex_date, factor in factors if ex_date > day)


def span(calendar: str, day: date) -> tuple[datetime, datetime]:
    """Start and end of a session or UTC day, naive UTC."""
    midnight = datetime(day.year, day.month, day.day)
    if calendar == "UTC":
        return midnight, midnight + timedelta(days=1)
    return SESSIONS[day].open_utc, SESSIONS[day].close_utc


def under_way(bar: Bar) -> Bar:
    """The bar while it is still open: never what it will have been."""
    last = round((bar.open + bar.close) / 2 + 0.01, 2)
    low, high = min(bar.open, last), max(bar.open, last)
    return replace(bar, high=high, low=low, close=last, volume=float(int(bar.volume / 2)))


def seconds(moment_utc: datetime) -> int:
    """A naive UTC moment as seconds since 1970, whatever the time zone of this process."""
    return int(moment_utc.replace(tzinfo=UTC).timestamp())


def json_response(document: object, status: int = 200, indent: int | None = None) -> Response:
    separators = (",", ":") if indent is None else None
    text = json.dumps(document, indent=indent, separators=separators)
    return Response(text, status=status, content_type="application/json")
