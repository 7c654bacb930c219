"""One consistent synthetic world, served by all providers in their own formats: what one of them tells fits the others.

Prices are drawn from a seed; whoever asks twice gets the same.
"""

from __future__ import annotations

import csv
import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.feeds.formats.alpha_vantage import AlphaVantageFormat
from tests.feeds.formats.coinbase import CoinbaseFormat
from tests.feeds.formats.kraken import KrakenFormat
from tests.feeds.formats.market import SESSIONS, Action, Bar, Listing, Market
from tests.feeds.formats.polygon import PolygonFormat
from tests.feeds.formats.tiingo import TiingoFormat
from tests.feeds.formats.yahoo import YahooFormat
from tests.feeds.server import FeedServer

LEDGER = Path(__file__).resolve().parents[2] / "ingestion" / "ledger"
FORMATS: Mapping[str, type[Market]] = {
    "yahoo": YahooFormat,
    "coinbase": CoinbaseFormat,
    "kraken": KrakenFormat,
    "tiingo": TiingoFormat,
    "polygon": PolygonFormat,
    "alpha_vantage": AlphaVantageFormat,
}
KEYS = {"tiingo": "tiingo-key-of-tests", "polygon": "polygon-key-of-tests", "alpha_vantage": "vantage-key-of-tests"}
START_USD = {"BTC-USD": 60_000.0, "ETH-USD": 3_000.0, "VIX": 18.0, "SPY": 500.0}
SEED = 1
OTHER_VENUE = 1.0003
"""Coins trade at another price at another venue: Kraken's are three hundredths of a percent above Coinbase's."""


@dataclass
class MarketWorld:
    """What is true: listings by instrument; and who tells it: formats by provider, all mounted."""

    listings: dict[str, Listing]
    providers: dict[str, Market]
    split: tuple[str, Action]

    def bar(self, instrument: str, day: date) -> Bar:
        """The bar of the day as it was traded."""
        return next(bar for bar in self.listings[instrument].bars if bar.day == day)

    def at(self, now_utc: datetime | None) -> None:
        """From now on it is `now_utc`, naive UTC, for all providers; with None what the machine's clock says."""
        for provider in self.providers.values():
            provider.set_now_utc = now_utc


def serve_market(
    server: FeedServer, first: date, last: date, now_utc: datetime | None, *, instruments: Iterable[str] | None = None
) -> MarketWorld:
    """Bars of all instruments of the ledger, or of these, from `first` to `last`, mounted at `server`.

    `now_utc` is what the providers take for now, None for what the machine's clock says: what comes later they do not tell,
    and a bar that is open then they tell half-finished. Since the time of a fetch is the machine's, a moment set here should
    be one at which nothing is open, or the test gives a half-finished bar for a whole one. One split and one dividend lie
    in the last quarter of the span, after what the bundle tells of shares: MSTR 10 to 1, MSFT 0.83.
    """
    calendars = {row["instrument"]: row for row in _rows("instrument")}
    wanted = list(calendars) if instruments is None else list(instruments)
    sessions = [day for day in sorted(SESSIONS) if first <= day <= last]
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    late = sessions[len(sessions) * 3 // 4]
    split, dividend = ("MSTR", Action(late, split_ratio=10.0)), ("MSFT", Action(late, dividend_usd=0.83))
    listings = {}
    for name in wanted:
        row = calendars[name]
        began = date.fromisoformat(row["first_session_date"] or "2000-01-01")
        traded = [day for day in (days if row["calendar"] == "UTC" else sessions) if day >= began]
        actions = [action for owner, action in (split, dividend) if owner == name]
        bars = _walk(f"{SEED} {name}", traded, START_USD.get(name, 40.0), actions, row["kind"] == "index")
        listings[name] = Listing(bars, actions, row["calendar"])
    symbols = _symbols((now_utc or datetime.now(UTC)).date())
    providers = {}
    for provider, make in FORMATS.items():
        told = {symbol: listings[name] for name, symbol in symbols.get(provider, {}).items() if name in listings}
        providers[provider] = make(told, now_utc, KEYS.get(provider))
        server.mount(provider, providers[provider])
    providers["kraken"].edit = lambda _, bar: _elsewhere(bar)
    return MarketWorld(listings, providers, split)


def _symbols(today: date) -> dict[str, dict[str, str]]:
    """By provider and instrument, the symbol of `today`: a ticker that was given up is known to nobody any more."""
    found: dict[str, dict[str, str]] = {}
    for row in sorted(_rows("feed"), key=lambda row: row["valid_from_date"]):
        if row["domain"] == "market" and date.fromisoformat(row["valid_from_date"]) <= today:
            found.setdefault(row["provider"], {})[row["subject"]] = row["symbol"]
    return found


def _walk(seed: str, days: list[date], start: float, actions: list[Action], is_index: bool) -> list[Bar]:
    """A random walk in whole cents; a split and a dividend take from the price what they give."""
    draw = random.Random(seed)
    close, bars = start * draw.uniform(0.8, 1.2), []
    for day in days:
        for one in actions:
            if one.ex_date == day:
                close = close / (one.split_ratio or 1.0) - (one.dividend_usd or 0.0)
        opened = close * math.exp(draw.gauss(0, 0.005))
        close = opened * math.exp(draw.gauss(0, 0.02))
        low, high = min(opened, close) * draw.uniform(0.98, 1), max(opened, close) * draw.uniform(1, 1.02)
        volume = 0.0 if is_index else float(draw.randrange(1_000_000, 50_000_000))
        bars.append(Bar(day, round(opened, 2), round(high, 2), round(low, 2), round(close, 2), volume))
    return bars


def _elsewhere(bar: Bar) -> Bar:
    prices = {name: round(getattr(bar, name) * OTHER_VENUE, 1) for name in ("open", "high", "low", "close")}
    return replace(bar, **prices)


def _rows(name: str) -> list[dict[str, str]]:
    with (LEDGER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
