"""Daily bars from the CSV download of Stooq: no key."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import ClassVar

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.bars import Bars
from ingestion.providers.pages import day, opened, quota, unknown, wrong

HEADERS = (["Date", "Open", "High", "Low", "Close", "Volume"], ["Date", "Open", "High", "Low", "Close"])
CELLS = ("date", "open_usd", "high_usd", "low_usd", "close_usd", "volume")
AS_TRADED = "1111111"
"""Which adjustments to leave out, one digit each: splits, dividends, rights of three kinds, denominations, others. Told by
its callers, not by Stooq; without it prices are restated for splits and for dividends. Should it ever be ignored, the bars
disagree with those of other providers from the first split or dividend on."""
# In both of its languages; the Polish ones are told by callers.
SPENT = ("Exceeded the daily hits limit", "Przekroczony dzienny limit")
NOTHING = ("No data", "Brak danych")


@dataclass(frozen=True)
class Stooq(Common):
    """Bars come oldest first and are asked for as traded. Every error comes with status 200, as text."""

    name: ClassVar[str] = "stooq"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://stooq.com"
    hosts: ClassVar[tuple[str, ...]] = ("stooq.com",)
    requests: ClassVar[int] = 1
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "stooq-csv-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        params = {
            "s": target.symbol,
            "i": "d",
            "d1": window.first.strftime("%Y%m%d"),
            "d2": window.last.strftime("%Y%m%d"),
            "o": AS_TRADED,
        }
        ask("/q/d/l/", kind="document", params=params, check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        bars = Bars(fetch, target, window, closes)
        for line, row in enumerate(opened(fetch, content, _rows), start=2):
            # An empty volume is none given; an empty price is no number.
            cells: dict[str, object] = {
                name: text or None if name == "volume" else text for name, text in zip(CELLS, row, strict=False)
            }
            bars.add(line, cells, partial(day, row[0], "date"))
        return bars.reading()


def _check(content: bytes) -> None:
    if not _rows(content):
        raise wrong("a header and no row")


def _rows(content: bytes) -> list[list[str]]:
    """The rows behind the header; raises Flaw for whatever does not begin with one."""
    try:
        text = content.decode("utf-8-sig")
        lines = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise wrong(f"no readable CSV ({error})") from None
    if lines and lines[0] in HEADERS:
        return lines[1:]
    said = text.strip()
    if said.startswith(SPENT):
        raise quota(f"Stooq says {said[:80]!r}")
    if said in NOTHING:
        raise unknown(f"Stooq says {said!r}")
    raise wrong(f"no bars; the body begins {said[:40]!r}")
