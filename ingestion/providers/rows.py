"""The rows of one page: at most one a day, in the window, complete when the page was fetched. Knows no provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from ingestion.calendars import known_at
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import CellError, Rejected
from ingestion.providers.pages import local_date, number

Domain = Literal["market", "network", "macro"]
Row = Mapping[str, Any]
NEW_YORK = ZoneInfo("America/New_York")
BAR_COLUMNS = ("open_usd", "high_usd", "low_usd", "close_usd", "volume")
VALUES: dict[Domain, tuple[str, ...]] = {
    "market": BAR_COLUMNS,
    "network": ("blocks", "fees_btc", "difficulty", "hashrate_eh_s"),
    "macro": ("value",),
}
"""The columns of a domain that say something of a day."""
DAY_COLUMNS: dict[Domain, str] = {"market": "session_date", "network": "utc_date", "macro": "observation_date"}


@dataclass(frozen=True, order=True)
class Window:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError(f"a window from {self.first} to {self.last} holds no day")


@dataclass(frozen=True)
class Target:
    """What a provider is asked about: `subject` by our name, `symbol` by the provider's.

    `calendar` is XNYS where the days are sessions of the exchange, UTC where every day counts.
    """

    domain: Domain
    subject: str
    symbol: str
    calendar: Literal["XNYS", "UTC"]


@dataclass(frozen=True)
class Reading:
    """What one archived page says. `rows` and `actions` hold the own columns of their raw table without subject,
    provider, known_at_utc and provenance, which are the same for all and are added when they are taken in.

    Rows of domain market: session_date, open_usd, high_usd, low_usd, close_usd, volume; of `actions`: ex_date, action,
    split_ratio, dividend_usd. Of domain network: utc_date, blocks, fees_btc, difficulty, hashrate_eh_s, and final_at_utc where
    the provider says when the day became final. Of domain macro: observation_date, value, and realtime_date where the
    provider dates the vintage.
    """

    rows: Sequence[Row]
    rejected: Sequence[Rejected] = ()
    actions: Sequence[Row] = ()


class Rows:
    """Collects what one page says about `target`. `closes` gives the close of each exchange session, naive UTC.

    Two rows of one day (and one vintage, or one kind of action) that say the same are one; two that differ are both
    rejected, since nobody knows which is right. Values are taken as they are: a low above the high is for the gate to find.
    Prices restated for a split that is rejected are on an unknown basis before it, and are put aside with it.
    """

    def __init__(self, fetch: Fetch, target: Target, window: Window, closes: Mapping[date, datetime]) -> None:
        self.fetch, self.target, self.window = fetch, target, window
        self._closes = closes
        self._today = local_date(fetch.fetched_at_utc, UTC if target.calendar == "UTC" else NEW_YORK)
        self._rows: dict[tuple[date, str], list[tuple[int, Row]]] = {}
        self._actions: dict[tuple[date, str], list[tuple[int, Row]]] = {}
        self._rejected: list[Rejected] = []
        self._untold: list[date] = []
        self._line, self._ex_date = 0, date.max

    @contextmanager
    def line(self, number: int, found: object, names: Sequence[str] = (), *, is_split: bool = False) -> Iterator[Row]:
        """What stands at `number` of the page, from 1, as cells: a list by `names`. A CellError inside rejects it; of a line
        that `is_split` it is remembered that there was a split nobody can tell."""
        if names:
            found = dict(zip(names, found, strict=False)) if isinstance(found, list) else None
        cells: Row = found if isinstance(found, dict) else {"row": found}
        self._line, self._ex_date = number, date.max
        try:
            yield cells
        except CellError as error:
            self._rejected.append(error.rejected(cells, self.fetch, number))
            if is_split:
                self._untold.append(self._ex_date)

    def wants(self, day: date) -> bool:
        """Whether `day` lies in the window and was complete and public when the page was fetched."""
        if not self.window.first <= day <= self.window.last:
            return False
        return known_at(self.target.domain, self.target.calendar, day, self._closes) <= self.fetch.fetched_at_utc

    def add(self, day: date, values: Row, vintage: str = "") -> None:
        """What the line says of a day that is wanted, and of its vintage where it has one."""
        row = {DAY_COLUMNS[self.target.domain]: day, **values}
        _put(self._rows.setdefault((day, vintage), []), self._line, row)

    def bar(self, day: date, cells: Row) -> None:
        """The bar of the line, `cells` by BAR_COLUMNS, where its day is wanted; raises CellError."""
        if not self.wants(day):
            return
        row = {column: number(cells.get(column), column) for column in BAR_COLUMNS}
        if row["close_usd"] is None:
            raise CellError("null", "close_usd", "a bar has a close")
        self.add(day, row)

    def dated(self, ex_date: date) -> date:
        """The day of the line, which stands whatever else of it cannot be read."""
        self._ex_date = ex_date
        return ex_date

    def split(self, ex_date: date, ratio: float | None) -> None:
        """A split of one share into `ratio`; raises CellError unless that is positive."""
        if ratio is None or ratio <= 0:
            raise CellError("positive", "split_ratio", f"{ratio!r} is no ratio of shares")
        self._act(ex_date, "split", split_ratio=ratio)

    def dividend(self, ex_date: date, amount_usd: float | None) -> None:
        """A dividend of a share; raises CellError unless the amount is positive."""
        if amount_usd is None or amount_usd <= 0:
            raise CellError("positive", "dividend_usd", f"{amount_usd!r} is no dividend")
        self._act(ex_date, "dividend", dividend_usd=amount_usd)

    def reading(self, *, is_split_adjusted: bool = False) -> Reading:
        """All of it, oldest first; of prices restated for splits what stands after the last split that nobody can tell."""
        column = DAY_COLUMNS[self.target.domain]
        rows, actions = self._settled(self._rows, column), self._settled(self._actions, "ex_date")
        self._untold += [day for (day, kind), told in self._actions.items() if kind == "split" and len(told) > 1]
        # One that is still to come restates nothing yet; one whose day cannot be read may restate everything.
        told = [min(day, self._today + timedelta(1)) for day in self._untold if day <= self._today or day == date.max]
        if is_split_adjusted and told:
            since = max(told)
            bars = [row for row in rows if row[column] >= since]
            known = [row for row in actions if row["action"] == "split" or row["ex_date"] >= since]
            lost = {"before": since, "bars": len(rows) - len(bars), "dividends": len(actions) - len(known)}
            rows, actions = bars, known
            if lost["bars"] or lost["dividends"]:
                words = f"what stands before {since} is restated for a split that nobody can tell"
                place = self.fetch.source, self.fetch.sha256
                self._rejected.append(Rejected("unknown_basis", words, "split_ratio", lost, *place))
        return Reading(rows, sorted(self._rejected, key=lambda one: one.line or 0), actions)

    def _act(self, ex_date: date, action: str, **amount: float) -> None:
        """Those before the window are dropped; those after it are kept up to the day of the fetch, because restated
        prices are restated by them, too."""
        if self.window.first <= ex_date <= self._today:
            row = {"ex_date": ex_date, "action": action, "split_ratio": None, "dividend_usd": None, **amount}
            _put(self._actions.setdefault((ex_date, action), []), self._line, row)

    def _settled(self, found: Mapping[tuple[date, str], list[tuple[int, Row]]], column: str) -> list[Row]:
        for (day, kind), rows in found.items():
            twice = CellError("duplicate", column, f"{len(rows)} different rows for {day} {kind}".rstrip())
            self._rejected += [twice.rejected(row, self.fetch, line) for line, row in rows if len(rows) > 1]
        return [found[key][0][1] for key in sorted(found) if len(found[key]) == 1]


def columns_missing(readings: Sequence[Reading], columns: Sequence[str]) -> list[str]:
    """Those of `columns` without a value in all rows of an answer. One day alone proves nothing: some have no value."""
    rows = [row for reading in readings for row in reading.rows]
    return [name for name in columns if len(rows) > 1 and all(row.get(name) is None for row in rows)]


def _put(same: list[tuple[int, Row]], line: int, row: Row) -> None:
    if not any(earlier == row for _, earlier in same):
        same.append((line, row))
