"""What stands in one page of a provider: odd rows are put aside alone, nothing is repaired, and of two that differ neither is
taken."""

from __future__ import annotations

import json
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
BAD_ROWS = [
    ("yahoo", SHARE, yahoo(close="ten"), "type", "close_usd: 'ten' is no number"),
    ("yahoo", SHARE, yahoo(close=float("nan")), "not_finite", "close_usd: nan is not a finite number"),
    ("yahoo", SHARE, yahoo(JAN_2 * 1000), "epoch", "time: 1735828200000 is no time in s since 1970 from 1980-01-01 to"),
    ("yahoo", SHARE, yahoo(None), "type", "time: None is no count of s since 1970"),
    ("tiingo", SHARE, tiingo(1735828200), "type", "date: 1735828200 is no date"),
    ("tiingo", SHARE, tiingo("2025-01-02T16:00:00.000Z"), "type", "is no whole day"),
    ("tiingo", SHARE, tiingo(close=None), "null", "a bar has a close"),
    ("polygon", SHARE, polygon(1_735_794_000), "epoch", "time: 1735794000 is no time in ms since 1970"),
    ("polygon", SHARE, polygon(h="high"), "type", "high_usd: 'high' is no number"),
    ("alpha_vantage", SHARE, vantage(**{"4. close": "None"}), "type", "close_usd: 'None' is no number"),
    ("alpha_vantage", SHARE, vantage("2025-01-02 14:56:00"), "type", "is no whole day"),
    ("coinbase", COIN, coinbase([JAN_1, 1, 2, 1, None, 9]), "null", "close_usd: a bar has a close"),
    ("coinbase", COIN, coinbase([JAN_1, 1, 10**400, 1, 1, 9]), "type", "is no number"),
    ("coinbase", COIN, coinbase({"time": JAN_1}), "type", "time: None is no count of s since 1970"),
    ("kraken", COIN, kraken([JAN_1, "1", "2", "1", "1,5", "1", "9", 1]), "type", "close_usd: '1,5' is no number"),
    ("kraken", COIN, kraken([JAN_1, "1", "2", "-inf", "1", "1", "9", 1]), "not_finite", "low_usd"),
    ("coin_metrics", BTC, metrics(asset="eth"), "other_subject", "asset"),
    ("coin_metrics", BTC, metrics(time="2025-01-02T12:00:00.000000000Z"), "type", "utc_date"),
    ("coin_metrics", BTC, metrics(BlkCnt="144.5"), "type", "blocks"),
    ("coin_metrics", BTC, metrics(HashRate="1e999"), "not_finite", "hashrate_eh_s"),
    ("mempool", BTC, hashrate(timestamp=JAN_1 * 1000), "epoch", "utc_date"),
    ("mempool", BTC, hashrate(timestamp=JAN_1 + 3600), "type", "is not the end of a UTC day"),
    ("mempool", BTC, hashrate(avgHashrate=0), "not_positive", "hashrate_eh_s"),
    ("fred", YIELD, b"DATE,DGS10\n2025-01-02,#N/A\n2025-01-03,4\n", "type", "value"),
    ("fred_api", MONEY, observed(value=None), "null", "value"),
    ("fred_api", MONEY, observed(realtime_start="soon"), "type", "realtime_date"),
    ("fred_api", MONEY, observed(realtime_start="2025-02-02"), "future", "realtime_date"),
    ("cboe", VIX, cboe("01/02/2025,1,1,1,"), "type", "value"),
    ("cboe", VIX, cboe("2025-01-02,1,1,1,1"), "type", "observation_date"),
    ("federal_reserve", FUNDS, download("2025-01-02,n.a."), "type", "value"),
    ("federal_reserve", FUNDS, download("02/01/2025,4"), "type", "observation_date"),
    ("ecb", RATE, rate("USD,2025-01-02,x"), "type", "value"),
    ("ecb", RATE, rate("USD,2025-Q1,1"), "type", "observation_date"),
    ("treasury", TEN, curve(">4.6<", ">N/A<"), "type", "value"),
    ("treasury", TEN, curve("T00:00:00<", "T12:00:00<"), "type", "observation_date"),
    ("treasury", TEN, curve("d:NEW_DATE", "d:OLD_DATE"), "type", "observation_date"),
]


@pytest.mark.parametrize(("name", "target", "content", "rule", "reason"), BAD_ROWS, ids=lambda v: str(v)[:40])
def test_a_row_that_cannot_be_read_is_rejected_alone(
    name: str, target: Any, content: bytes, rule: str, reason: str
) -> None:
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
