"""Daily bars of coins from Kraken: UTC days, no key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.bars import Bars
from ingestion.providers.pages import busy, local_date, moment, opened_json, parse_json, refused, unknown, wrong

MOST_BARS = 720
"""The newest ones, that of the day under way among them; nothing brings older ones."""
PAUSE_SECONDS = 3.0
"""After its complaint that we ask too often, which names no time."""
OVERLOADED = ("EGeneral:Too many requests", "EAPI:Rate limit exceeded", "EGeneral:Temporary lockout", "EService:")
BAR = ("time", "open_usd", "high_usd", "low_usd", "close_usd", "vwap", "volume", "count")


@dataclass(frozen=True)
class Kraken(Common):
    """Bars come oldest first, prices as text, under Kraken's own name of the pair. The last one is still open."""

    name: ClassVar[str] = "kraken"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://api.kraken.com"
    hosts: ClassVar[tuple[str, ...]] = ("api.kraken.com",)
    requests: ClassVar[int] = 1
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "kraken-ohlc-1"

    def windows(self, window: Window, today: date) -> list[Window]:
        """Without the days that have left the newest MOST_BARS."""
        first = max(window.first, today - timedelta(days=MOST_BARS - 1))
        return [Window(first, window.last)] if first <= window.last else []

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        # `since` is exclusive in the recorded answers; a second earlier is right either way.
        since = int(datetime(window.first.year, window.first.month, window.first.day, tzinfo=UTC).timestamp()) - 1
        params = {"pair": target.symbol, "interval": "1440", "since": str(since)}
        ask("/0/public/OHLC", kind="json", params=params, check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        rows, committed = opened_json(fetch, content, _bars)
        bars = Bars(fetch, target, window, closes)
        for line, row in enumerate(rows, start=1):
            cells = dict(zip(BAR, row, strict=False)) if isinstance(row, list) else {"bar": row}

            def session(cells: Mapping[str, object] = cells) -> date:
                return local_date(moment(cells.get("time"), "s", fetch.fetched_at_utc), UTC)

            time = cells.get("time")
            if committed is not None and isinstance(time, int) and time > committed:
                continue  # the day under way
            bars.add(line, cells, session)
        return bars.reading()


def _check(content: bytes) -> None:
    _bars(content)


def _bars(content: bytes) -> tuple[list[object], int | None]:
    """The bars, and the time of the last one that is closed, where the answer names it."""
    document = parse_json(content)
    told = document.get("error") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(told, list):
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
