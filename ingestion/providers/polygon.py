"""Daily bars of shares from Polygon (now Massive): with a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import ClassVar
from urllib.parse import parse_qsl, quote, urlsplit

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.fetch.http_errors import TooLarge
from ingestion.providers.bars import NEW_YORK, Bars
from ingestion.providers.pages import busy, header, local_date, moment, opened_json, parse_json, refused, unknown, wrong

PLAN_DAYS = 729
"""The free plan gives two years. That of a paid plan is not asked for, since an answer without a plan is an error."""
MOST_PAGES = 100
FIELDS = {"open_usd": "o", "high_usd": "h", "low_usd": "l", "close_usd": "c", "volume": "v"}


@dataclass(frozen=True)
class Polygon(Common):
    """Bars as traded, asked for without adjustment; each dated by the start of its day in New York."""

    name: ClassVar[str] = "polygon"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://api.polygon.io"
    hosts: ClassVar[tuple[str, ...]] = ("api.polygon.io",)
    requests: ClassVar[int] = 5
    seconds: ClassVar[float] = 60.0
    key_setting: ClassVar[str | None] = "HASHWATT_POLYGON_KEY"
    secret_params: ClassVar[tuple[str, ...]] = ("apiKey", "apikey")
    parser_version: ClassVar[str] = "polygon-aggregates-1"

    def windows(self, window: Window, today: date) -> list[Window]:
        """Without the days that the free plan does not give."""
        first = max(window.first, today - timedelta(days=PLAN_DAYS))
        return [Window(first, window.last)] if first <= window.last else []

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        path = f"/v2/aggs/ticker/{quote(target.symbol, safe='')}/range/1/day/{window.first}/{window.last}"
        params = {"adjusted": "false", "sort": "asc", "limit": "50000"}
        for _ in range(MOST_PAGES):
            _, content = ask(
                path,
                kind="json",
                params=params,
                headers=header(key, self.key_setting, "Bearer"),
                check=partial(_check, target.symbol),
            )
            following = _page(content).get("next_url")
            if not following:
                return
            # Only its path and cursor: the host stays the one that we ask, and the key stays in the header.
            parts = urlsplit(str(following))
            path = parts.path
            params = {name: text for name, text in parse_qsl(parts.query) if name not in self.secret_params}
        raise TooLarge(path, f"more than {MOST_PAGES} pages", "Ask for a shorter time")

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        bars = Bars(fetch, target, window, closes)
        results = opened_json(fetch, content, _page).get("results")
        for line, row in enumerate(results if isinstance(results, list) else [], start=1):
            given: Row = row if isinstance(row, dict) else {"row": row}
            cells = {"time": given.get("t"), **{name: given.get(FIELDS[name]) for name in FIELDS}}

            def session(time: object = given.get("t")) -> date:
                return local_date(moment(time, "ms", fetch.fetched_at_utc), NEW_YORK)

            bars.add(line, cells, session)
        return bars.reading()


def _check(symbol: str, content: bytes) -> None:
    ticker = _page(content).get("ticker")
    if ticker != symbol:
        raise unknown(f"asked about {symbol}, Polygon tells of {ticker}")


def _page(content: bytes) -> Row:
    """A page of bars; without `results` where there are none in its window."""
    document = parse_json(content)
    if not isinstance(document, dict):
        raise wrong(f"no object; the body begins {content[:40]!r}")
    status = document.get("status")
    if status in ("OK", "DELAYED"):  # the latter on plans whose data are fifteen minutes late
        if document.get("adjusted") is True:
            raise wrong("bars restated for splits, asked for as traded")
        if not isinstance(document.get("results", []), list):
            raise wrong("results that are no list")
        return document
    words = f"Polygon says {status}: {document.get('error') or document.get('message')}"
    if status == "NOT_FOUND":
        raise unknown(words)
    if "maximum requests" in words:
        raise busy(words)
    if status in ("ERROR", "NOT_AUTHORIZED"):
        raise refused(words)
    raise wrong(words)
