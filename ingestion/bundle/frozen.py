"""Daily bars, their coverage and days of the bitcoin network from the bundle's frozen files. Parses; fetches nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from ingestion.calendars import known_at
from ingestion.contracts import MARKET_BAR, MARKET_COVERAGE, NETWORK_DAY
from ingestion.contracts.contract import Table
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.cells import CellError, real, take
from ingestion.landing.delimited import read_rows
from ingestion.universe import Instrument, Universe

FILES = {
    MARKET_BAR.name: "market_bar.csv.gz",
    MARKET_COVERAGE.name: "market_coverage.csv.gz",
    NETWORK_DAY.name: "network_day.csv.gz",
}
PROVIDER = "bundle"
MARKET_VERSION, NETWORK_VERSION = "frozen-market-1", "frozen-network-1"
NUMBERS = ("open_usd", "high_usd", "low_usd", "close_usd", "volume")

Cells = dict[str, str]


def parse_bars(fetch: Fetch, content: bytes, universe: Universe, closes: Mapping[date, datetime]) -> Batch:
    """Bars of the bundle as a snapshot batch; `closes` gives the close of each exchange session, naive UTC.

    Cells that are no numbers or dates and instruments outside the universe are rejected row by row.
    """

    def bar(cells: Cells) -> dict[str, object]:
        day = take(cells, "session_date", date.fromisoformat)
        numbers = {name: real(cells, name) for name in NUMBERS}
        instrument = _known(cells, universe)
        known = known_at("market", instrument.calendar, day, closes)
        return {"instrument": cells["instrument"], "session_date": day, **numbers, "known_at_utc": known}

    return _batch(MARKET_BAR, MARKET_VERSION, fetch, content, ("instrument", "session_date", *NUMBERS), bar)


def parse_coverage(fetch: Fetch, content: bytes, universe: Universe) -> Batch:
    """Spans of sessions that the bundle's bars are meant to cover, as a snapshot batch."""

    def span(cells: Cells) -> dict[str, object]:
        days = {name: take(cells, name, date.fromisoformat) for name in ("first_session_date", "last_session_date")}
        _known(cells, universe)
        known = known_at("market", "UTC", days["first_session_date"], {})
        return {"instrument": cells["instrument"], **days, "known_at_utc": known}

    columns = ("instrument", "first_session_date", "last_session_date")
    return _batch(MARKET_COVERAGE, MARKET_VERSION, fetch, content, columns, span)


def parse_days(fetch: Fetch, content: bytes) -> Batch:
    """Network days of the bundle as a snapshot batch; cells that are no numbers or dates reject their row."""

    def day_of(cells: Cells) -> dict[str, object]:
        day, blocks = take(cells, "utc_date", date.fromisoformat), take(cells, "blocks", int)
        numbers = {name: real(cells, name) for name in ("fees_btc", "difficulty")}
        return {"utc_date": day, "blocks": blocks, **numbers, "known_at_utc": known_at("network", "UTC", day, {})}

    columns = ("utc_date", "blocks", "fees_btc", "difficulty")
    return _batch(NETWORK_DAY, NETWORK_VERSION, fetch, content, columns, day_of)


def _batch(
    table: Table,
    version: str,
    fetch: Fetch,
    content: bytes,
    columns: Sequence[str],
    read: Callable[[Cells], dict[str, object]],
) -> Batch:
    """What `read` makes of each line; one for which it raises CellError is rejected."""
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, columns):
        try:
            records.append({**read(cells), "provider": PROVIDER, **fetch.provenance(version)})
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
    return Batch(table, records, rejected, frozenset({fetch.source}))


def _known(cells: Cells, universe: Universe) -> Instrument:
    instrument = universe.instruments.get(cells["instrument"])
    if instrument is None:
        known = ", ".join(sorted(universe.instruments))
        raise CellError("unknown_instrument", "instrument", f"{cells['instrument']!r} is not in the universe ({known})")
    return instrument
