"""What the providers answered in 2026, as recorded by others, read by the product: each sample gives the rows that are right."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.providers.coin_metrics import METRICS, CoinMetrics
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Target, Window
from ingestion.providers.treasury import Treasury
from tests.feeds.asking import read_page

pytestmark = pytest.mark.shared

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


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "data" / "api_samples" / "2026"


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
