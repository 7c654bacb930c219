"""Daily bars of coins from Kraken: UTC days, no key."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ingestion.providers.pages import busy, parse_object, refused, unknown, utc_day, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

MOST_BARS = 720
"""The newest ones, that of the day under way among them; nothing brings older ones."""
PAUSE_SECONDS = 3.0
"""After its complaint that we ask too often, which names no time."""
OVERLOADED = ("EGeneral:Too many requests", "EAPI:Rate limit exceeded", "EGeneral:Temporary lockout", "EService:")
BAR = ("time", "open_usd", "high_usd", "low_usd", "close_usd", "vwap", "volume", "count")

Bars = tuple[list[object], int | None]
"""The bars, and the time of the last one that is closed, where the answer names it."""


class Kraken(Provider[Bars]):
    """Bars come oldest first, prices as text, under Kraken's own name of the pair. The last one is still open."""

    name = "kraken"
    base_url = "https://api.kraken.com"
    requests, seconds = 1, 1.0
    newest_days = MOST_BARS - 1
    parser_version = "kraken-ohlc-2"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        # `since` is exclusive in the recorded answers; a second earlier is right either way.
        since = int(datetime(window.first.year, window.first.month, window.first.day, tzinfo=UTC).timestamp()) - 1
        return Request("/0/public/OHLC", {"pair": target.symbol, "interval": "1440", "since": str(since)})

    def parse(self, content: bytes) -> Bars:
        document = parse_object(content, "answer of Kraken")
        if not isinstance(told := document.get("error"), list):
            raise wrong(f"no answer of Kraken; the body begins {content[:40]!r}")
        for problem in (str(one) for one in told if str(one).startswith("E")):  # W is a warning
            if problem.startswith("EQuery:Unknown asset pair"):
                raise unknown(f"Kraken says {problem!r}")
            if problem.startswith(OVERLOADED):
                raise busy(f"Kraken says {problem!r}", PAUSE_SECONDS)
            raise refused(f"Kraken says {problem!r}")
        result = document.get("result")
        pairs = [name for name in result if name != "last"] if isinstance(result, dict) else []
        if not isinstance(result, dict) or len(pairs) != 1 or not isinstance(result[pairs[0]], list):
            raise wrong(f"not the bars of one pair, but of {', '.join(pairs) or 'none'}")
        last = result.get("last")
        return result[pairs[0]], last if isinstance(last, int) else None

    def read(self, document: Bars, rows: Rows) -> None:
        bars, committed = document
        for number, bar in enumerate(bars, start=1):
            with rows.line(number, bar, BAR) as cells:
                time = cells.get("time")
                if committed is not None and isinstance(time, int) and time > committed:
                    continue  # the day under way
                rows.bar(utc_day(time, rows.fetch.fetched_at_utc), cells)
