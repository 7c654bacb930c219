"""All providers of prices, network and macro data on this machine, one of them down and others with gaps. No test lives here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from ingestion.providers.polygon import Polygon
from orchestration.settings import Settings
from tests.feeds.economy import serve_macro, serve_network
from tests.feeds.formats.alpha_vantage import AlphaVantageFormat
from tests.feeds.formats.polygon import PolygonFormat
from tests.feeds.server import FeedServer
from tests.feeds.world import KEYS, MarketWorld, serve_market

FIRST = date(2025, 12, 1)
FRED_KEY = "fred0key0of0tests0fred0key0of0te"
SECRETS = {
    "HASHWATT_TIINGO_KEY": KEYS["tiingo"],
    "HASHWATT_POLYGON_KEY": KEYS["polygon"],
    "HASHWATT_ALPHA_VANTAGE_KEY": KEYS["alpha_vantage"],
    "HASHWATT_FRED_KEY": FRED_KEY,
}
DOWN = "tiingo"
# With tiingo down, the third in order stands in; about these it knows nothing, and the fourth answers one question.
UNKNOWN = {"polygon": ("WULF", "HUT")}
ONLY_ALPHA_VANTAGE, BEYOND_THE_QUOTA = "HUT", "WULF"


def serve_feeds(server: FeedServer) -> MarketWorld:
    """Every provider from FIRST to today by the machine's clock. Alpha Vantage answers one question and then quotes the
    key in its refusal."""
    today = datetime.now(UTC).date()
    market = serve_market(server, FIRST, today, None)
    for provider, symbols in UNKNOWN.items():
        for symbol in symbols:
            del market.providers[provider].symbols[symbol]
    alpha_vantage, polygon = market.providers["alpha_vantage"], market.providers["polygon"]
    assert isinstance(alpha_vantage, AlphaVantageFormat) and isinstance(polygon, PolygonFormat)
    alpha_vantage.questions = 1
    # The days that do not ship lie ever further back. Beyond a plan of two years nobody would stand in for the one that is down,
    # and it would be asked again on the same day.
    polygon.plan_days = max(polygon.plan_days, (today - FIRST).days)
    Polygon.newest_days = polygon.plan_days - 1
    serve_network(server, FIRST, today)
    serve_macro(server, FIRST, today, FRED_KEY)
    server.down(DOWN)
    return market


def asking(settings: Settings, server: FeedServer) -> Settings:
    """The settings of a home that asks `server` in the providers' place, with all keys."""
    return replace(settings, feeds_url=server.url, keys=SECRETS)


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a person would give them to a process of their own."""
    return {
        "HASHWATT_HOME": str(settings.home),
        "HASHWATT_LEDGER": str(settings.ledger_dir),
        "HASHWATT_BUNDLE": str(settings.bundle_dir),
        "HASHWATT_CONTACT": settings.contact or "",
        "HASHWATT_TESTING": "1",
        "HASHWATT_EDGAR_URL": settings.edgar_url or "",
        "HASHWATT_FEEDS_URL": settings.feeds_url or "",
        **settings.keys,
    }
