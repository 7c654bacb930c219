"""Daily bars of shares from Alpha Vantage: with a key, few questions a day, only the newest hundred bars."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ingestion.fetch.http_errors import FetchError
from ingestion.providers.pages import busy, day, parse_object, picked, quota, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

PAUSE_SECONDS = 2.0
SERIES = "Time Series (Daily)"
FIELDS = {
    "open_usd": "1. open",
    "high_usd": "2. high",
    "low_usd": "3. low",
    "close_usd": "4. close",
    "volume": "5. volume",
}

Series = tuple[str, Mapping[str, object]]
"""The symbol, and the bars by day."""


class AlphaVantage(Provider[Series]):
    """Bars as traded, newest first, under numbered keys. Every error comes with status 200; one of them quotes the key."""

    name = "alpha_vantage"
    base_url = "https://www.alphavantage.co"
    requests, seconds = 1, 13.0
    key_setting = "HASHWATT_ALPHA_VANTAGE_KEY"
    secret_params = ("apikey",)
    # A hundred sessions, that under way among them, never span fewer days than these and one; more takes a paid plan.
    newest_days = 138
    parser_version = "alpha-vantage-daily-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        params = {"function": "TIME_SERIES_DAILY", "symbol": target.symbol, "outputsize": "compact"}
        return Request("/query", {**params, "datatype": "json", "apikey": key})

    def parse(self, content: bytes) -> Series:
        document = parse_object(content, "object")
        if isinstance(problem := document.get("Error Message"), str):
            words = f"Alpha Vantage says {problem!r}"
            raise refused(words, self.key_setting) if "apikey" in problem else unknown(words)
        for notice in (document.get("Note"), document.get("Information")):
            if isinstance(notice, str):
                raise _told(notice)
        meta, series = document.get("Meta Data"), document.get(SERIES)
        if not isinstance(meta, dict) or not isinstance(series, dict):
            raise wrong(f"no daily bars, but {', '.join(document) or 'nothing'}")
        return str(meta.get("2. Symbol")), series

    def check(self, document: Series, target: Target) -> None:
        if document[0].upper() != target.symbol.upper():
            raise unknown(f"asked about {target.symbol}, Alpha Vantage tells of {document[0]}")

    def read(self, document: Series, rows: Rows) -> None:
        for number, (on, bar) in enumerate(document[1].items(), start=1):
            with rows.line(number, {"date": on, **(bar if isinstance(bar, dict) else {"row": bar})}) as cells:
                rows.bar(day(on, "date"), picked(cells, FIELDS))


def _told(notice: str) -> FetchError:
    """A notice instead of bars: too fast, no more today, or not with this key."""
    words = f"Alpha Vantage says {notice!r}"
    if "1 request per second" in notice:
        return busy(words, PAUSE_SECONDS)
    if "premium feature" in notice or "premium endpoint" in notice or "invalid" in notice:
        return refused(words, AlphaVantage.key_setting)
    return quota(words)
