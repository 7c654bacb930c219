"""What stands in one page of a provider: odd rows are put aside alone, nothing is repaired, and of two that differ neither is
taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from ingestion.providers import provider as providers
from ingestion.providers.rows import Target, Window
from tests.feeds import days
from tests.feeds.asking import read_page
from tests.feeds.cases import BTC, MONEY, TEN, YIELD
from tests.feeds.days import COIN, SHARE
from tests.feeds.formats import coin_metrics, fred, mempool, treasury
from tests.feeds.formats.yahoo import chart
from tests.tables import tables

DATA = tables(__file__)

PRICES = {"open_usd": 10.0, "high_usd": 12.0, "low_usd": 9.0, "close_usd": 11.0, "volume": 700.0}
JAN_1, JAN_2 = 1_735_689_600, 1_735_828_200  # midnight UTC; the opening bell


def yahoo(time: object = JAN_2, close: object = 11.0) -> bytes:
    return json.dumps(chart([time, JAN_2 + 86_400], [10.0, 1.0], quote={"close": [close, 1.0]})).encode()


def tiingo(day: object = "2025-01-02T00:00:00.000Z", **others: object) -> bytes:
    row = {"date": day, "close": 11.0, "high": 12.0, "low": 9.0, "open": 10.0, "volume": 700, **others}
    return json.dumps([row, row | {"date": "2025-01-03"} | dict.fromkeys(others, 1.0)]).encode()


def polygon(time: object = 1_735_794_000_000, **others: object) -> bytes:
    bar = {"v": 700.0, "o": 10.0, "c": 11.0, "h": 12.0, "l": 9.0, "t": time}
    results = [bar | others, bar | {"t": 1_735_880_400_000}]
    return json.dumps({"ticker": "ABC", "status": "OK", "results": results}).encode()


def vantage(day: str = "2025-01-02", **others: object) -> bytes:
    bar = {"1. open": "10", "2. high": "12", "3. low": "9", "4. close": "11", "5. volume": "700"}
    days_ = {day: bar | others, "2025-01-03": bar}
    return json.dumps({"Meta Data": {"2. Symbol": "ABC"}, "Time Series (Daily)": days_}).encode()


def coinbase(candle: object) -> bytes:
    return json.dumps([candle, [JAN_1 + 2 * 86_400, 9.0, 12.0, 10.0, 11.0, 700.0]]).encode()


def kraken(bar: object) -> bytes:
    good = [JAN_1 + 2 * 86_400, "10", "12", "9", "11", "1", "700", 1]
    return json.dumps({"error": [], "result": {"XXBTZUSD": [bar, good], "last": JAN_1 * 2}}).encode()


def metrics(**cells: object) -> bytes:
    good = {"asset": "btc", "time": "2025-01-03T00:00:00.000000000Z", "BlkCnt": "144"}
    return coin_metrics.body([{**good, "time": "2025-01-02T00:00:00.000000000Z", **cells}, good])


def hashrate(**cells: object) -> bytes:
    good = {"timestamp": JAN_1 + 3 * 86_400, "avgHashrate": 5e20}
    return mempool.body([{**good, "timestamp": JAN_1 + 2 * 86_400, **cells}, good], [])


def observed(**cells: object) -> bytes:
    good = fred.observation(date(2025, 1, 3), 1.0, "2025-01-05", "9999-12-31")
    return fred.json_body([{**good, "date": "2025-01-02", **cells}, good], "2025-01-01", "9999-12-31")


def cboe(line: str) -> bytes:
    return f"DATE,OPEN,HIGH,LOW,CLOSE\n{line}\n01/03/2025,1,1,1,1\n".encode()


def download(line: str) -> bytes:
    return f'"Unit:","Percent"\n"Time Period","RIFSPFF_N.D"\n{line}\n2025-01-03,4.33\n'.encode()


def rate(line: str) -> bytes:
    return f"CURRENCY,TIME_PERIOD,OBS_VALUE\r\n{line}\r\nUSD,2025-01-03,1.03\r\n".encode()


def curve(old: str, new: str) -> bytes:
    entries = [treasury.entry(date(2025, 1, day), {"BC_10YEAR": 4.6}) for day in (2, 3)]
    return treasury.body([entries[0].replace(old, new), entries[1]])


VIX = Target("macro", "VIX_CLOSE", "VIX", "UTC")
FUNDS = Target("macro", "FED_FUNDS", "H15/RIFSPFF_N.D", "UTC")
RATE = Target("macro", "USD_PER_EUR", "USD", "UTC")


PAGES: dict[str, tuple[Target, Callable[..., bytes]]] = {
    "yahoo": (SHARE, yahoo),
    "tiingo": (SHARE, tiingo),
    "polygon": (SHARE, polygon),
    "alpha_vantage": (SHARE, vantage),
    "coinbase": (COIN, coinbase),
    "kraken": (COIN, kraken),
    "coin_metrics": (BTC, metrics),
    "mempool": (BTC, hashrate),
    "fred": (YIELD, str.encode),
    "fred_api": (MONEY, observed),
    "cboe": (VIX, cboe),
    "federal_reserve": (FUNDS, download),
    "ecb": (RATE, rate),
    "treasury": (TEN, curve),
}


HUGE = ["coinbase", [[JAN_1, 1, 10**400, 1, 1, 9]], "type", "is no number"]


@pytest.mark.parametrize(("name", "odd", "rule", "reason"), [*DATA["bad_rows"], HUGE])
def test_a_row_that_cannot_be_read_is_rejected_alone(name: str, odd: Any, rule: str, reason: str) -> None:
    target, page = PAGES[name]
    content = page(**odd) if isinstance(odd, dict) else page(*([odd] if isinstance(odd, str) else odd))
    window = Window(date(2024, 12, 31), date(2025, 1, 5))
    reading = read_page(providers.provider(name), content, target, window, datetime(2025, 2, 1))
    days_read = [next(iter(row.values())) for row in reading.rows]
    assert days_read == [date(2025, 1, 3)]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (
        rule,
        2 if name in ("fred", "cboe", "federal_reserve", "ecb") else 1,
    ) and reason in rejected.reason
    json.dumps(dict(rejected.row), default=str)


def test_what_is_read_is_not_repaired() -> None:
    """A low above the high is for the gate to find."""
    (row, _) = read_page(providers.provider("polygon"), polygon(l=13.0), SHARE, days.WINDOW, days.NOW).rows
    assert row == {"session_date": date(2025, 1, 2), **PRICES, "low_usd": 13.0}


@pytest.mark.parametrize(
    ("name", "target", "page"),
    [
        ("coinbase", COIN, lambda close: coinbase([JAN_1 + 2 * 86_400, 9.0, 12.0, 10.0, close, 700.0])),
        ("coin_metrics", BTC, lambda blocks: metrics(time="2025-01-03T00:00:00.000000000Z", BlkCnt=str(int(blocks)))),
        ("fred_api", MONEY, lambda value: observed(date="2025-01-03", value=str(value))),
    ],
)
def test_of_two_different_rows_for_a_day_neither_is_taken(name: str, target: Any, page: Any) -> None:
    window, provider = Window(date(2025, 1, 1), date(2025, 1, 5)), providers.provider(name)
    same = {"coinbase": 11.0, "coin_metrics": 144, "fred_api": 1.0}[name]
    assert len(read_page(provider, page(same), target, window, days.NOW).rows) == 1, "twice the same is once"
    reading = read_page(provider, page(7.0), target, window, days.NOW)
    assert not reading.rows
    assert [(one.rule, one.line) for one in reading.rejected] == [("duplicate", 1), ("duplicate", 2)]
