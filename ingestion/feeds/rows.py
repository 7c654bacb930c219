"""From the readings of a provider to the rows of one raw table each: which are new vintages, and since when they are known.

What was archived when, and what the lake took in already, is decided in feeds/feed.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.bundle.network import CONFIRMATION_LAG
from ingestion.calendars import bar_known_at
from ingestion.contracts import MACRO_OBSERVATION, MARKET_ACTION, MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY
from ingestion.contracts.contract import Table
from ingestion.feeds.provider import Provider, Reading, Row, Target, Window
from ingestion.feeds.unadjust import actions_as_paid, bars_as_traded, splits_until
from ingestion.feeds.vintage import Vintages
from ingestion.fetch.archive import Fetch
from ingestion.landing.lake import Lake
from ingestion.universe import Universe

NOISE = 1e-6
"""Relative difference up to which two numbers are the same price."""
ROUNDED = 1e-3
"""The same for volumes and dividends restated for splits, which providers round."""
BARS = ("open_usd", "high_usd", "low_usd", "close_usd", "volume")
DAYS = ("blocks", "fees_btc", "difficulty", "hashrate_eh_s")
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True)
class Page:
    """One page of an answer, by number from 1, as one subject reads it; `actions` are those of all its pages."""

    target: Target
    window: Window
    number: int
    fetch: Fetch
    reading: Reading
    actions: Sequence[Row]


class Span(Protocol):
    """The days that an answer was asked for, and when."""

    @property
    def window(self) -> Window: ...
    @property
    def asked(self) -> date: ...


class Writer:
    """The rows of one table from one provider, in the order in which its answers were archived."""

    table: Table
    subject: str = ""
    values: tuple[str, ...] = ()

    def __init__(self, provider: Provider, universe: Universe, closes: Mapping[date, datetime]) -> None:
        self._provider, self._universe, self._closes = provider, universe, closes
        self._vintages = Vintages(tuple(self._tolerance(name) for name in self.values))
        self._columns: dict[str, list[object]] = {column.name: [] for column in self.table.columns}
        self._keys = tuple(name for name in self.table.key if name not in ("provider", "known_at_utc"))

    def know(self, lake: Lake, subjects: Collection[str], answers: Iterable[Span]) -> None:
        """The vintages that the lake holds of what the answers may speak of."""
        names = set(lake.partitions(self.table)) & self._partitions(subjects, answers)
        for name in sorted(names) if self.values else ():
            rows = lake.partition(self.table, name, (*self._keys, "provider", "known_at_utc", *self.values))
            if rows is None:
                continue
            rows = rows.filter(pc.equal(rows["provider"], self._provider.name))
            if self.subject:
                rows = rows.filter(pc.is_in(rows[self.subject], value_set=pa.array(sorted(subjects), pa.string())))
            known = rows["known_at_utc"].to_pylist()
            keys = zip(*(rows[column].to_pylist() for column in self._keys), strict=True)
            values = zip(*(rows[column].to_pylist() for column in self.values), strict=True)
            for key, moment, said in zip(keys, known, values, strict=True):
                self._vintages.know(key, moment, said)

    def take(self, page: Page) -> None:
        """The new vintages on a page."""
        raise NotImplementedError

    def records(self) -> pa.Table:
        """All rows so far, in the columns of the table."""
        return pa.table(self._columns, schema=self.table.schema())

    def _add(self, page: Page, row: Row) -> None:
        whole = {**row, "provider": self._provider.name, **page.fetch.provenance(self._provider.parser_version)}
        for name, column in self._columns.items():
            column.append(whole.get(name))

    def _observe(
        self, page: Page, row: Row, public_utc: datetime, dated_utc: datetime | None = None
    ) -> datetime | None:
        return self._vintages.observe(
            tuple(row[name] for name in self._keys),
            tuple(row.get(name) for name in self.values),
            seen_utc=page.fetch.fetched_at_utc,
            public_utc=public_utc,
            dated_utc=dated_utc,
        )

    def _tolerance(self, column: str) -> float:
        is_rounded = self._provider.is_split_adjusted and column in ("volume", "dividend_usd")
        return ROUNDED if is_rounded else NOISE

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        raise NotImplementedError


class BarWriter(Writer):
    """Bars as traded. The first vintage is known since the bar was complete and public."""

    table, subject, values = MARKET_BAR, "instrument", BARS

    def take(self, page: Page) -> None:
        rows = page.reading.rows
        if self._provider.is_split_adjusted:
            rows = bars_as_traded(rows, splits_until(page.actions, page.fetch.fetched_at_utc))
        for row in rows:
            bar = {"instrument": page.target.subject, **row}
            public = bar_known_at(page.target.calendar, _day(row["session_date"]), self._closes)
            if (moment := self._observe(page, bar, public)) is not None:
                self._add(page, {**bar, "known_at_utc": moment})

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        return {f"month={month}" for one in answers for month in _months(one.window)}


class ActionWriter(Writer):
    """Splits and dividends as paid. They are announced before, so they are known when their day begins, UTC."""

    table, subject, values = MARKET_ACTION, "instrument", ("split_ratio", "dividend_usd")

    def take(self, page: Page) -> None:
        rows = page.reading.actions
        if self._provider.is_split_adjusted:
            rows = actions_as_paid(rows, splits_until(page.actions, page.fetch.fetched_at_utc))
        for row in rows:
            action = {"instrument": page.target.subject, **row}
            public = datetime.combine(_day(row["ex_date"]), time.min)
            if (moment := self._observe(page, action, public)) is not None:
                self._add(page, {**action, "known_at_utc": moment})

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        spans = [(one.window.first.year, max(one.window.last, one.asked).year) for one in answers]
        # An answer may tell what happened up to the moment of its fetch, which may lie in the year after its asking.
        return {f"year={year}" for first, last in spans for year in range(first, last + 2)}


class CoverageWriter(Writer):
    """One row for each question that was answered, known since then."""

    table = MARKET_COVERAGE

    def take(self, page: Page) -> None:
        if page.number == 1:
            window = {"first_session_date": page.window.first, "last_session_date": page.window.last}
            known = {"known_at_utc": page.fetch.fetched_at_utc}
            self._add(page, {"instrument": page.target.subject, **window, **known})

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        return set()


class NetworkWriter(Writer):
    """Days of the bitcoin network. The first vintage is known since the day's last block is settled."""

    table, values = NETWORK_DAY, DAYS

    def take(self, page: Page) -> None:
        for row in page.reading.rows:
            public = bar_known_at("UTC", _day(row["utc_date"]), {}) + CONFIRMATION_LAG
            if (moment := self._observe(page, row, public)) is not None:
                self._add(page, {**row, "known_at_utc": moment})

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        return {f"year={year}" for one in answers for year in range(one.window.first.year, one.window.last.year + 1)}


