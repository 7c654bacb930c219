"""Real bars through the real models: dividends and splits carried to total return, holes, jumps and differences named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contracts import TABLES
from quality.judge import judge
from quality.rules import Context
from quality.suites import MART_SUITES, RAW_SUITES
from tests.dbt.conftest import NOW
from tests.dbt.market_home import Market, closes_of, dividends_of
from tests.dbt.models import END_OF_TIME, Models
from tests.tables import tables

pytestmark = pytest.mark.shared

ASKED = tables(__file__)["asked"]
FIRST, LAST = date(2003, 2, 19), date(2026, 5, 29)
MODELS = ("mart_market_performance", "int_quality__market", "mart_market_gap", "mart_correlation")

SPLIT_DAY, SPLIT_RATIO = date(2024, 1, 16), 5
HALVED_DAY = date(2025, 3, 3)
TENFOLD_DAY, RULED_OUT_DAY, TENFOLD_ALONE_DAY = date(2024, 6, 5), date(2024, 6, 11), date(2024, 8, 6)
HOLE, HOLE_AT_ONE = date(2024, 7, 3), date(2024, 7, 5)  # The first is a half day.
CORRECTED_DAY = date(2024, 5, 6)
SPRING, AUTUMN = date(2024, 3, 10), date(2024, 11, 3)  # Clocks change in New York; nothing changes in UTC.


@dataclass(frozen=True)
class Built:
    """The warehouse built on everything known, and the prices it was given."""

    connection: duckdb.DuckDBPyConnection
    lake: Path
    prices: Path

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, list(values)).fetchall()


@pytest.mark.parametrize("question", ASKED)
def test_what_the_models_answer(question: str, warehouse: Built) -> None:
    assert [list(row) for row in warehouse.rows(ASKED[question]["sql"])] == ASKED[question]["rows"]


def planted(prices: Path) -> Market:
    """MSFT and RIOT as they were; APLD as before a split; IREN halved untold; MARA, CIFR and SPY with errors and holes."""
    market = Market(FIRST, LAST)
    for name in ("MSFT", "RIOT"):
        market.bars(name, "yahoo", closes_of(prices / f"{name}.csv", FIRST))
        for ex_date, amount in dividends_of(prices / f"{name}_dividends.csv", FIRST + timedelta(days=1)):
            market.action(name, "yahoo", ex_date, "dividend", amount)
    recent = date(2023, 12, 29)
    closes = {name: closes_of(prices / f"{name}.csv", recent) for name in ("APLD", "IREN", "MARA", "CIFR", "SPY")}
    market.action("APLD", "yahoo", SPLIT_DAY, "split", SPLIT_RATIO)
    market.action("APLD", "tiingo", SPLIT_DAY + timedelta(days=1), "split", SPLIT_RATIO)
    market.bars(
        "APLD", "yahoo", {day: close * (SPLIT_RATIO if day < SPLIT_DAY else 1) for day, close in closes["APLD"].items()}
    )
    market.bars(
        "IREN", "yahoo", {day: close / (2 if day >= HALVED_DAY else 1) for day, close in closes["IREN"].items()}
    )
    wrong = {TENFOLD_DAY: 10.0, RULED_OUT_DAY: 10.0, HOLE: 0.0}
    yahoo = {day: close * wrong.get(day, 1) for day, close in closes["MARA"].items()}
    tiingo = {day: close * 1.001 for day, close in closes["MARA"].items() if day not in (HOLE, HOLE_AT_ONE)}
    market.bars("MARA", "yahoo", {day: close for day, close in yahoo.items() if close})
    market.bars("MARA", "tiingo", tiingo)
    market.excluded("MARA", "yahoo", RULED_OUT_DAY)
    market.bars(
        "CIFR",
        "yahoo",
        {day: close * (0.1 if day == TENFOLD_ALONE_DAY else 1) for day, close in closes["CIFR"].items()},
    )
    market.bars("SPY", "yahoo", closes["SPY"])
    market.corrected("SPY", "yahoo", CORRECTED_DAY, closes["SPY"][CORRECTED_DAY] + 1)
    coins = prices / "quirks" / "btc_yfinance_multiindex_header.csv"
    for first, last in ((date(2024, 3, 1), date(2024, 3, 31)), (date(2024, 10, 25), date(2024, 11, 15))):
        bitcoin = closes_of(coins, first, last)
        market.bars("BTC-USD", "coinbase", bitcoin, "UTC")
        market.bars("BTC-USD", "kraken", {day: c for day, c in bitcoin.items() if day not in (SPRING, AUTUMN)}, "UTC")
    market.unanswered("WULF", "yahoo", date(2024, 7, 1), date(2024, 7, 5))
    return market


@pytest.fixture(scope="module")
def warehouse(shared: Path, models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    prices = shared / "data" / "prices"
    lake = planted(prices).lake(tmp_path_factory.mktemp("market"))
    with duckdb.connect(":memory:") as connection:
        models.build(connection, lake, END_OF_TIME, *MODELS)
        connection.execute("CREATE SCHEMA raw")
        for name in TABLES:
            connection.execute(f"CREATE VIEW raw.{name} AS FROM main.{name}")
        yield Built(connection, lake, prices)


def reinvested(closes: dict[date, float], paid: dict[date, float]) -> dict[date, Fraction]:
    """Shares held by who puts each dividend back, by day: on the ex-date it buys at the eve's close less the dividend.
    Exact arithmetic, day by day, forwards; the models multiply backwards."""
    held, shares = {}, Fraction(1)
    eve: Fraction | None = None
    for day in sorted(closes):
        if day in paid:
            shares += shares * Fraction(paid[day]) / (eve - Fraction(paid[day]))
        held[day] = shares
        eve = Fraction(closes[day])
    return held


@pytest.mark.parametrize("name", ["MSFT", "RIOT"])
def test_dividends_are_carried_through_to_total_return(name: str, warehouse: Built) -> None:
    closes = closes_of(warehouse.prices / f"{name}.csv", FIRST)
    paid = dict(dividends_of(warehouse.prices / f"{name}_dividends.csv", FIRST + timedelta(days=1)))
    held = reinvested(closes, paid)
    assert len(paid) == {"MSFT": 89, "RIOT": 1}[name]
    rows = warehouse.rows(
        "SELECT p.session_date, p.close_usd, p.close_split_adjusted_usd, p.close_total_return_usd, m.previous_session_date,"
        " m.return_1d_total_pct, m.return_ytd_base_date, m.return_ytd_pct, m.return_ytd_total_pct"
        " FROM fct_market_price_daily AS p JOIN mart_market_performance AS m USING (instrument, session_date)"
        " WHERE instrument = ? ORDER BY 1",
        [name],
    )
    assert [row[0] for row in rows] == sorted(closes)
    last = max(closes)

    def total(start: date, end: date) -> float:
        growth = held[end] * Fraction(closes[end]) / (held[start] * Fraction(closes[start]))
        return float(100 * (growth - 1))

    compared = 0
    for day, close, split_adjusted, total_return, before, day_total, base, year, year_total in rows:
        assert close == split_adjusted == closes[day]
        assert total_return == pytest.approx(float(Fraction(closes[day]) * held[day] / held[last]), rel=1e-12)
        if day_total is not None:
            assert day_total == pytest.approx(total(before, day), rel=1e-9, abs=1e-9)
        if year_total is not None:
            assert year_total == pytest.approx(total(base, day), rel=1e-9, abs=1e-9)
            assert (year_total > year + 0.001) == any(base < ex_date <= day for ex_date in paid)
            compared += 1
    assert compared > 2000


def test_a_split_leaves_no_mark_in_returns(warehouse: Built) -> None:
    closes = closes_of(warehouse.prices / "APLD.csv", date(2023, 12, 29))
    rows = warehouse.rows(
        "SELECT session_date, close_usd, close_split_adjusted_usd, return_1d_pct FROM mart_market_performance"
        " WHERE instrument = 'APLD' ORDER BY 1"
    )
    days = sorted(closes)
    assert [row[0] for row in rows] == days
    for (day, close, adjusted, change), before in zip(rows[1:], days, strict=False):
        assert close == closes[day] * (SPLIT_RATIO if day < SPLIT_DAY else 1)
        assert adjusted == pytest.approx(closes[day], rel=1e-12)
        assert change == pytest.approx(100 * (closes[day] / closes[before] - 1), rel=1e-9, abs=1e-9)


def test_before_the_split_nothing_was_adjusted(warehouse: Built, models: Models) -> None:
    eve = date(2024, 1, 12)
    with duckdb.connect(":memory:") as connection:
        models.build(connection, warehouse.lake, datetime(2024, 1, 12, 23), "int_bar__adjusted")
        rows = connection.execute(
            "SELECT session_date, close_usd, close_split_adjusted_usd, adjustment_known_at_utc"
            " FROM int_bar__adjusted WHERE instrument = 'APLD' ORDER BY 1"
        ).fetchall()
    assert len(rows) == 10
    assert rows[-1][0] == eve
    assert all(close == adjusted and known is None for _, close, adjusted, known in rows)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_weeks_of_a_changed_clock_have_every_day_of_the_coin(day: date, warehouse: Built) -> None:
    """Midnight UTC stays midnight UTC, seven days long, while New York's closes move by an hour."""
    week = [day + timedelta(days=n) for n in range(-3, 5)]
    rows = warehouse.rows(
        "SELECT session_date, known_at_utc, previous_session_date, return_1d_pct FROM mart_market_performance"
        " WHERE instrument = 'BTC-USD' AND session_date BETWEEN ? AND ? ORDER BY 1",
        [week[0], week[-1]],
    )
    closes = closes_of(warehouse.prices / "quirks" / "btc_yfinance_multiindex_header.csv")
    assert [row[0] for row in rows] == week
    for session, known, before, change in rows:
        assert str(known) == f"{session + timedelta(days=1)} 00:00:00"
        assert before == session - timedelta(days=1)
        assert change == pytest.approx(100 * (closes[session] / closes[before] - 1), rel=1e-9)
    shares = warehouse.rows(
        "SELECT session_date, hour(known_at_utc) FROM fct_market_price_daily WHERE instrument = 'SPY'"
        " AND session_date BETWEEN ? AND ? ORDER BY 1",
        [day - timedelta(days=2), day + timedelta(days=1)],
    )
    winter_first = day == SPRING
    assert [hour for _, hour in shares] == ([21, 20] if winter_first else [20, 21])


