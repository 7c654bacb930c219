"""Every provider with a subject it knows, what a server tells of it, and what is to be asked and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

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


@dataclass(frozen=True)
class Case:
    """`provider` asked about `target` in `window`: the request that is to arrive and the rows that are to be read of what
    `tells` answers. `today` is the day of the question."""

    provider: Provider[Any]
    target: Target
    window: Window
    tells: Callable[[], Handler]
    path: str
    query: Mapping[str, str]
    rows: Rows
    actions: Rows = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    today: date = date(2025, 1, 6)

    def __str__(self) -> str:
        return f"{self.provider.name}-{self.target.subject}"


def _market(provider: Provider[Any], target: Target, now: datetime = NOW) -> Callable[[], Handler]:
    listing = days.share([days.DIVIDEND, days.SPLIT]) if target.calendar == "XNYS" else days.coin()
    key = KEY if provider.key_setting else None
    return lambda: FORMATS[provider.name]({target.symbol: listing}, now, key)


def _share(provider: Provider[Any], path: str, query: Mapping[str, str], **others: Any) -> Case:
    rows = others.pop("rows", days.rows(days.share().bars))
    return Case(provider, SHARE, WINDOW, _market(provider, SHARE), path, query, rows, **others)


def _coin(
    provider: Provider[Any], path: str, query: Mapping[str, str], symbol: str, rows: Rows, window: Window
) -> Case:
    target = replace(COIN, symbol=symbol)
    return Case(provider, target, window, _market(provider, target), path, query, rows)


def _network(day: Any, **others: object) -> dict[str, object]:
    told = {name: getattr(day, name) for name in ("utc_date", "blocks", "fees_btc", "difficulty", "hashrate_eh_s")}
    return told | others


def _restated() -> Rows:
    """As Yahoo gives the bars: restated for the split that came later."""
    return days.rows(days.share().bars, {one.day: 10.0 for one in days.share().bars if one.day < days.SPLIT.ex_date})


_COINS = days.coin().bars
_INSIDE = [day for day in NETWORK_DAYS if WINTER.first <= day.utc_date <= WINTER.last]
_STEPPED = {moment.date() for moment, _ in NETWORK_STEPS}
_FRED = [
    {"observation_date": day, "value": value}
    for day, value in VALUES.items()
    if date(2023, 12, 28) <= day <= date(2024, 1, 5) and value is not None
]
_DATED = [
    {"observation_date": date(2025, 1, 1), "value": 21_500.5, "realtime_date": date(2025, 2, 25)},
    {"observation_date": date(2025, 1, 1), "value": 21_533.8, "realtime_date": date(2025, 3, 25)},
    {"observation_date": date(2025, 2, 1), "value": 21_600.0, "realtime_date": date(2025, 4, 1)},
]
CHART = {"interval": "1d", "period1": "1708819200", "period2": "1736467200"}  # 2024-02-25 and 2025-01-10
CHART |= {"events": "div,splits", "includeAdjustedClose": "false"}
CASES = [
    _share(
        Yahoo(),
        "/v8/finance/chart/ABC",
        CHART,
        rows=_restated(),
        actions=[DIVIDEND | {"dividend_usd": 0.05}, SPLIT],
        headers={"User-Agent": f"Mozilla/5.0 (compatible; {own_name()})"},
    ),
    _coin(
        Yahoo(),
        "/v8/finance/chart/BTC-USD",
        CHART,
        "BTC-USD",
        [{**row, "volume": None} for row in days.rows(_COINS)],
        WINDOW,
    ),
    _share(
        Tiingo(),
        "/tiingo/daily/ABC/prices",
        {"startDate": "2024-02-26", "endDate": "2025-01-03", "format": "json"},
        actions=[DIVIDEND, SPLIT],
        headers={"Authorization": f"Token {KEY}"},
    ),
    _share(
        Polygon(),
        "/v2/aggs/ticker/ABC/range/1/day/2024-02-26/2025-01-03",
        {"adjusted": "false", "sort": "asc", "limit": "50000"},
        headers={"Authorization": f"Bearer {KEY}"},
    ),
    _share(
        AlphaVantage(),
        "/query",
        {"function": "TIME_SERIES_DAILY", "symbol": "ABC", "outputsize": "compact", "datatype": "json", "apikey": KEY},
    ),
    _coin(
        Coinbase(),
        "/products/BTC-USD/candles",
        {"granularity": "86400", "start": "2024-10-28T00:00:00Z", "end": "2025-01-03T00:00:00Z"},
        "BTC-USD",
        days.rows([one for one in _COINS if one.day >= AUTUMN.first]),
        AUTUMN,
    ),
    _coin(
        Kraken(),
        "/0/public/OHLC",
        {"pair": "XBTUSD", "interval": "1440", "since": "1708905599"},
        "XBTUSD",
        # Kraken gives one decimal of bitcoin prices.
        days.rows(
            [replace(b, **{n: round(getattr(b, n), 1) for n in ("open", "high", "low", "close")}) for b in _COINS]
        ),
        WINDOW,
    ),
    Case(
        CoinMetrics(),
        BTC,
        WINTER,
        lambda: coin_metrics(NETWORK_DAYS),
        "/v4/timeseries/asset-metrics",
        {
            "assets": "btc",
            "metrics": "BlkCnt,FeeTotNtv,HashRate,AssetEODCompletionTime",
            "frequency": "1d",
            "start_time": "2023-12-30",
            "end_time": "2024-03-02",
            "paging_from": "start",
            "page_size": "10000",
            "ignore_forbidden_errors": "true",
        },
        [_network(day, final_at_utc=datetime.combine(day.utc_date, time.min) + FINAL) for day in _INSIDE],
    ),
    Case(
        Mempool(),
        BTC,
        WINTER,
        lambda: mempool(NETWORK_DAYS, NETWORK_STEPS, datetime(2024, 3, 5, 12)),
        "/api/v1/mining/hashrate/3m",
        {},
        [
            _network(day, blocks=None, fees_btc=None) | ({"difficulty": None} if day.utc_date in _STEPPED else {})
            for day in _INSIDE
        ],
        today=date(2024, 3, 5),
    ),
    Case(
        Fred(),
        YIELD,
        Window(date(2023, 12, 28), date(2024, 1, 5)),
        lambda: fred({"DGS10": VALUES}),
        "/graph/fredgraph.csv",
        {"id": "DGS10", "cosd": "2023-12-28", "coed": "2024-01-05"},
        _FRED,
    ),
    Case(
        Cboe(),
        Target("macro", "VIX_CLOSE", "VIX", "UTC"),
        Window(date(2023, 12, 28), date(2024, 1, 5)),
        lambda: official.cboe({"VIX": VALUES}),
        "/api/global/us_indices/daily_prices/VIX_History.csv",
        {},
        _FRED,
    ),
    Case(
        FiscalData(),
        Target("macro", "FEDERAL_DEBT", official.DEBT, "UTC"),
        Window(date(2024, 1, 1), date(2024, 12, 31)),
        lambda: official.fiscal_data(DEBTS),
        "/services/api/fiscal_service/v2/accounting/od/debt_to_penny",
        {
            "fields": "record_date,tot_pub_debt_out_amt",
            "filter": "record_date:gte:2024-01-01,record_date:lte:2025-01-06",
            "sort": "record_date",
            "page[number]": "1",
            "page[size]": "10000",
        },
        [
            {"observation_date": date(2024, 1, 1), "value": 34_586_533.5},
            {"observation_date": date(2024, 4, 1), "value": 34_831_634.25},
        ],
    ),
    Case(
        FederalReserve(),
        Target("macro", "FED_BALANCE_SHEET", "H41/RESPPMA_N.WW", "UTC"),
        Window(date(2024, 1, 3), date(2024, 1, 17)),
        lambda: official.federal_reserve({"H41": {"RESPPA_N.WW": WEEKS, "RESPPMA_N.WW": WEEKS}}),
        "/datadownload/Output.aspx",
        {
            "rel": "H41",
            "series": "3ab1b33ad80c27bc5cc4f8122b7a6440",
            "from": "01/03/2024",
            "to": "01/17/2024",
            "filetype": "csv",
            "label": "include",
            "layout": "seriescolumn",
            "type": "package",
        },
        [{"observation_date": day, "value": value} for day, value in WEEKS.items() if value],
    ),
    Case(
        Ecb(),
        Target("macro", "USD_PER_EUR", "USD", "UTC"),
        Window(date(2023, 12, 28), date(2024, 1, 5)),
        lambda: official.ecb({"USD": VALUES}),
        "/service/data/EXR/D.USD.EUR.SP00.A",
        {"format": "csvdata", "detail": "dataonly", "startPeriod": "2023-12-28", "endPeriod": "2024-01-05"},
        _FRED,
    ),
    Case(
        FredApi(),
        MONEY,
        Window(date(2025, 1, 1), date(2025, 6, 30)),
        lambda: fred_api({"DGS10": VALUES}, KEY, vintages={"M2SL": VINTAGES}),
        "/fred/series/observations",
        {
            "series_id": "M2SL",
            "api_key": KEY,
            "file_type": "json",
            "observation_start": "2025-01-01",
            "observation_end": "2025-06-30",
            "sort_order": "asc",
            "limit": "100000",
            "realtime_start": "2025-01-01",
            "realtime_end": "9999-12-31",
        },
        _DATED,
    ),
    Case(
        Treasury(),
        TEN,
        Window(date(2025, 1, 2), date(2025, 1, 31)),
        lambda: treasury(CURVE),
        "/resource-center/data-chart-center/interest-rates/pages/xml",
        {"data": "daily_treasury_yield_curve", "field_tdr_date_value_month": "202501"},
        [{"observation_date": day, "value": curve["BC_10YEAR"]} for day, curve in CURVE.items() if day.year == 2025],
    ),
]
