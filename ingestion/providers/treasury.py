"""The daily par yield curve of the US Treasury, month by month: no key, public domain."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingestion.errors import SourceDrifted
from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.daily import Daily
from ingestion.providers.pages import day, number, opened, wrong

PATH = "/resource-center/data-chart-center/interest-rates/pages/xml"
CURVE = "daily_treasury_yield_curve"
FEED = "{http://www.w3.org/2005/Atom}feed"
DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
METADATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
MOST_BYTES = 8 << 20
MOST_LEVELS = 20
"""A month takes some 50 kB in five levels."""

Entry = dict[str, str | None]


@dataclass(frozen=True)
class Treasury(Common):
    """Each day is an entry with all tenors, so all series share an answer; the order of the days is not promised."""

    name: ClassVar[str] = "treasury"
    domain: ClassVar[Domain] = "macro"
    base_url: ClassVar[str] = "https://home.treasury.gov"
    hosts: ClassVar[tuple[str, ...]] = ("home.treasury.gov",)
    requests: ClassVar[int] = 2
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "treasury-curve-1"

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

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        for month in self.windows(window, window.last):
            params = {"data": CURVE, "field_tdr_date_value_month": f"{month.first:%Y%m}"}
            ask(PATH, kind="document", params=params, check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        entries = opened(fetch, content, _entries)
        if entries and not any(target.symbol in entry for entry in entries):
            problem = f"none of the {len(entries)} days has {target.symbol}"
            raise SourceDrifted(fetch.source, problem, "Check the symbol in ingestion/ledger/feed.csv")
        days = Daily(fetch, window, "observation_date")
        for line, entry in enumerate(entries, start=1):

            def on(entry: Entry = entry) -> date:
                return day(entry.get("NEW_DATE"), "observation_date")

            def values(entry: Entry = entry) -> Row | None:
                value = number(entry.get(target.symbol), "value")
                return None if value is None else {"value": value}

            days.add(line, entry, on, values)
        return days.reading()


def _check(content: bytes) -> None:
    _entries(content)


def _entries(content: bytes) -> list[Entry]:
    """The properties of each day by name, None for one without a value; raises Flaw."""
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


def _text(null: str | None, text: str | None) -> str | None:
    return None if null == "true" or text is None or not text.strip() else text.strip()
