"""What the providers answered in 2026, as recorded by others, read by the product: each sample gives the rows that are right."""

from __future__ import annotations

import csv
import json
import sqlite3
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.edgar.client import EdgarClient
from ingestion.fetch.archive import Archive
from ingestion.fetch.http_errors import Blocked, QuotaExceeded
from ingestion.fetch.storage import Storage
from ingestion.providers.coin_metrics import METRICS, CoinMetrics
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.macro.treasury import Treasury
from ingestion.providers.provider import PLACES, Provider
from ingestion.providers.rows import Target, Window, columns_missing
from ingestion.providers.tiingo import Tiingo
from ingestion.providers.yahoo import Yahoo
from tests.edgar.server import QUICK, EdgarServer, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.server import FeedServer
from tests.feeds.world import LEDGER

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("only_this_machine")]

LATER = datetime(2026, 11, 30)
BTC = Target("network", "BTC", "btc", "UTC")
SPRING = Window(date(2026, 3, 28), date(2026, 4, 5))
WINTER = Window(date(2026, 2, 17), date(2026, 2, 17))
BLOCKS = [174, 144, 136, 136, 162, 145, 132, 120]
FEES_BTC = [1.8453124, 1.70265072, 2.47985789, 2.48336661, 2.51236649, 2.53688992, 2.67810231, 1.98252297]
DIFFICULTY = {
    date(2026, 3, 29): 133793147307542.8,
    date(2026, 4, 2): 133793146717007.5,
    date(2026, 4, 3): 137163907879621.0,
    date(2026, 4, 4): 138966871515345.7,
}


READ = {
    "coin_metrics/btc_csv_excerpt.csv",
    "coin_metrics/asset_metrics_without_DiffMean.json",
    "coin_metrics/probe_2026-02-17.json",
    "yahoo/chart-BTC-USD-2020-01-01-to-2020-01-03.json",
    "tiingo/symbols_of_month_200.txt",
    "tiingo/requests_of_hour_200.txt",
    "tiingo/symbols_of_hour.json",
    "coinbase/hour_candle.json",
    "sec/rate_threshold_429.html",
    "fred/ig_oas_of_fred_api_2026-08-20_excerpt.csv",
    "treasury/xml_2023-10.xml",
}
"""By a test each. What Stooq says nobody reads any more."""


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "data" / "api_samples" / "2026"


