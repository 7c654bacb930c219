"""Daily bars, their coverage and days of the bitcoin network from the bundle's frozen files. Parses; fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ingestion.calendars import known_at
from ingestion.contracts import MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY
from ingestion.contracts.contract import DATE, REAL, TEXT, WHOLE, Table
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.cells import CellError, real, take
from ingestion.landing.delimited import read_rows
from ingestion.universe import Universe

FILES = {
    MARKET_BAR.name: "market_bar.csv.gz",
    MARKET_COVERAGE.name: "market_coverage.csv.gz",
    NETWORK_DAY.name: "network_day.csv.gz",
}
# The header of each file; what a row tells is known by its first day.
COLUMNS = {
    MARKET_BAR.name: ("instrument", "session_date", "open_usd", "high_usd", "low_usd", "close_usd", "volume"),
    MARKET_COVERAGE.name: ("instrument", "first_session_date", "last_session_date"),
    NETWORK_DAY.name: ("utc_date", "blocks", "fees_btc", "difficulty"),
}
PROVIDER = "bundle"
MARKET_VERSION, NETWORK_VERSION = "frozen-market-1", "frozen-network-1"
TYPES: Mapping[object, Callable[[Mapping[str, str], str], object]] = {
    TEXT: lambda cells, name: cells[name],
    DATE: lambda cells, name: take(cells, name, date.fromisoformat),
    WHOLE: lambda cells, name: take(cells, name, int),
    REAL: real,
}


def parse(table: Table, fetch: Fetch, content: bytes, universe: Universe, closes: Mapping[date, datetime]) -> Batch:
    """The rows of a file of the bundle as a snapshot batch; `closes` gives the close of each exchange session, naive UTC.

    Cells that are no numbers or dates and instruments outside the universe are rejected row by row.
    """
    columns = COLUMNS[table.name]
    version = NETWORK_VERSION if table == NETWORK_DAY else MARKET_VERSION
    day = next(name for name in columns if table.column(name).type == DATE)
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, columns):
        try:
            row: dict[str, Any] = {name: TYPES[table.column(name).type](cells, name) for name in columns}
            calendar = "UTC"
            if "instrument" in row:
                if row["instrument"] not in universe.instruments:
                    known = ", ".join(sorted(universe.instruments))
                    reason = f"{row['instrument']!r} is not in the universe ({known})"
                    raise CellError("unknown_instrument", "instrument", reason)
                if table == MARKET_BAR:
                    calendar = universe.instruments[row["instrument"]].calendar
            row["known_at_utc"] = known_at(table.group, calendar, row[day], closes)
            records.append({**row, "provider": PROVIDER, **fetch.provenance(version)})
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
    return Batch(table, records, rejected, frozenset({fetch.source}))
