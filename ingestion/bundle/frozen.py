"""Bars, splits and dividends, days and epochs of the bitcoin network and macro series from the bundle's frozen files. Parses;
fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from ingestion.calendars import known_at
from ingestion.clock import CONFIRMATION_LAG
from ingestion.contracts import (
    MACRO_OBSERVATION,
    MARKET_ACTION,
    MARKET_BAR,
    MARKET_COVERAGE,
    NETWORK_DAY,
    NETWORK_EPOCH,
)
from ingestion.contracts.contract import DATE, Table
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, CellError, Rejected
from ingestion.landing.delimited import read_rows, typed
from ingestion.providers.rows import Domain
from ingestion.universe import Universe

# The columns of each file.
COLUMNS = {
    MARKET_BAR.name: ("instrument", "session_date", "close_usd"),
    MARKET_COVERAGE.name: ("instrument", "first_session_date", "last_session_date"),
    MARKET_ACTION.name: ("instrument", "ex_date", "action", "split_ratio", "dividend_usd"),
    NETWORK_DAY.name: ("utc_date", "blocks", "fees_btc", "difficulty"),
    NETWORK_EPOCH.name: ("epoch", "first_height", "began_at_utc", "bits", "difficulty", "time_basis"),
    MACRO_OBSERVATION.name: ("series", "observation_date", "value"),
}
FILES = {name: f"{name.removeprefix('raw_').replace('__', '_')}.csv.gz" for name in COLUMNS}
COMPANY_FACTS = tuple(
    f"companyfacts_CIK{cik}.json.gz"
    for cik in ("0000320193", "0000789019", "0001045810", "0001050446", "0001326801", "0001652044")
)
"""Company facts in EDGAR's own form, which its reader reads: of Apple, Microsoft, NVIDIA, Strategy, Meta and Alphabet."""
PROVIDERS: Mapping[str, str] = {"market": "bundle", "network": "bundle", "macro": "bundle_series"}
"""By group of the table: whoever owns a series says what may be done with it, of a price nobody does."""
VERSIONS: Mapping[str, str] = {"market": "frozen-market-2", "network": "frozen-network-2", "macro": "frozen-macro-1"}
LAST_DAYS: tuple[tuple[Table, Domain, str, str], ...] = (
    (MARKET_COVERAGE, "market", "instrument", "last_session_date"),
    (NETWORK_DAY, "network", "BTC", "utc_date"),
    (MACRO_OBSERVATION, "macro", "series", "observation_date"),
)
"""The tables that tell how far the bundle reaches: the domain, the column of the subject or the one subject, that of the day."""


def parse(table: Table, fetch: Fetch, content: bytes, universe: Universe, closes: Mapping[date, datetime]) -> Batch:
    """The rows of a file of the bundle as a snapshot batch; `closes` gives the close of each exchange session, naive UTC.

    Cells that are no numbers or dates, instruments and series outside the universe are rejected row by row.
    """
    columns = [table.column(name) for name in COLUMNS[table.name]]
    subject, known = ("series", universe.series) if table == MACRO_OBSERVATION else ("instrument", universe.instruments)
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, COLUMNS[table.name]):
        try:
            row: dict[str, Any] = {column.name: typed(column, cells[column.name]) for column in columns}
            if empty := [column.name for column in columns if row[column.name] is None and not column.nullable]:
                raise CellError("null", empty[0], "the cell may not be empty")
            if subject in row and row[subject] not in known:
                reason = f"{row[subject]!r} is not in the universe ({', '.join(sorted(known))})"
                raise CellError(f"unknown_{subject}", subject, reason)
            if table == MACRO_OBSERVATION:
                series, seen = universe.series[row["series"]], fetch.fetched_at_utc
                row["known_at_utc"] = series.public_at(row["observation_date"], seen)
                row["known_at_basis"] = "observed" if series.is_revised else "publication_lag"
            else:
                row["known_at_utc"] = _known_at(table, row, universe, closes)
            own = {"provider": PROVIDERS[table.group]} if "provider" in table.key else {}
            records.append({**row, **own, **fetch.provenance(VERSIONS[table.group])})
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
    return Batch(table, records, rejected, frozenset({fetch.source}))


def last_days(read: Callable[[str], Batch]) -> dict[tuple[Domain, str], date]:
    """The last day that the bundle tells of each subject, by domain and subject; `read` gives the batch of a table."""
    found: dict[tuple[Domain, str], date] = {}
    for table, domain, subject, column in LAST_DAYS:
        for row in read(table.name).records:
            key, day = (domain, row.get(subject, subject)), row[column]
            found[key] = max(day, found.get(key, day))
    return found


def _known_at(table: Table, row: Mapping[str, Any], universe: Universe, closes: Mapping[date, datetime]) -> datetime:
    """When a row could be known, naive UTC: a bar at its close, a span by its first day, an action, which is announced
    before, when its day begins, a day of the network and the block of an epoch when they are settled."""
    if table == MARKET_ACTION:
        return datetime.combine(row["ex_date"], time.min)
    if table == NETWORK_EPOCH:
        return row["began_at_utc"] + CONFIRMATION_LAG  # type: ignore[no-any-return]
    calendar = universe.instruments[row["instrument"]].calendar if table == MARKET_BAR else "UTC"
    day = next(row[name] for name in COLUMNS[table.name] if table.column(name).type == DATE)
    return known_at(table.group, calendar, day, closes)
