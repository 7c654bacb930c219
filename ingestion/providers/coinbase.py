"""Daily bars of coins from Coinbase Exchange: UTC days, no key."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from ingestion.providers.pages import busy, parse_json, refused, unknown, utc_day, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

# The order in which a candle gives them; the sixth is not documented, but given.
CANDLE = ("time", "low_usd", "high_usd", "open_usd", "close_usd", "volume")


class Coinbase(Provider[list[object]]):
    """Candles come newest first; some may lie before the start that was asked for, and a day without trade has none."""

    name = "coinbase"
    base_url = "https://api.exchange.coinbase.com"
    requests, seconds = 8, 1.0  # below the ten a second that are said to be allowed
    most_days = 300  # more in one question are refused
    parser_version = "coinbase-candles-2"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        path = f"/products/{quote(target.symbol, safe='')}/candles"
        times = {"start": f"{window.first}T00:00:00Z", "end": f"{window.last}T00:00:00Z"}
        return Request(path, {"granularity": "86400", **times})

    def parse(self, content: bytes) -> list[object]:
        document = parse_json(content)
        if isinstance(document, list):
            return document
        message = document.get("message") if isinstance(document, dict) else None
        if not isinstance(message, str):
            raise wrong(f"neither candles nor a message; the body begins {content[:40]!r}")
        if message == "NotFound":
            raise unknown("Coinbase knows no such product")
        if "rate limit" in message.lower() or "internal" in message.lower():  # assumed wordings
            raise busy(f"Coinbase says {message!r}")
        raise refused(f"Coinbase says {message!r}")

    def read(self, document: list[object], rows: Rows) -> None:
        for number, candle in enumerate(document, start=1):
            with rows.line(number, candle, CANDLE) as cells:
                rows.bar(utc_day(cells.get("time"), rows.fetch.fetched_at_utc), cells)
