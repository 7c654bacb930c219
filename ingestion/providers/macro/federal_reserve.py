"""Series of the Federal Reserve Board's statistical releases from its own data download: no key."""

from __future__ import annotations

from datetime import date

from ingestion.providers.pages import day, number, parse_csv, unknown
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

PACKAGES = {"H15": "c5025f4bbbed155a6f17c587772ed69e", "H41": "3ab1b33ad80c27bc5cc4f8122b7a6440"}
"""Packages of their making by release: the effective federal funds rate by day; the statement of condition by week."""
NAMES = "Time Period"
MISSING = ("", "ND", "NA", "NC")


class FederalReserve(Provider[list[list[str]]]):
    """Six lines of header, the last of them with the series' names, then a line a day. A symbol is `release/series`."""

    name = "federal_reserve"
    base_url = "https://www.federalreserve.gov"
    requests, seconds = 1, 1.0
    kind = "document"
    parser_version = "federal-reserve-csv-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        release = target.symbol.split("/")[0]
        days = {"from": f"{window.first:%m/%d/%Y}", "to": f"{window.last:%m/%d/%Y}"}
        form = {"filetype": "csv", "label": "include", "layout": "seriescolumn", "type": "package"}
        return Request(
            "/datadownload/Output.aspx", {"rel": release, "series": PACKAGES[release], "lastobs": "", **days, **form}
        )

    def parse(self, content: bytes) -> list[list[str]]:
        """From the line with the names on, all of one length."""
        return parse_csv(content, "download of series", lambda line: line[0] == NAMES)

    def check(self, document: list[list[str]], target: Target) -> None:
        _column(document, target)

    def read(self, document: list[list[str]], rows: Rows) -> None:
        column = _column(document, rows.target)
        for place, line in enumerate(document[1:], start=2):
            with rows.line(place, [line[0], line[column]], [NAMES, "value"]) as cells:
                on = day(cells[NAMES], "observation_date")
                if rows.wants(on) and cells["value"] not in MISSING:
                    rows.add(on, {"value": number(cells["value"], "value")})


def _column(document: list[list[str]], target: Target) -> int:
    """The place of the series among the names; raises FetchError where it is not among them."""
    series = target.symbol.split("/")[1]
    if series not in document[0][1:]:
        raise unknown(f"{series} is none of the series of the package, {', '.join(document[0][1:])[:120]}")
    return document[0].index(series)
