"""What reading daily bars has in common: one complete bar a day, splits and dividends. Knows no provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from ingestion.calendars import bar_known_at
from ingestion.feeds.provider import Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Rejected
from ingestion.landing.cells import CellError
from ingestion.providers.pages import local_date, number

NEW_YORK = ZoneInfo("America/New_York")
BAR_COLUMNS = ("open_usd", "high_usd", "low_usd", "close_usd", "volume")


class Bars:
    """The bars of one page for `target`, in `window`, complete when the page was fetched; at most one a day.

    Two rows for one day that say the same are one; two that differ are both rejected, since nobody knows which is right.
    Prices are taken as they are: a low above the high is for the gate to find.
    """

    def __init__(self, fetch: Fetch, target: Target, window: Window, closes: Mapping[date, datetime]) -> None:
        self._fetch, self._calendar, self._window, self._closes = fetch, target.calendar, window, closes
        self._today = local_date(fetch.fetched_at_utc, UTC if target.calendar == "UTC" else NEW_YORK)
        self._rows = _Unique("session_date", self.reject)
        self._actions = _Unique("ex_date", self.reject)
        self._rejected: list[Rejected] = []

    def add(self, line: int, cells: Row, session: Callable[[], date]) -> None:
        """The row at `line` of the page, from 1; `cells` by the names of BAR_COLUMNS, `session` may raise CellError."""
        try:
            on = session()
            if not self._is_wanted(on):
                return
            row: dict[str, object] = {"session_date": on}
            row.update({column: number(cells.get(column), column) for column in BAR_COLUMNS})
            if row["close_usd"] is None:
                raise CellError("null", "close_usd", "a bar has a close")
        except CellError as error:
            self.reject(line, cells, error)
            return
        self._rows.add(line, (on,), row)

    def reject(self, line: int, cells: Row, error: CellError) -> None:
        """One row that cannot be read."""
        fetch = self._fetch
        self._rejected.append(
            Rejected(error.rule, str(error), error.column, dict(cells), fetch.source, fetch.sha256, line)
        )

    def act(self, line: int, cells: Row, row: Callable[[], Row | None]) -> None:
        """A split or dividend, which `row` makes of `cells`; None where there is none. It may raise CellError.

        Those before the window are dropped; those after it are kept up to the day of the fetch, because restated prices
        are restated by them, too.
        """
        try:
            made = row()
        except CellError as error:
            self.reject(line, cells, error)
            return
        if made is not None and self._window.first <= _date(made["ex_date"]) <= self._today:
            self._actions.add(line, (made["ex_date"], made["action"]), made)

    def reading(self) -> Reading:
        """All of it, oldest first."""
        rows, actions = self._rows.settled(), self._actions.settled()
        return Reading(rows, sorted(self._rejected, key=lambda one: one.line or 0), actions)

    def _is_wanted(self, on: date) -> bool:
        if not self._window.first <= on <= self._window.last:
            return False
        return bar_known_at(self._calendar, on, self._closes) <= self._fetch.fetched_at_utc


def split(ex_date: date, ratio: float | None) -> Row:
    """The row of a split; raises CellError unless `ratio` is positive."""
    if ratio is None or ratio <= 0:
        raise CellError("positive", "split_ratio", f"{ratio!r} is no ratio of shares")
    return {"ex_date": ex_date, "action": "split", "split_ratio": ratio, "dividend_usd": None}


def dividend(ex_date: date, amount_usd: float | None) -> Row:
    """The row of a dividend; raises CellError unless the amount is positive."""
    if amount_usd is None or amount_usd <= 0:
        raise CellError("positive", "dividend_usd", f"{amount_usd!r} is no dividend")
    return {"ex_date": ex_date, "action": "dividend", "split_ratio": None, "dividend_usd": amount_usd}


class _Unique:
    """Rows by key. Two for one key that say the same are one; of two that differ neither is kept."""

    def __init__(self, column: str, reject: Callable[[int, Row, CellError], None]) -> None:
        self._column, self._reject = column, reject
        self._found: dict[tuple[object, ...], list[tuple[int, Row]]] = {}

    def add(self, line: int, key: tuple[object, ...], row: Row) -> None:
        same = self._found.setdefault(key, [])
        if not any(earlier == row for _, earlier in same):
            same.append((line, row))

    def settled(self) -> list[Row]:
        """The rows in the order of their keys; rejects those that contradict each other."""
        for key, rows in self._found.items():
            for line, row in rows if len(rows) > 1 else []:
                words = " ".join(str(part) for part in key)
                self._reject(line, row, CellError("duplicate", self._column, f"{len(rows)} different rows for {words}"))
        return [self._found[key][0][1] for key in sorted(self._found, key=_by_text) if len(self._found[key]) == 1]


def _by_text(key: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(part) for part in key)


def _date(value: object) -> date:
    assert isinstance(value, date)
    return value
