"""From the readings of a provider to the rows of a raw table: which are new vintages, and since when they are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.calendars import known_at
from ingestion.clock import END_OF_DAY
from ingestion.contracts import MACRO_OBSERVATION, MARKET_ACTION, MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY
from ingestion.contracts.contract import Table
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Rejected
from ingestion.landing.lake import Lake
from ingestion.providers.provider import Provider
from ingestion.providers.rows import DAY_COLUMNS, Reading, Row, Target, Window
from ingestion.providers.rows import VALUES as DAY_VALUES
from ingestion.unadjust import actions_as_paid, bars_as_traded, splits_until
from ingestion.universe import Universe
from ingestion.vintages import Vintages

NOISE = 1e-6
"""Relative difference up to which two numbers are the same price."""
ROUNDED = 1e-3
"""The same for volumes and dividends restated for splits, which providers round."""
VALUES: dict[str, tuple[str, ...]] = {
    MARKET_BAR.name: DAY_VALUES["market"],
    MARKET_ACTION.name: ("split_ratio", "dividend_usd"),
    MARKET_COVERAGE.name: (),
    NETWORK_DAY.name: DAY_VALUES["network"],
    MACRO_OBSERVATION.name: DAY_VALUES["macro"],
}
"""What a vintage of each table says; nothing where every row is one."""


@dataclass(frozen=True)
class Page:
    """One page of an answer, by number from 1, as one subject reads it; `actions` are those of all its pages."""

    target: Target
    window: Window
    number: int
    fetch: Fetch
    reading: Reading
    actions: Sequence[Row]


@dataclass(frozen=True)
class Facts:
    """What the rows follow from besides the page: who gave it, the universe, the close of each session, naive UTC."""

    provider: Provider[Any]
    universe: Universe
    closes: Mapping[date, datetime]


Observation = tuple[Row, datetime, datetime | None]
"""A row, when it was public at the latest, and since when it stood where its provider dates it."""


def _bars(page: Page, facts: Facts) -> Iterator[Observation]:
    """Bars as traded. The first vintage is known since the bar was complete and public."""
    rows = page.reading.rows
    if facts.provider.is_split_adjusted:
        rows = bars_as_traded(rows, splits_until(page.actions, page.fetch.fetched_at_utc))
    for row in rows:
        yield {"instrument": page.target.subject, **row}, _public(page, row, facts), None


def _actions(page: Page, facts: Facts) -> Iterator[Observation]:
    """Splits and dividends as paid. They are announced before, so they are known when their day begins, UTC."""
    rows = page.reading.actions
    if facts.provider.is_split_adjusted:
        rows = actions_as_paid(rows, splits_until(page.actions, page.fetch.fetched_at_utc))
    for row in rows:
        yield {"instrument": page.target.subject, **row}, datetime.combine(row["ex_date"], time.min), None


def _coverage(page: Page, facts: Facts) -> Iterator[Observation]:
    """One row for each question that was answered, known since then."""
    if page.number == 1:
        window = {"first_session_date": page.window.first, "last_session_date": page.window.last}
        yield {"instrument": page.target.subject, **window}, page.fetch.fetched_at_utc, None


def _network(page: Page, facts: Facts) -> Iterator[Observation]:
    """Days of the bitcoin network. The first vintage is known since the provider made it final, where it says when, else
    since the day's last block is settled."""
    for row in page.reading.rows:
        yield row, row.get("final_at_utc") or _public(page, row, facts), None


def _macro(page: Page, facts: Facts) -> Iterator[Observation]:
    """Observations of macro series: known since the day that the provider names, else since the series' lag was over, else,
    where values are revised and nobody says since when this one stands, since it was seen."""
    series = facts.universe.series[page.target.subject]
    for row in page.reading.rows:
        dated = None if row.get("realtime_date") is None else datetime.combine(row["realtime_date"], END_OF_DAY)
        public = series.public_at(row["observation_date"], page.fetch.fetched_at_utc)
        yield {"series": series.name, **row}, public, dated


OBSERVE: dict[str, Callable[[Page, Facts], Iterator[Observation]]] = {
    MARKET_BAR.name: _bars,
    MARKET_ACTION.name: _actions,
    MARKET_COVERAGE.name: _coverage,
    NETWORK_DAY.name: _network,
    MACRO_OBSERVATION.name: _macro,
}


@dataclass
class Observed:
    """What the pages of one provider bring of one table, in the order in which its answers were archived."""

    table: Table
    facts: Facts
    rejected: list[Rejected] = field(default_factory=list)
    _seen: list[tuple[Observation, Fetch]] = field(default_factory=list)

    def take(self, page: Page) -> None:
        """What stands on a page."""
        self._seen += [(one, page.fetch) for one in OBSERVE[self.table.name](page, self.facts)]
        # The same page speaks of the bars, under which its odd rows are put aside.
        if self.table.name != MARKET_ACTION.name:
            self.rejected += page.reading.rejected

    def records(self, lake: Lake | None) -> pa.Table:
        """The new vintages in the columns of the table, next to those that `lake` holds; None has none."""
        provider, values = self.facts.provider, VALUES[self.table.name]
        vintages = Vintages(tuple(self._tolerance(name) for name in values))
        keys = [name for name in self.table.key if name not in ("provider", "known_at_utc")]
        if lake is not None and values:
            self._know(vintages, lake, keys, values)
        columns: dict[str, list[object]] = {column.name: [] for column in self.table.columns}
        for (row, public, dated), fetch in self._seen:
            seen = fetch.fetched_at_utc
            moment: datetime | None = public
            if values:
                key, said = tuple(row[name] for name in keys), tuple(row.get(name) for name in values)
                moment = vintages.observe(key, said, seen_utc=seen, public_utc=public, dated_utc=dated)
            if moment is None:
                continue
            basis = "observed" if moment == seen else "publication_lag" if dated is None else "realtime"
            known = {"provider": provider.name, "known_at_utc": moment, "known_at_basis": basis}
            whole = {**row, **known, **fetch.provenance(provider.parser_version)}
            for name, column in columns.items():
                column.append(whole.get(name))
        return pa.table(columns, schema=self.table.schema())

    def _know(self, vintages: Vintages, lake: Lake, keys: Sequence[str], values: Sequence[str]) -> None:
        """The vintages that the lake holds beside those that were seen."""
        cut = self.table.partition
        for name in sorted({cut.of(row[cut.column]) for (row, _, _), _ in self._seen}):
            rows = lake.partition(self.table, name, (*keys, "provider", "known_at_utc", *values))
            if rows is None:
                continue
            rows = rows.filter(pc.equal(rows["provider"], self.facts.provider.name))
            if "instrument" in keys:
                subjects = sorted({str(row["instrument"]) for (row, _, _), _ in self._seen})
                rows = rows.filter(pc.is_in(rows["instrument"], value_set=pa.array(subjects, pa.string())))
            told = zip(*(rows[column].to_pylist() for column in (*keys, *values)), strict=True)
            for moment, found in zip(rows["known_at_utc"].to_pylist(), told, strict=True):
                vintages.know(found[: len(keys)], moment, found[len(keys) :])

    def _tolerance(self, column: str) -> float:
        is_rounded = self.facts.provider.is_split_adjusted and column in ("volume", "dividend_usd")
        return ROUNDED if is_rounded else NOISE


def _public(page: Page, row: Row, facts: Facts) -> datetime:
    day = row[DAY_COLUMNS[page.target.domain]]
    return known_at(page.target.domain, page.target.calendar, day, facts.closes)
