"""Daily bars of coins from Coinbase Exchange: UTC days, no key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar
from urllib.parse import quote

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.bars import Bars
from ingestion.providers.pages import busy, local_date, moment, opened_json, parse_json, refused, unknown, wrong

MOST_CANDLES = 300
DAY_SECONDS = 86_400
# The order in which a candle gives them; the sixth is not documented, but given.
CANDLE = ("time", "low_usd", "high_usd", "open_usd", "close_usd", "volume")


@dataclass(frozen=True)
class Coinbase(Common):
    """Candles come newest first; some may lie before the start that was asked for, and a day without trade has none."""

    name: ClassVar[str] = "coinbase"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://api.exchange.coinbase.com"
    hosts: ClassVar[tuple[str, ...]] = ("api.exchange.coinbase.com",)
    requests: ClassVar[int] = 8  # below the ten a second that are said to be allowed
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "coinbase-candles-1"

    def windows(self, window: Window, today: date) -> list[Window]:
        """More than MOST_CANDLES in one question are refused."""
        found, first = [], window.first
        while first <= window.last:
            last = min(first + timedelta(days=MOST_CANDLES - 1), window.last)
            found.append(Window(first, last))
            first = last + timedelta(days=1)
        return found

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        params = {
            "granularity": str(DAY_SECONDS),
            "start": f"{window.first}T00:00:00Z",
            "end": f"{window.last}T00:00:00Z",
        }
        path = f"/products/{quote(target.symbol, safe='')}/candles"
        ask(path, kind="json", params=params, check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        bars = Bars(fetch, target, window, closes)
        for line, candle in enumerate(opened_json(fetch, content, _candles), start=1):
            cells = dict(zip(CANDLE, candle, strict=False)) if isinstance(candle, list) else {"candle": candle}

            def session(cells: Mapping[str, object] = cells) -> date:
                return local_date(moment(cells.get("time"), "s", fetch.fetched_at_utc), UTC)

            bars.add(line, cells, session)
        return bars.reading()


def _check(content: bytes) -> None:
    _candles(content)


def _candles(content: bytes) -> list[object]:
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
