"""Every provider with a subject it knows, what a server tells of it, and what is to be asked and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ingestion.fetch.http import own_name
from ingestion.providers.alpha_vantage import AlphaVantage
from ingestion.providers.coin_metrics import CoinMetrics
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.kraken import Kraken
from ingestion.providers.macro.cboe import Cboe
from ingestion.providers.macro.ecb import Ecb
from ingestion.providers.macro.federal_reserve import FederalReserve
from ingestion.providers.macro.fiscal_data import FiscalData
from ingestion.providers.macro.fred import Fred, FredApi
from ingestion.providers.macro.treasury import Treasury
from ingestion.providers.mempool import Mempool
from ingestion.providers.polygon import Polygon
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Target, Window
from ingestion.providers.tiingo import Tiingo
from ingestion.providers.yahoo import Yahoo
from tests.feeds import days
from tests.feeds.days import COIN, NOW, SHARE, WINDOW
from tests.feeds.economy import network_days, network_steps
from tests.feeds.formats import official
from tests.feeds.formats.coin_metrics import FINAL, coin_metrics
from tests.feeds.formats.fred import Vintage, fred, fred_api
from tests.feeds.formats.mempool import mempool
from tests.feeds.formats.treasury import Tenors, treasury
from tests.feeds.server import Handler
from tests.feeds.world import FORMATS
from tests.tables import tables

KEY = "canary7f3a0123456789abcdefcanary"
BTC = Target("network", "BTC", "btc", "UTC")
YIELD = Target("macro", "UST_10Y", "DGS10", "UTC")
MONEY = Target("macro", "M2", "M2SL", "UTC")
TEN = Target("macro", "UST_10Y", "BC_10YEAR", "UTC")
NETWORK_DAYS = network_days(date(2023, 12, 1), date(2024, 4, 1))
NETWORK_STEPS = network_steps(date(2023, 12, 1), date(2024, 4, 1))
VALUES: dict[date, float | None] = {
    date(2023, 12, 27): 3.79,
    date(2023, 12, 28): 3.84,
    date(2024, 1, 1): None,
    date(2024, 1, 2): 3.95,
    date(2024, 1, 3): -0.01,
    date(2024, 1, 8): 4.01,
}
VINTAGES = [
    Vintage(date(2025, 1, 1), 21_500.5, date(2025, 2, 25), date(2025, 3, 24)),
    Vintage(date(2025, 1, 1), 21_533.8, date(2025, 3, 25)),
    Vintage(date(2025, 2, 1), None, date(2025, 3, 25), date(2025, 3, 31)),
    Vintage(date(2025, 2, 1), 21_600.0, date(2025, 4, 1)),
]
CURVE: dict[date, Tenors] = {
    date(2024, 12, 31): {"BC_3MONTH": 4.37, "BC_10YEAR": 4.58, "BC_30YEAR": 4.78},
    date(2025, 1, 2): {"BC_3MONTH": 4.36, "BC_10YEAR": 4.57, "BC_30YEAR": 4.79},
    date(2025, 1, 3): {"BC_3MONTH": 4.34, "BC_10YEAR": 4.6, "BC_30YEAR": None},
    date(2025, 1, 6): {"BC_1_5MONTH": 4.3, "BC_3MONTH": 4.35, "BC_10YEAR": 4.62, "BC_30YEAR": 4.85},
}
DEBTS: dict[date, float | None] = {
    date(2024, 3, 27): 34.5e12,
    date(2024, 3, 28): 34_586_533_500_000.0,  # the last business day before Easter
    date(2024, 4, 1): 34.6e12,
    date(2024, 6, 27): 34.7e12,
    date(2024, 6, 28): 34_831_634_250_000.0,
    date(2024, 9, 20): 35.3e12,  # the rest of the quarter is missing
    date(2024, 12, 31): None,
}
WEEKS: dict[date, float | None] = {
    date(2024, 1, 3): 7_681_024.0,
    date(2024, 1, 10): None,
    date(2024, 1, 17): 7_673_794.0,
}
DIVIDEND = {"ex_date": date(2024, 3, 12), "action": "dividend", "split_ratio": None, "dividend_usd": 0.5}
SPLIT = {"ex_date": date(2024, 11, 4), "action": "split", "split_ratio": 10.0, "dividend_usd": None}
AUTUMN = Window(date(2024, 10, 28), WINDOW.last)
WINTER = Window(date(2023, 12, 30), date(2024, 3, 2))

Rows = Sequence[Mapping[str, object]]


ADDRESSES: dict[str, str] = tables(__file__)


@dataclass(frozen=True)
class Case:
    """`provider` asked about `target` in `window`: the rows that are to be read of what `tells` answers. `today` is the day of
    the question."""

    provider: Provider[Any]
    target: Target
    window: Window
    tells: Callable[[], Handler]
    rows: Rows
    actions: Rows = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    today: date = date(2025, 1, 6)

    def __str__(self) -> str:
        return f"{self.provider.name}-{self.target.subject}"

    @property
    def address(self) -> SplitResult:
        """The request that is to arrive."""
        return urlsplit(ADDRESSES[str(self)].replace("KEY", KEY))


def _market(provider: Provider[Any], target: Target, now: datetime = NOW) -> Callable[[], Handler]:
    listing = days.share([days.DIVIDEND, days.SPLIT]) if target.calendar == "XNYS" else days.coin()
    key = KEY if provider.key_setting else None
    return lambda: FORMATS[provider.name]({target.symbol: listing}, now, key)


def _share(provider: Provider[Any], **others: Any) -> Case:
    rows = others.pop("rows", days.rows(days.share().bars))
    return Case(provider, SHARE, WINDOW, _market(provider, SHARE), rows, **others)


def _coin(provider: Provider[Any], symbol: str, rows: Rows, window: Window = WINDOW) -> Case:
    target = replace(COIN, symbol=symbol)
    return Case(provider, target, window, _market(provider, target), rows)


def _observed(provider: Provider[Any], target: Target, window: Window, tells: Handler, rows: Rows) -> Case:
    return Case(provider, target, window, lambda: tells, rows)


def _network(day: Any, **others: object) -> dict[str, object]:
    told = {name: getattr(day, name) for name in ("utc_date", "blocks", "fees_btc", "difficulty", "hashrate_eh_s")}
    return told | others


def _restated() -> Rows:
    """As Yahoo gives the bars: restated for the split that came later."""
    return days.rows(days.share().bars, {one.day: 10.0 for one in days.share().bars if one.day < days.SPLIT.ex_date})


_COINS = days.coin().bars
_INSIDE = [day for day in NETWORK_DAYS if WINTER.first <= day.utc_date <= WINTER.last]
_STEPPED = {moment.date() for moment, _ in NETWORK_STEPS}
_NEW_YEAR = Window(date(2023, 12, 28), date(2024, 1, 5))
_FRED = [
    {"observation_date": day, "value": value}
    for day, value in VALUES.items()
    if _NEW_YEAR.first <= day <= _NEW_YEAR.last and value is not None
]
_DATED = [
    {"observation_date": one.on, "value": one.value, "realtime_date": one.since}
    for one in VINTAGES
    if one.value is not None
]
_DEBT = [
    {"observation_date": date(2024, 1, 1), "value": 34_586_533.5},
    {"observation_date": date(2024, 4, 1), "value": 34_831_634.25},
]
_WEEKLY = [{"observation_date": day, "value": value} for day, value in WEEKS.items() if value]
_TEN = [{"observation_date": day, "value": curve["BC_10YEAR"]} for day, curve in CURVE.items() if day.year == 2025]
_MINED = [_network(day, final_at_utc=datetime.combine(day.utc_date, time.min) + FINAL) for day in _INSIDE]
_HASHED = [
    _network(day, blocks=None, fees_btc=None) | ({"difficulty": None} if day.utc_date in _STEPPED else {})
    for day in _INSIDE
]
# Kraken gives one decimal of bitcoin prices.
_ROUNDED = [replace(b, **{n: round(getattr(b, n), 1) for n in ("open", "high", "low", "close")}) for b in _COINS]
CASES = [
    _share(
        Yahoo(),
        rows=_restated(),
        actions=[DIVIDEND | {"dividend_usd": 0.05}, SPLIT],
        headers={"User-Agent": f"Mozilla/5.0 (compatible; {own_name()})"},
    ),
    _coin(Yahoo(), "BTC-USD", [{**row, "volume": None} for row in days.rows(_COINS)]),
    _share(Tiingo(), actions=[DIVIDEND, SPLIT], headers={"Authorization": f"Token {KEY}"}),
    _share(Polygon(), headers={"Authorization": f"Bearer {KEY}"}),
    _share(AlphaVantage()),
    _coin(Coinbase(), "BTC-USD", days.rows([one for one in _COINS if one.day >= AUTUMN.first]), AUTUMN),
    _coin(Kraken(), "XBTUSD", days.rows(_ROUNDED)),
    Case(CoinMetrics(), BTC, WINTER, lambda: coin_metrics(NETWORK_DAYS), _MINED),
    Case(
        Mempool(),
        BTC,
        WINTER,
        lambda: mempool(NETWORK_DAYS, NETWORK_STEPS, datetime(2024, 3, 5, 12)),
        _HASHED,
        today=date(2024, 3, 5),
    ),
    _observed(Fred(), YIELD, _NEW_YEAR, fred({"DGS10": VALUES}), _FRED),
    _observed(Cboe(), Target("macro", "VIX_CLOSE", "VIX", "UTC"), _NEW_YEAR, official.cboe({"VIX": VALUES}), _FRED),
    _observed(
        FiscalData(),
        Target("macro", "FEDERAL_DEBT", official.DEBT, "UTC"),
        Window(date(2024, 1, 1), date(2024, 12, 31)),
        official.fiscal_data(DEBTS),
        _DEBT,
    ),
    _observed(
        FederalReserve(),
        Target("macro", "FED_BALANCE_SHEET", "H41/RESPPMA_N.WW", "UTC"),
        Window(date(2024, 1, 3), date(2024, 1, 17)),
        official.federal_reserve({"H41": {"RESPPA_N.WW": WEEKS, "RESPPMA_N.WW": WEEKS}}),
        _WEEKLY,
    ),
    _observed(Ecb(), Target("macro", "USD_PER_EUR", "USD", "UTC"), _NEW_YEAR, official.ecb({"USD": VALUES}), _FRED),
    _observed(
        FredApi(),
        MONEY,
        Window(date(2025, 1, 1), date(2025, 6, 30)),
        fred_api({"DGS10": VALUES}, KEY, vintages={"M2SL": VINTAGES}),
        _DATED,
    ),
    _observed(Treasury(), TEN, Window(date(2025, 1, 2), date(2025, 1, 31)), treasury(CURVE), _TEN),
]
