"""Daily bars of shares from Alpha Vantage: with a key, few questions a day, only the newest hundred bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import ClassVar

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.bars import Bars
from ingestion.providers.pages import busy, day, opened_json, parse_json, quota, refused, unknown, wrong

COMPACT_DAYS = 138
"""A hundred sessions, that under way among them, never span fewer days than these and one."""
PAUSE_SECONDS = 2.0
SERIES = "Time Series (Daily)"
FIELDS = {
    "open_usd": "1. open",
    "high_usd": "2. high",
    "low_usd": "3. low",
    "close_usd": "4. close",
    "volume": "5. volume",
}


@dataclass(frozen=True)
class AlphaVantage(Common):
    """Bars as traded, newest first, under numbered keys. Every error comes with status 200; one of them quotes the key."""

    name: ClassVar[str] = "alpha_vantage"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://www.alphavantage.co"
    hosts: ClassVar[tuple[str, ...]] = ("www.alphavantage.co",)
    requests: ClassVar[int] = 1
    seconds: ClassVar[float] = 13.0
    key_setting: ClassVar[str | None] = "HASHWATT_ALPHA_VANTAGE_KEY"
    secret_params: ClassVar[tuple[str, ...]] = ("apikey",)
    parser_version: ClassVar[str] = "alpha-vantage-daily-1"

    def windows(self, window: Window, today: date) -> list[Window]:
        """Without the days before the newest hundred bars; more of them takes a paid plan."""
        first = max(window.first, today - timedelta(days=COMPACT_DAYS))
        return [Window(first, window.last)] if first <= window.last else []

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        if not key:
            raise ValueError(f"{self.key_setting} is not set")
        params = {
            "function": "TIME_SERIES_DAILY",
            "symbol": target.symbol,
            "outputsize": "compact",
            "datatype": "json",
            "apikey": key,
        }
        ask("/query", kind="json", params=params, check=partial(_check, target.symbol))

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        bars = Bars(fetch, target, window, closes)
        for line, (on, row) in enumerate(opened_json(fetch, content, _series).items(), start=1):
            given: Row = row if isinstance(row, dict) else {"row": row}
            cells = {"date": on, **{name: given.get(FIELDS[name]) for name in FIELDS}}
            bars.add(line, cells, partial(day, on, "date"))
        return bars.reading()


def _check(symbol: str, content: bytes) -> None:
    _series(content, symbol)


def _series(content: bytes, symbol: str | None = None) -> Mapping[str, object]:
    """Bars by day; raises Flaw, also for those of another symbol than the one given."""
    document = parse_json(content)
    if not isinstance(document, dict):
        raise wrong(f"no object; the body begins {content[:40]!r}")
    if isinstance(problem := document.get("Error Message"), str):
        raise (
            refused(f"Alpha Vantage says {problem!r}")
            if "apikey" in problem
            else unknown(f"Alpha Vantage says {problem!r}")
        )
    for notice in (document.get("Note"), document.get("Information")):
        if isinstance(notice, str):
            raise _told(notice)
    meta, series = document.get("Meta Data"), document.get(SERIES)
    if not isinstance(meta, dict) or not isinstance(series, dict):
        raise wrong(f"no daily bars, but {', '.join(document) or 'nothing'}")
    told = str(meta.get("2. Symbol"))
    if symbol is not None and told.upper() != symbol.upper():
        raise unknown(f"asked about {symbol}, Alpha Vantage tells of {told}")
    return series


def _told(notice: str) -> Exception:
    """A notice instead of bars: too fast, no more today, or not with this key."""
    words = f"Alpha Vantage says {notice!r}"
    if "1 request per second" in notice:
        return busy(words, PAUSE_SECONDS)
    if "premium feature" in notice or "premium endpoint" in notice or "invalid" in notice:
        return refused(words)
    return quota(words)