class MacroWriter(Writer):
    """Observations of macro series: known since the day that the provider names, else since the series' lag was over, else,
    where values are revised and nobody says since when this one stands, since it was seen."""

    table, subject, values = MACRO_OBSERVATION, "series", ("value",)

    def take(self, page: Page) -> None:
        series = (self._universe.series or {})[page.target.subject]
        lag = timedelta(days=series.publication_lag_days)
        for row in page.reading.rows:
            fact = {"series": series.name, **row}
            seen, dated = page.fetch.fetched_at_utc, row.get("realtime_date")
            public = seen if series.is_revised else datetime.combine(_day(row["observation_date"]) + lag, END_OF_DAY)
            dated_utc = None if dated is None else datetime.combine(_day(dated), END_OF_DAY)
            moment = self._observe(page, fact, public, dated_utc)
            if moment is not None:
                basis = "observed" if moment == seen else "publication_lag" if dated is None else "realtime"
                self._add(page, {**fact, "known_at_utc": moment, "known_at_basis": basis})

    def _partitions(self, subjects: Collection[str], answers: Iterable[Span]) -> set[str]:
        return {MACRO_OBSERVATION.partition.of(subject) for subject in subjects}


WRITERS: dict[str, type[Writer]] = {
    writer.table.name: writer for writer in (BarWriter, ActionWriter, CoverageWriter, NetworkWriter, MacroWriter)
}


def _months(window: Window) -> Iterable[str]:
    first, last = (day.year * 12 + day.month - 1 for day in (window.first, window.last))
    return (f"{month // 12}-{month % 12 + 1:02}" for month in range(first, last + 1))


def _day(value: object) -> date:
    assert isinstance(value, date)
    return value
