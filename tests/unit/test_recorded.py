"""What providers answered, as recorded by others, read by the product: each sample gives the rows that are right."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import time
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.edgar.client import submissions_source
from ingestion.errors import SourceDrifted
from ingestion.fetch.archive import Archive
from ingestion.fetch.http_errors import Blocked, QuotaExceeded
from ingestion.providers import provider as providers
from ingestion.providers.coin_metrics import METRICS, CoinMetrics
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.mempool import Mempool
from ingestion.providers.polygon import Polygon
from ingestion.providers.rows import Target, Window
from ingestion.providers.tiingo import Tiingo
from tests.edgar.server import EdgarServer, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.cases import BTC
from tests.feeds.days import COIN, SHARE
from tests.feeds.server import FeedServer
from tests.feeds.world import LEDGER
from tests.tables import tables

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("only_this_machine")]

DATA: Any = tables(__file__)
LATER = datetime(2026, 11, 30)
# Those of 2026 that have tests of their own here. What Stooq says nobody reads any more.
READ = {"coin_metrics/btc_csv_excerpt.csv", "coinbase/hour_candle.json", "sec/rate_threshold_429.html"}
READ |= {"fred/ig_oas_of_fred_api_2026-08-20_excerpt.csv"}
SPENT = ("symbols_of_month_200.txt", "requests_of_hour_200.txt", "symbols_of_hour.json")


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "data" / "api_samples"


def test_each_sample_of_the_manifest_has_a_test(samples: Path) -> None:
    with (samples / "2026" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        listed = {line.split("\t")[0] for line in list(file)[1:] if line.strip()}
    read = READ | {f"tiingo/{name}" for name in SPENT}
    read |= {one["file"].removeprefix("2026/") for one in DATA if one["file"].startswith("2026/")}
    assert {name for name in listed if not name.startswith("stooq/")} == read and "stooq" not in providers.PLACES


@pytest.mark.parametrize("one", DATA, ids=lambda one: f"{one['file']} {one['target'][2]}")
def test_a_recorded_answer_is_read(one: Any, samples: Path) -> None:
    content = (samples / one["file"]).read_text(encoding="utf-8").replace(*one.get("replaced", ("", ""))).encode()
    first, last, at = one["asked"]
    provider, target = providers.provider(one["provider"]), Target(*one["target"])
    reading = read_page(provider, content, target, Window(first, last), at)
    found = [[pytest.approx(v) if isinstance(v, float) else v for v in row.values()] for row in reading.rows]
    assert found == one["rows"] and not reading.rejected


def test_the_first_difficulty_is_one_and_days_are_dated_by_when_they_were_final(samples: Path) -> None:
    """The columns of the published file, as the interface gives them."""
    with (samples / "2026/coin_metrics/btc_csv_excerpt.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows: list[Any] = [{"asset": "btc", **{name: line[name] or None for name in METRICS}} for line in lines]
    for row, line in zip(rows, lines, strict=True):
        row["time"] = f"{line['time']}T00:00:00.000000000Z"
    window = Window(date(2009, 1, 1), date(2026, 4, 5))
    reading = read_page(CoinMetrics(), json.dumps({"data": rows}).encode(), BTC, window, LATER)
    told: Any = {row["utc_date"]: row for row in reading.rows}
    assert told.pop(date(2009, 1, 9))["difficulty"] == pytest.approx(1.0, rel=1e-12)
    (spring,) = [one["rows"] for one in DATA if one["file"].endswith("without_DiffMean.json")]
    mean = {day: difficulty for day, _, _, difficulty, *_ in spring}
    assert {day: row["difficulty"] for day, row in told.items()} == pytest.approx(mean, rel=1e-13)
    finals = {day: row["final_at_utc"] for day, row in told.items()}
    assert finals[date(2026, 3, 28)] == datetime(2026, 3, 29, 3, 11, 49) and len(finals) == 8
    after = [final - datetime.combine(day, datetime.min.time()) for day, final in finals.items()]
    assert timedelta(days=1, hours=2) < min(after) < max(after) < timedelta(days=1, hours=11)


def test_what_is_something_else_is_refused(samples: Path) -> None:
    """Bars restated for splits, shares of pools in the place of hashrates, a candle of an hour."""
    window = Window(date(2005, 1, 1), date(2025, 12, 31))
    for own, file, target in (
        (Polygon(), "polygon/aggs_range_day.json", replace(SHARE, symbol="AAPL")),
        (Mempool(), "mempool/hashrate_pools_example.json", BTC),
    ):
        with pytest.raises(SourceDrifted):
            read_page(own, (samples / file).read_bytes(), target, window, LATER)
    reading = read_page(Coinbase(), (samples / "2026/coinbase/hour_candle.json").read_bytes(), COIN, window, LATER)
    (rejected,) = reading.rejected
    assert not reading.rows and "2024-03-13 11:00:00 UTC, not the midnight" in rejected.reason


@pytest.mark.parametrize(
    ("name", "closes"),
    [
        ("ticker_price_with_date", {"2015-01-02": 529.55, "2015-01-05": 519.46}),
        ("ticker_price", {"2018-04-12": 1037.29}),
    ],
)
def test_the_recorded_answers_of_tiingo_are_read(name: str, closes: dict[str, float], samples: Path) -> None:
    body = re.search(r"body: \{string: '(\[.*\])'\}", (samples / "tiingo" / f"{name}.yaml").read_text())
    window = Window(date(2015, 1, 1), date(2018, 12, 31))
    reading = read_page(Tiingo(), body[1].encode(), replace(SHARE, symbol="GOOGL"), window, LATER)
    assert {str(row["session_date"]): row["close_usd"] for row in reading.rows} == closes
    assert not reading.rejected and not reading.actions


@pytest.mark.parametrize("code", [200, 429])
@pytest.mark.parametrize("file", SPENT)
def test_a_spent_quota_of_tiingo_is_one_and_is_not_asked_again(
    file: str, code: int, samples: Path, server: FeedServer, tmp_path: Path
) -> None:
    body = (samples / "2026" / "tiingo" / file).read_bytes()
    kind = "application/json" if file.endswith("json") else "text/html"
    server.fail("tiingo", *[status(code, body=body, kind=kind)] * 3)
    with pytest.raises(QuotaExceeded, match="You have run over"):
        Asking(Tiingo(), server, tmp_path, key="k" * 12).read(SHARE, Window(date(2026, 3, 2), date(2026, 3, 6)))
    assert server.asked("tiingo") == 1


@pytest.mark.parametrize("code", [200, 403, 429])
def test_the_block_page_of_the_sec_closes_the_limit_under_any_status(
    code: int, samples: Path, edgar_server: EdgarServer, archive: Archive, tmp_path: Path
) -> None:
    page = (samples / "2026/sec/rate_threshold_429.html").read_bytes()
    edgar_server.fail("/submissions/CIK0001507605.json", *[status(code, body=page, kind="text/html")] * 3)
    client = edgar_server.client(archive, tmp_path / "limits")
    for _ in range(2):
        with pytest.raises(Blocked):
            client.ask(submissions_source("0001507605"))
    assert len(edgar_server.arrivals) == 1
    with sqlite3.connect(tmp_path / "limits" / "edgar.sqlite") as connection:
        ((until_ms,),) = connection.execute("select max(until_ms) from holds where reason is not null")
    assert 590 < until_ms / 1000 - time.monotonic() <= 600


def test_the_spread_of_investment_grade_bonds_reaches_back_three_years(samples: Path) -> None:
    """Asked of FRED's API for its whole history in the summer of 2026: what the ledger says of the series."""
    with (samples / "2026/fred/ig_oas_of_fred_api_2026-08-20_excerpt.csv").open(newline="") as file:
        assert min(row["date"] for row in csv.DictReader(file)) == "2023-07-24"
    with (LEDGER / "series.csv").open(encoding="utf-8", newline="") as file:
        (note,) = [row["note"] for row in csv.DictReader(file) if row["series"] == "IG_SPREAD"]
    assert "three years" in note
