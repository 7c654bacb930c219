"""Daily bars and their coverage from the bundle's frozen files. Parses; fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from ingestion.calendars import bar_known_at
from ingestion.contracts import MARKET_BAR, MARKET_COVERAGE
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.cells import CellError, real, take
from ingestion.landing.delimited import read_rows
from ingestion.universe import Universe

BAR_FILE = "market_bar.csv.gz"
COVERAGE_FILE = "market_coverage.csv.gz"
PROVIDER = "bundle"
PARSER_VERSION = "frozen-market-1"
BAR_COLUMNS = ("instrument", "session_date", "open_usd", "high_usd", "low_usd", "close_usd", "volume")
COVERAGE_COLUMNS = ("instrument", "first_session_date", "last_session_date")


def parse_bars(fetch: Fetch, content: bytes, universe: Universe, closes: Mapping[date, datetime]) -> Batch:
    """Bars of the bundle as a snapshot batch; `closes` gives the close of each exchange session, naive UTC.

    Cells that are no numbers or dates and instruments outside the universe are rejected row by row.
    """
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, BAR_COLUMNS):
        try:
            session = take(cells, "session_date", date.fromisoformat)
            numbers = {name: real(cells, name) for name in BAR_COLUMNS[2:]}
            instrument = universe.instruments.get(cells["instrument"])
            if instrument is None:
                known = ", ".join(sorted(universe.instruments))
                raise CellError(
                    "unknown_instrument", "instrument", f"{cells['instrument']!r} is not in the universe ({known})"
                )
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
            continue
        records.append(
            {
                "instrument": cells["instrument"],
                "session_date": session,
                "provider": PROVIDER,
                **numbers,
                "known_at_utc": bar_known_at(instrument.calendar, session, closes),
                **fetch.provenance(PARSER_VERSION),
            }
        )
    return Batch(MARKET_BAR, records, rejected, frozenset({fetch.source}))


def parse_coverage(fetch: Fetch, content: bytes, universe: Universe) -> Batch:
    """Spans of sessions that the bundle's bars are meant to cover, as a snapshot batch."""
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, COVERAGE_COLUMNS):
        try:
            first = take(cells, "first_session_date", date.fromisoformat)
            last = take(cells, "last_session_date", date.fromisoformat)
            if cells["instrument"] not in universe.instruments:
                raise CellError("unknown_instrument", "instrument", f"{cells['instrument']!r} is not in the universe")
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
            continue
        records.append(
            {
                "instrument": cells["instrument"],
                "provider": PROVIDER,
                "first_session_date": first,
                "last_session_date": last,
                "known_at_utc": bar_known_at("UTC", first, {}),
                **fetch.provenance(PARSER_VERSION),
            }
        )
    return Batch(MARKET_COVERAGE, records, rejected, frozenset({fetch.source}))
