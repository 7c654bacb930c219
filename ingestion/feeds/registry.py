"""All providers by name. Loads a provider's module when it is asked for; says nothing about who is asked about what."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import cast

from ingestion.feeds.provider import Domain, Provider

PLACES: dict[str, tuple[Domain, str, str]] = {
    "yahoo": ("market", "ingestion.providers.yahoo", "Yahoo"),
    "stooq": ("market", "ingestion.providers.stooq", "Stooq"),
    "coinbase": ("market", "ingestion.providers.coinbase", "Coinbase"),
    "kraken": ("market", "ingestion.providers.kraken", "Kraken"),
    "tiingo": ("market", "ingestion.providers.tiingo", "Tiingo"),
    "polygon": ("market", "ingestion.providers.polygon", "Polygon"),
    "alpha_vantage": ("market", "ingestion.providers.alpha_vantage", "AlphaVantage"),
    "coin_metrics": ("network", "ingestion.providers.coin_metrics", "CoinMetrics"),
    "mempool": ("network", "ingestion.providers.mempool", "Mempool"),
    "fred": ("macro", "ingestion.providers.fred", "Fred"),
    "fred_api": ("macro", "ingestion.providers.fred", "FredApi"),
    "treasury": ("macro", "ingestion.providers.treasury", "Treasury"),
}
"""Name to domain, module and class."""


def names(domain: Domain) -> list[str]:
    """The providers of a domain, in the order of PLACES."""
    return [name for name, (own, _, _) in PLACES.items() if own == domain]


@cache
def provider(name: str) -> Provider:
    """The provider called `name`; raises KeyError where there is none."""
    _, module, cls = PLACES[name]
    return cast(Provider, getattr(import_module(module), cls)())
