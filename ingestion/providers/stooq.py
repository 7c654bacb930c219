"""Daily bars from the CSV download of Stooq: no key."""

from __future__ import annotations

from datetime import date

from ingestion.providers.pages import day, parse_csv, quota, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

HEADERS = (["Date", "Open", "High", "Low", "Close", "Volume"], ["Date", "Open", "High", "Low", "Close"])
CELLS = ("date", "open_usd", "high_usd", "low_usd", "close_usd", "volume")
AS_TRADED = "1111111"
"""Which adjustments to leave out, one digit each: splits, dividends, rights of three kinds, denominations, others. Told by
its callers, not by Stooq; without it prices are restated for splits and for dividends. Should it ever be ignored, the bars
disagree with those of other providers from the first split or dividend on."""
# In both of its languages; the Polish ones are told by callers.
SPENT = ("Exceeded the daily hits limit", "Przekroczony dzienny limit")
NOTHING = ("No data", "Brak danych")


class Stooq(Provider[list[list[str]]]):
    """Bars come oldest first and are asked for as traded. Every error comes with status 200, as text."""

    name = "stooq"
    domain = "market"
    base_url = "https://stooq.com"
    requests, seconds = 1, 1.0
    kind = "document"
    parser_version = "stooq-csv-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        days = {"d1": f"{window.first:%Y%m%d}", "d2": f"{window.last:%Y%m%d}"}
        return Request("/q/d/l/", {"s": target.symbol, "i": "d", **days, "o": AS_TRADED})

    def parse(self, content: bytes) -> list[list[str]]:
        """The rows behind the header; raises FetchError for whatever does not begin with one."""
        lines = parse_csv(content)
        if lines and lines[0] in HEADERS:
            return lines[1:]
        said = content.decode("utf-8-sig").strip()
        if said.startswith(SPENT):
            raise quota(f"Stooq says {said[:80]!r}")
        if said in NOTHING:
            raise unknown(f"Stooq says {said!r}")
        raise wrong(f"no bars; the body begins {said[:40]!r}")

    def check(self, document: list[list[str]], target: Target) -> None:
        if not document:
            raise wrong("a header and no row")

    def read(self, document: list[list[str]], rows: Rows) -> None:
        for number, line in enumerate(document, start=2):
            with rows.line(number, line, CELLS) as cells:
                # An empty volume is none given; an empty price is no number.
                rows.bar(day(cells["date"], "date"), {**cells, "volume": cells.get("volume") or None})
