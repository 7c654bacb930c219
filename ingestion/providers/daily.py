"""What one page says by day: at most one row a day, in the window, complete when the page was fetched. Knows no provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta

from ingestion.feeds.provider import Reading, Row, Window
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Rejected
from ingestion.landing.cells import CellError


class Daily:
    """Rows of UTC days. A day is complete `lag` after its end.

    Two rows of one day and `by` (a vintage, where there is one) that say the same are one; two that differ are both
    rejected, since nobody knows which is right.
    """

    def __init__(self, fetch: Fetch, window: Window, column: str, *, lag: timedelta = timedelta(0)) -> None:
        self._fetch, self._window, self._column, self._lag = fetch, window, column, lag
        self._rows: dict[tuple[str, str], list[tuple[int, Row]]] = {}
        self._rejected: list[Rejected] = []

    def add(
        self,
        line: int,
        cells: Mapping[str, object],
        on: Callable[[], date],
        values: Callable[[], Row | None],
        by: str | None = None,
    ) -> None:
        """What stands at `line` of the page, from 1: `values` of the day `on`, None where it says nothing.

        Both may raise CellError, which rejects the row; `values` is only called for a day that is wanted.
        """
        try:
            day = on()
            if not self._is_wanted(day):
                return
            said = values()
        except CellError as error:
            self.reject(line, cells, error)
            return
        if said is None:
            return
        row = {self._column: day, **said}
        same = self._rows.setdefault((day.isoformat(), str(said.get(by)) if by else ""), [])
        if not any(earlier == row for _, earlier in same):
            same.append((line, row))

    def reject(self, line: int, cells: Mapping[str, object], error: CellError) -> None:
        """A row that cannot be read."""
        fetch = self._fetch
        self._rejected.append(
            Rejected(error.rule, str(error), error.column, dict(cells), fetch.source, fetch.sha256, line)
        )

    def reading(self) -> Reading:
        """All of it, oldest day first."""
        for (day, _), rows in self._rows.items():
            for line, row in rows if len(rows) > 1 else []:
                self.reject(line, row, CellError("duplicate", self._column, f"{len(rows)} different rows of {day}"))
        kept = [self._rows[key][0][1] for key in sorted(self._rows) if len(self._rows[key]) == 1]
        return Reading(kept, sorted(self._rejected, key=lambda one: one.line or 0))

    def _is_wanted(self, day: date) -> bool:
        if not self._window.first <= day <= self._window.last:
            return False
        end = datetime.combine(day, time.min) + timedelta(days=1)
        return end + self._lag <= self._fetch.fetched_at_utc