def test_the_gates_name_what_was_planted(warehouse: Built) -> None:
    context = Context(NOW, edition="live")
    raw = judge(warehouse.connection, RAW_SUITES["raw_market__bar"], context)
    named = {
        outcome.rule: {(row["instrument"], row["provider"], row["session_date"]) for row in outcome.sample}
        for outcome in raw.failures
    }
    assert raw.passed, raw.message()
    assert named["tenfold_error"] == {("MARA", "yahoo", TENFOLD_DAY), ("CIFR", "yahoo", TENFOLD_ALONE_DAY)}
    assert named["split_without_action"] == {("IREN", "yahoo", HALVED_DAY)}
    assert named["session_missing_at_provider"] >= {("MARA", "yahoo", HOLE), ("BTC-USD", "kraken", SPRING)}
    assert "session_missing" not in named
    facts = judge(warehouse.connection, MART_SUITES["fct_market_price_daily"], context)
    critical = {outcome.rule: outcome for outcome in facts.failures if outcome.severity == "critical"}
    assert set(critical) == {"providers_agree_closely_enough", "no_tenfold_session"}
    assert "bar_exclusion.csv" in critical["providers_agree_closely_enough"].remedy
    gaps = judge(warehouse.connection, MART_SUITES["mart_market_gap"], context)
    assert gaps.passed, gaps.message()
    assert {outcome.rule for outcome in gaps.failures} == {"nothing_missing"}
    for table in ("fct_market_action", "mart_market_performance"):
        assert judge(warehouse.connection, MART_SUITES[table], context).failures == ()
