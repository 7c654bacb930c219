"""Figures of the published tables against what is known by hand."""

from __future__ import annotations

import math
from collections.abc import Iterator

import duckdb
import pyarrow.parquet as pq
import pytest

from ingestion.contracts import TABLES
from tests.e2e.conftest import Home

pytestmark = pytest.mark.e2e


@pytest.fixture
def warehouse(first_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(first_home.summary.path / "hashwatt.duckdb"), read_only=True) as connection:
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_a_running_total_is_not_added_to_its_parts(warehouse: duckdb.DuckDBPyConnection) -> None:
    book = "select sum(value_usd_m) from fct_ai_deal where is_in_book and issuer = "
    assert _one(warehouse, book + "'CORZ'") == 10200 + 14000
    assert _one(warehouse, book + "'APLD'") == 11000 + 5000 + 7500 + 7500 + 5200


def test_a_joint_venture_counts_with_the_share(warehouse: duckdb.DuckDBPyConnection) -> None:
    value = _one(
        warehouse,
        "select value_attributable_usd_m from fct_ai_deal where issuer = 'WULF' and announced_date = date '2025-10-28'",
    )
    assert isinstance(value, float)
    assert math.isclose(value, 9500 * 0.501)


def test_a_correction_stands_from_the_day_it_could_be_known(warehouse: duckdb.DuckDBPyConnection) -> None:
    """What was withheld or wrong when announced is one row, with the moment of the vintage that stands."""
    rows = warehouse.execute(
        "select counterparty, value_usd_m, critical_it_mw, gross_mw, cast(known_at_utc as date)::varchar from fct_ai_deal"
        " where deal_id in ('CIFR-2025-11-03-AWS', 'CIFR-2026-unnamed-hyperscaler') order by deal_id"
    ).fetchall()
    assert rows == [
        ("Amazon Web Services", 5500, 216, 300, "2026-03-02"),
        ("Amazon Web Services", 2000, 70, 100, "2026-06-08"),
    ]


