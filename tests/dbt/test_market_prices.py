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

pytestmark = pytest.mark.shared

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

    def findings(self, finding: str) -> set[tuple[str, str]]:
        """Subject and period of a finding, in int_quality__market."""
        sql = "SELECT check_subject, period FROM int_quality__market WHERE finding = ?"
        found = self.rows(sql, [finding])
        assert len(found) == len(set(found))
        return set(found)


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


def test_the_dividend_of_three_dollars_is_no_loss(warehouse: Built) -> None:
    """15 November 2004: Microsoft falls by 2.58 from 29.97 and pays 3.08 a share."""
    (row,) = warehouse.rows(
        "SELECT return_1d_pct, return_1d_total_pct FROM mart_market_performance"
        " WHERE instrument = 'MSFT' AND session_date = DATE '2004-11-15'"
    )
    assert row == (pytest.approx(-8.61, abs=0.01), pytest.approx(1.86, abs=0.01))


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
    # Told for two days by two providers, it counts once, on the preferred one's.
    assert warehouse.rows("SELECT ex_date, provider FROM fct_market_action WHERE action = 'split'") == [
        (SPLIT_DAY, "yahoo")
    ]


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


def test_jumps_are_found_and_named(warehouse: Built) -> None:
    assert warehouse.findings("split_without_action") == {("IREN yahoo", str(HALVED_DAY))}
    assert warehouse.findings("tenfold_error") == {
        ("MARA yahoo", str(TENFOLD_DAY)),
        ("CIFR yahoo", str(TENFOLD_ALONE_DAY)),
    }
    assert warehouse.findings("providers_disagree") == {("MARA tiingo", str(TENFOLD_DAY))}
    assert warehouse.findings("vendor_correction") == {("SPY yahoo", str(CORRECTED_DAY))}
    (differing,) = warehouse.rows(
        "SELECT session_date, provider, providers_count, disagreement_reason FROM fct_market_price_daily"
        " WHERE agreement = 'differs'"
    )
    assert differing == (TENFOLD_DAY, "yahoo", 2, "tiingo 89.99 % below yahoo (tenfold)")


def test_a_bar_ruled_out_by_hand_is_used_nowhere(warehouse: Built) -> None:
    closes = closes_of(warehouse.prices / "MARA.csv")
    (row,) = warehouse.rows(
        "SELECT provider, providers_count, close_usd FROM fct_market_price_daily"
        " WHERE instrument = 'MARA' AND session_date = ?",
        [RULED_OUT_DAY],
    )
    assert row == ("tiingo", 1, closes[RULED_OUT_DAY] * 1.001)


def test_holes_are_gaps_of_their_kind(warehouse: Built) -> None:
    gaps = warehouse.rows(
        "SELECT instrument, session_date, gap, provider, times_asked FROM mart_market_gap"
        " WHERE gap <> 'not_fetched' ORDER BY ALL"
    )
    assert gaps == [
        ("BTC-USD", SPRING, "missing_at_provider", "kraken", 1),
        ("BTC-USD", AUTUMN, "missing_at_provider", "kraken", 1),
        ("MARA", HOLE, "not_available", None, 2),
        ("MARA", HOLE_AT_ONE, "missing_at_provider", "tiingo", 1),
    ]
    assert warehouse.findings("session_not_available") == {("MARA", str(HOLE))}
    assert warehouse.findings("session_missing_at_provider") == {
        ("MARA tiingo", str(HOLE_AT_ONE)),
        ("BTC-USD kraken", str(SPRING)),
        ("BTC-USD kraken", str(AUTUMN)),
    }
    # Four sessions, the half day among them and Independence Day not; the coin nobody asked about is not due.
    unfetched = warehouse.rows(
        "SELECT instrument, list(session_date ORDER BY session_date), max(times_asked) FROM mart_market_gap"
        " WHERE gap = 'not_fetched' AND instrument IN ('WULF', 'HUT', 'ETH-USD') GROUP BY ALL ORDER BY 1"
    )
    week = [date(2024, 7, 1), date(2024, 7, 2), HOLE, HOLE_AT_ONE]
    assert unfetched == [("HUT", week, 0), ("WULF", week, 1)]
    assert ("WULF", "2024-07-01 to 2024-07-05") in warehouse.findings("not_fetched")


def test_no_hole_is_filled(warehouse: Built) -> None:
    found = warehouse.rows(
        "SELECT session_date, return_1d_pct, null_reasons FROM mart_market_performance WHERE instrument = 'MARA'"
        " AND session_date IN (?, ?) ORDER BY 1",
        [HOLE, HOLE_AT_ONE],
    )
    assert [row[:2] for row in found] == [(HOLE_AT_ONE, None)]
    assert f"1 day: no bar on {HOLE}" in found[0][2]


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
