"""Euro reference rates from the data portal of the European Central Bank: no key."""

from __future__ import annotations

from datetime import date

from ingestion.providers.pages import day, number, parse_csv, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

COLUMNS = ("CURRENCY", "TIME_PERIOD", "OBS_VALUE")
MISSING = ("", "NaN")


class Ecb(Provider[list[dict[str, str]]]):
    """Units of a currency for one euro, fixed about 14:15 in Frankfurt on days of its payment system and out at 16:00."""

    name = "ecb"
    base_url = "https://data-api.ecb.europa.eu"
    requests, seconds = 2, 1.0
    kind = "document"
    parser_version = "ecb-exr-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        days = {"startPeriod": window.first.isoformat(), "endPeriod": window.last.isoformat()}
        path = f"/service/data/EXR/D.{target.symbol}.EUR.SP00.A"
        return Request(path, {"format": "csvdata", "detail": "dataonly", **days})

    def parse(self, content: bytes) -> list[dict[str, str]]:
        """The lines by the names of the header, of which there are more with every detail."""
        header, *lines = parse_csv(content, "rates", {*COLUMNS}.issubset)
        return [dict(zip(header, line, strict=True)) for line in lines]

    def check(self, document: list[dict[str, str]], target: Target) -> None:
        if told := {line["CURRENCY"] for line in document} - {target.symbol}:
            raise wrong(f"asked about {target.symbol}, told of {', '.join(sorted(told))}")

    def read(self, document: list[dict[str, str]], rows: Rows) -> None:
        self.check(document, rows.target)
        for place, cells in enumerate(document, start=2):
            with rows.line(place, cells):
                on = day(cells["TIME_PERIOD"], "observation_date")
                if rows.wants(on) and cells["OBS_VALUE"] not in MISSING:
                    rows.add(on, {"value": number(cells["OBS_VALUE"], "value")})