def test_hashprice_by_hand(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute(
        "select blocks, fees_btc, difficulty, btc_close_usd, hashprice_usd_ph_day, hashrate_eh_s"
        " from fct_network_daily where utc_date = date '2025-12-31'"
    ).fetchone()
    assert row is not None
    blocks, fees_btc, difficulty, close_usd, hashprice, hashrate_eh_s = row
    hashrate_h_s = difficulty * 2**32 / 600
    assert math.isclose(hashrate_eh_s, hashrate_h_s / 1e18)
    assert math.isclose(hashprice, (3.125 + fees_btc / blocks) * 144 * close_usd / (hashrate_h_s / 1e15))
    assert math.isclose(hashprice, 37.38, abs_tol=0.01)


def test_hashprice_is_that_of_public_indices(warehouse: duckdb.DuckDBPyConnection) -> None:
    """56.05 in the third quarter of 2025 and 35.34 USD/PH/day on 21 November, both within 1 %."""
    days = "select avg(hashprice_usd_ph_day) from fct_network_daily where utc_date between "
    quarter = _one(warehouse, days + "date '2025-07-01' and date '2025-09-30'")
    assert quarter == pytest.approx(56.05, rel=0.01)
    assert _one(warehouse, days + "date '2025-11-21' and date '2025-11-21'") == pytest.approx(35.34, rel=0.01)


def test_hashprice_is_known_over_both_halvings(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Every day from the first close of bitcoin on; a halving takes nearly half of what a block pays."""
    gaps = "select count(*) from fct_network_daily where utc_date >= date '2019-12-01' and hashprice_usd_ph_day is null"
    assert _one(warehouse, gaps) == 0
    paid = dict(
        warehouse.execute(
            "select utc_date, hashprice_usd_ph_day / btc_close_usd * difficulty from fct_network_daily"
            " where utc_date in ('2020-05-10', '2020-05-12', '2024-04-18', '2024-04-24')"
        ).fetchall()
    )
    before_2020, after_2020, before_2024, after_2024 = (paid[day] for day in sorted(paid))
    assert 0.5 <= after_2020 / before_2020 < 0.65
    assert 0.5 <= after_2024 / before_2024 < 0.75


def test_every_year_has_a_year_to_date_and_a_correlation_of_252_sessions(warehouse: duckdb.DuckDBPyConnection) -> None:
    years = (
        "select count(distinct year(session_date)) from mart_market_performance"
        " where instrument = 'SPY' and return_ytd_pct is not null"
    )
    assert _one(warehouse, years) == 7
    rolling = (
        "select count(distinct year(session_date)) from mart_correlation"
        " where instrument_a = 'BTC-USD' and instrument_b = 'SPY' and window_sessions = 252"
    )
    assert _one(warehouse, rolling) == 7, "from December 2020 on"


def test_fiscal_quarters_line_up(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select issuer, value_usd_m from fct_financial_quarter"
        " where metric = 'capex_cash' and calendar_quarter = '2025Q3' order by issuer"
    ).fetchall()
    known = {"AMZN": 35095, "GOOGL": 23953, "META": 18829, "MSFT": 19394, "NVDA": 1636, "ORCL": 8502, "AAPL": 3242}
    assert dict(rows) == known | {"BTBT": pytest.approx(16.873301), "MSTR": 2.797}


def test_where_a_filing_and_the_ledger_have_a_quarter_the_filing_gives_it(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select issuer, count(*), bool_or(method = 'ledger'), max(abs(value_usd_m - ledger_value_usd_m))"
        " from fct_financial_quarter where metric = 'capex_cash' and ledger_value_usd_m is not null"
        " and issuer in ('GOOGL', 'META', 'MSFT', 'NVDA') and calendar_quarter <= '2026Q1' group by issuer order by issuer"
    ).fetchall()
    assert rows == [("GOOGL", 8, False, 0), ("META", 8, False, 0), ("MSFT", 8, False, 0), ("NVDA", 9, False, 0)]


def test_quarters_of_filings_sum_to_the_years_that_filings_tell(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Capex of fiscal years as annual reports have it, in USD million, from facts that no quarter was made of alone."""
    sums = warehouse.execute(
        "select issuer, year(max(period_end_date)), sum(value_usd_m) from fct_financial_quarter"
        " where metric = 'capex_cash' and method <> 'ledger' and value is not null"
        " group by issuer, fiscal_year_start_date having count(*) = 4"
    ).fetchall()
    years = warehouse.execute(
        "select issuer, year(period_end_date), value / 1e6 from fct_financial_xbrl where is_latest and form = '10-K'"
        " and metrics like '%capex_cash%' and period_end_date - period_start_date > 350"
    ).fetchall()
    told = {(issuer, year): value for issuer, year, value in years}
    assert len(sums) >= 18 and {(issuer, year): told.get((issuer, year)) for issuer, year, _ in sums} == {
        (issuer, year): pytest.approx(value) for issuer, year, value in sums
    }
    summed = {(issuer, year): value for issuer, year, value in sums}
    by_hand = {("MSFT", 2025): 64551, ("GOOGL", 2025): 91447, ("META", 2024): 37256, ("AAPL", 2025): 12715}
    assert {key: summed[key] for key in by_hand} == by_hand


def test_tranches_count_in_dollars_at_the_rate_of_their_day(warehouse: duckdb.DuckDBPyConnection) -> None:
    """By the ECB on 2025-11-03 a euro was 1.1514 dollars; on 2026-05-15 a euro was 1.1628 dollars and 184.36 yen."""
    deal = "select sum(principal_usd_m) from fct_bond_tranche where issuer = 'GOOGL' and announced_date = date "
    assert _one(warehouse, deal + "'2025-11-03' and currency = 'EUR'") == pytest.approx(6500 * 1.1514)
    assert _one(warehouse, deal + "'2026-05-15'") == pytest.approx(576500 / 184.36 * 1.1628)
    unturned = "select count(*) from fct_bond_tranche where principal_usd_null_reason = 'no_fx_rate'"
    assert _one(warehouse, unturned) == 0


def test_freshness_speaks_of_every_raw_table(warehouse: duckdb.DuckDBPyConnection, first_home: Home) -> None:
    lake = first_home.settings.lake
    stated = warehouse.execute("select source_table, rows from meta_freshness order by 1").fetchall()
    held = {name: sum(pq.read_metadata(f).num_rows for f in (lake / name).glob("*/data.parquet")) for name in TABLES}
    assert dict(stated) == held
