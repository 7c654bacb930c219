"""The daily par yield curve of the US Treasury, month by month: no key, public domain."""

from __future__ import annotations

import io
from datetime import date, timedelta
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingestion.providers.pages import day, number, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

FEED = "{http://www.w3.org/2005/Atom}feed"
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
METADATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
MOST_BYTES = 8 << 20
MOST_LEVELS = 20
"""A month takes some 50 kB in five levels."""

Entry = dict[str, str | None]
"""The properties of a day by name, None for one without a value."""


class Treasury(Provider[list[Entry]]):
    """Each day is an entry with all tenors, so all series share an answer; the order of the days is not promised."""

    name = "treasury"
    base_url = "https://home.treasury.gov"
    requests, seconds = 2, 1.0
    kind = "document"
    parser_version = "treasury-curve-1"

    def windows(self, window: Window, today: date) -> list[Window]:
        """A question is about one month."""
        found, first = [], window.first
        while first <= window.last:
            following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
            found.append(Window(first, min(following - timedelta(days=1), window.last)))
            first = following
        return found

    def shared(self, target: Target) -> str:
        return "curve"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        params = {"data": "daily_treasury_yield_curve", "field_tdr_date_value_month": f"{window.first:%Y%m}"}
        return Request("/resource-center/data-chart-center/interest-rates/pages/xml", params)

    def parse(self, content: bytes) -> list[Entry]:
        if len(content) > MOST_BYTES:
            raise wrong(f"{len(content):,} bytes are no month of yields")
        entries: list[Entry] = []
        level = 0
        try:
            for event, element in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
                level += 1 if event == "start" else -1
                if level > MOST_LEVELS:
                    raise wrong(f"more than {MOST_LEVELS} levels of XML are no month of yields")
                if event == "start" and level == 1 and element.tag != FEED:
                    raise wrong(f"no feed but {element.tag[:40]!r}; the body begins {content[:40]!r}")
                if event == "end" and element.tag == f"{METADATA}properties":
                    found = [one for one in element if one.tag.startswith(DATA)]
                    entries.append(
                        {one.tag.removeprefix(DATA): _text(one.get(f"{METADATA}null"), one.text) for one in found}
                    )
                    element.clear()
        except (ParseError, DefusedXmlException) as error:
            raise wrong(f"no readable XML ({type(error).__name__}); the body begins {content[:40]!r}") from None
        return entries

    def read(self, document: list[Entry], rows: Rows) -> None:
        symbol = rows.target.symbol
        if document and not any(symbol in entry for entry in document):
            raise wrong(f"none of the {len(document)} days has {symbol}")
        for place, entry in enumerate(document, start=1):
            with rows.line(place, entry):
                on = day(entry.get("NEW_DATE"), "observation_date")
                if rows.wants(on) and (value := number(entry.get(symbol), "value")) is not None:
                    rows.add(on, {"value": value})


def _text(null: str | None, text: str | None) -> str | None:
    return None if null == "true" or text is None or not text.strip() else text.strip()
