"""Closes of Cboe's indices from the file that it keeps of each: no key, the whole history in every answer."""

from __future__ import annotations

from datetime import date, datetime

from ingestion.landing.batch import CellError
from ingestion.providers.pages import number, parse_csv, unknown
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

HEADER = ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"]


class Cboe(Provider[list[list[str]]]):
    """One line a session, oldest first, under a date as Americans write it."""

    name = "cboe"
    base_url = "https://cdn.cboe.com"
    requests, seconds = 1, 1.0
    kind = "document"
    knows_by_status = True
    parser_version = "cboe-csv-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        return Request(f"/api/global/us_indices/daily_prices/{target.symbol}_History.csv")

    def parse(self, content: bytes) -> list[list[str]]:
        """The lines below the header, five cells each."""
        if b"<Code>AccessDenied</Code>" in content[:1000]:
            raise unknown("Cboe keeps no history under this name")
        return parse_csv(content, "history of an index", lambda line: line == HEADER)[1:]

    def read(self, document: list[list[str]], rows: Rows) -> None:
        for place, line in enumerate(document, start=2):
            with rows.line(place, line, HEADER) as cells:
                try:
                    on = datetime.strptime(str(cells["DATE"]), "%m/%d/%Y").date()
                except ValueError:
                    raise CellError("type", "observation_date", f"{cells['DATE']!r} is no date") from None
                if rows.wants(on):
                    rows.add(on, {"value": number(cells["CLOSE"], "value")})
