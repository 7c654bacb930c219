"""Days of the bitcoin network from the bundle's frozen file. Parses; fetches nothing."""

from __future__ import annotations

from datetime import date, timedelta

from ingestion.calendars import bar_known_at
from ingestion.contracts import NETWORK_DAY
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.cells import CellError, real, take
from ingestion.landing.delimited import read_rows

FILE = "network_day.csv.gz"
PROVIDER = "bundle"
PARSER_VERSION = "frozen-network-1"
COLUMNS = ("utc_date", "blocks", "fees_btc", "difficulty")
CONFIRMATION_LAG = timedelta(hours=1)
"""Six blocks: by then the last block of the day is settled."""


def parse_days(fetch: Fetch, content: bytes) -> Batch:
    """Network days of the bundle as a snapshot batch; cells that are no numbers or dates reject their row."""
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(fetch.source, content, COLUMNS):
        try:
            day = take(cells, "utc_date", date.fromisoformat)
            blocks = take(cells, "blocks", int)
            fees, difficulty = real(cells, "fees_btc"), real(cells, "difficulty")
        except CellError as error:
            rejected.append(error.rejected(cells, fetch, line))
            continue
        records.append(
            {
                "utc_date": day,
                "provider": PROVIDER,
                "blocks": blocks,
                "fees_btc": fees,
                "difficulty": difficulty,
                "known_at_utc": bar_known_at("UTC", day, {}) + CONFIRMATION_LAG,
                **fetch.provenance(PARSER_VERSION),
            }
        )
    return Batch(NETWORK_DAY, records, rejected, frozenset({fetch.source}))