def test_each_sample_of_the_manifest_has_a_test(samples: Path) -> None:
    with (samples / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        listed = {line.split("\t")[0] for line in list(file)[1:] if line.strip()}
    assert {name for name in listed if not name.startswith("stooq/")} == READ and "stooq" not in PLACES


def test_coin_metrics_without_the_mean_difficulty_still_tells_it(samples: Path) -> None:
    content = (samples / "coin_metrics/asset_metrics_without_DiffMean.json").read_bytes()
    reading = read_page(CoinMetrics(), content, BTC, SPRING, LATER)
    assert not reading.rejected
    assert [(row["blocks"], row["fees_btc"]) for row in reading.rows] == list(zip(BLOCKS, FEES_BTC, strict=True))
    told = {row["utc_date"]: row["difficulty"] for row in reading.rows}
    assert len(told) == 8 and all(told.values())
    assert {day: told[day] for day in DIFFICULTY} == pytest.approx(DIFFICULTY, rel=1e-13)
    assert reading.rows[1]["hashrate_eh_s"] == pytest.approx(957.7286535246779)


def test_the_first_difficulty_is_one_and_days_are_dated_by_when_they_were_final(samples: Path) -> None:
    """The columns of the published file, as the interface gives them."""
    with (samples / "coin_metrics/btc_csv_excerpt.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = [
        {
            "asset": "btc",
            "time": f"{line['time']}T00:00:00.000000000Z",
            **{name: line[name] or None for name in METRICS},
        }
        for line in lines
    ]
    content = json.dumps({"data": rows}).encode()
    reading = read_page(CoinMetrics(), content, BTC, Window(date(2009, 1, 1), SPRING.last), LATER)
    told = {row["utc_date"]: row for row in reading.rows}
    assert told[date(2009, 1, 9)]["difficulty"] == pytest.approx(1.0, rel=1e-12)
    assert {day: told[day]["difficulty"] for day in DIFFICULTY} == pytest.approx(DIFFICULTY, rel=1e-13)
    finals = {day: row["final_at_utc"] for day, row in told.items() if day != date(2009, 1, 9)}
    assert finals[date(2026, 3, 28)] == datetime(2026, 3, 29, 3, 11, 49) and len(finals) == 8
    after = [final - datetime.combine(day, datetime.min.time()) for day, final in finals.items()]  # type: ignore[arg-type,operator]
    assert timedelta(days=1, hours=2) < min(after) < max(after) < timedelta(days=1, hours=11)


def test_a_recorded_answer_with_one_metric_is_a_row_with_it(samples: Path) -> None:
    reading = read_page(
        CoinMetrics(), (samples / "coin_metrics/probe_2026-02-17.json").read_bytes(), BTC, WINTER, LATER
    )
    (row,) = reading.rows
    said = (row["blocks"], row["fees_btc"], row["difficulty"], row["hashrate_eh_s"])
    assert said == (165, None, None, None) and not reading.rejected


@pytest.mark.parametrize(("symbol", "values"), [("BC_10YEAR", [4.69, 4.81]), ("BC_3MONTH", [5.62, 5.62])])
def test_the_curve_of_the_treasury_is_read_as_before(symbol: str, values: list[float], samples: Path) -> None:
    own: Provider[Any] = Treasury()
    window = Window(date(2023, 10, 1), date(2023, 10, 31))
    target = Target("macro", "ANY", symbol, "UTC")
    rows = read_page(own, (samples / "treasury/xml_2023-10.xml").read_bytes(), target, window, LATER).rows
    assert [row["value"] for row in rows] == values
    assert [row["observation_date"] for row in rows] == [date(2023, 10, 2), date(2023, 10, 3)]


def test_the_volume_of_a_coin_at_yahoo_is_in_dollars_and_none(samples: Path) -> None:
    content = (samples / "yahoo/chart-BTC-USD-2020-01-01-to-2020-01-03.json").read_bytes()
    target, window = Target("market", "BTC-USD", "BTC-USD", "UTC"), Window(date(2020, 1, 1), date(2020, 1, 3))
    reading = read_page(Yahoo(), content, target, window, LATER)
    assert [row["close_usd"] for row in reading.rows] == [7200.17431640625, 6985.47021484375, 7344.88427734375]
    assert [row["volume"] for row in reading.rows] == [None, None, None] and not reading.rejected
    assert columns_missing([reading], Yahoo().gives(target)) == []


def test_a_candle_of_an_hour_is_no_day(samples: Path) -> None:
    target, window = Target("market", "BTC-USD", "BTC-USD", "UTC"), Window(date(2024, 3, 13), date(2024, 3, 13))
    reading = read_page(Coinbase(), (samples / "coinbase/hour_candle.json").read_bytes(), target, window, LATER)
    assert not reading.rows
    (rejected,) = reading.rejected
    assert "2024-03-13 11:00:00 UTC, not the midnight" in rejected.reason


@pytest.mark.parametrize("code", [200, 429])
@pytest.mark.parametrize("file", ["symbols_of_month_200.txt", "requests_of_hour_200.txt", "symbols_of_hour.json"])
def test_a_spent_quota_of_tiingo_is_one_and_is_not_asked_again(
    file: str, code: int, samples: Path, server: FeedServer, tmp_path: Path
) -> None:
    body = (samples / "tiingo" / file).read_bytes()
    kind = "application/json" if file.endswith("json") else "text/html"
    server.fail("tiingo", *[status(code, body=body, kind=kind)] * 3)
    target, window = Target("market", "ABC", "ABC", "XNYS"), Window(date(2026, 3, 2), date(2026, 3, 6))
    with pytest.raises(QuotaExceeded, match="You have run over"):
        Asking(Tiingo(), server, tmp_path, key="k" * 12).read(target, window)
    assert server.asked("tiingo") == 1


@pytest.mark.parametrize("code", [200, 403, 429])
def test_the_block_page_of_the_sec_closes_the_limit_under_any_status(code: int, samples: Path, tmp_path: Path) -> None:
    page = (samples / "sec/rate_threshold_429.html").read_bytes()
    with EdgarServer() as edgar:
        edgar.fail("/submissions/CIK0001507605.json", *[status(code, body=page, kind="text/html")] * 3)
        client = EdgarClient(
            Archive(Storage(tmp_path / "archive")),
            "someone@example.org",
            bounds=QUICK,
            limit_folder=tmp_path / "limits",
            base_url=edgar.url,
        )
        for _ in range(2):
            with pytest.raises(Blocked):
                client.submissions(1507605)
        assert len(edgar.arrivals) == 1
    assert 590 < closed_for(tmp_path / "limits" / "edgar.sqlite") <= 600


def closed_for(limit: Path) -> float:
    """Seconds for which nothing is asked any more."""
    with sqlite3.connect(limit) as connection:
        ((until_ms,),) = connection.execute("select max(until_ms) from holds where reason is not null")
    return float(until_ms) / 1000 - time.monotonic()


def test_the_spread_of_investment_grade_bonds_reaches_back_three_years(samples: Path) -> None:
    """Asked of FRED's API for its whole history in the summer of 2026: what the ledger says of the series."""
    with (samples / "fred/ig_oas_of_fred_api_2026-08-20_excerpt.csv").open(newline="") as file:
        days = [date.fromisoformat(row["date"]) for row in csv.DictReader(file)]
    assert min(days) == date(2023, 7, 24)
    with (LEDGER / "series.csv").open(encoding="utf-8", newline="") as file:
        (note,) = [row["note"] for row in csv.DictReader(file) if row["series"] == "IG_SPREAD"]
    assert "three years" in note
