"""dbt's tests across rows can fail: each finds nothing in a small good world, and something once the world is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from tests.dbt.conftest import RunDbt
from tests.gates.marts_world import marts_world
from tests.gates.test_mutations import changed

# By test: statements, each of which breaks what it holds.
BROKEN: Mapping[str, tuple[str, ...]] = {
    "assert_dimensions_lose_no_key": (
        "DELETE FROM dim_issuer WHERE issuer = 'CORZ'",
        "DELETE FROM dim_issuer_name WHERE issuer = 'MSFT'",
        "DELETE FROM dim_ticker WHERE issuer = 'MSFT'",
        "DELETE FROM dim_disclosure_regime WHERE cadence = 'quarterly'",
        "DELETE FROM dim_instrument WHERE instrument = 'VIX'",
        "DELETE FROM dim_date WHERE date_day = DATE '2025-07-18'",
        "DELETE FROM dim_provider WHERE provider = 'fred_api'",
        "DELETE FROM dim_series WHERE series = 'M2'",
        "DELETE FROM fct_macro_observation WHERE series = 'SP500' AND observation_date = DATE '2025-07-11'",
    ),
    "assert_intervals_stand_apart": tuple(
        f"INSERT INTO {table} SELECT * REPLACE (valid_from_date + 30 AS valid_from_date) FROM {table} WHERE {row}"
        for table, row in (
            ("dim_issuer_name", "issuer = 'MSFT'"),
            ("dim_ticker", "issuer = 'MSFT'"),
            ("dim_disclosure_regime", "cadence = 'quarterly'"),
        )
    ),
    "dim_date_holds_every_day": (
        "DELETE FROM dim_date WHERE date_day = DATE '2025-07-05'",
        "UPDATE dim_date SET previous_session_date = previous_session_date - 1 WHERE date_day = DATE '2025-07-18'",
        "UPDATE dim_date SET calendar_quarter = '2025Q2' WHERE date_day = DATE '2025-07-18'",
        "UPDATE dim_date SET month_start_date = month_start_date + 1 WHERE date_day = DATE '2025-07-18'",
    ),
    "fct_capex_guidance_numbers_its_revisions": (
        "UPDATE fct_capex_guidance SET is_latest = true",
        "UPDATE fct_capex_guidance SET is_latest = NOT is_latest",
        "UPDATE fct_capex_guidance SET revision_number = 3 WHERE revision_number = 2",
        "UPDATE fct_capex_guidance SET revision_number = revision_number - 1",
    ),
    "fct_financial_quarter_holds_every_ledger_quarter": (
        "DELETE FROM fct_financial_quarter WHERE calendar_quarter = '2025Q2'",
        "UPDATE fct_financial_quarter SET ledger_period_end_date = NULL WHERE calendar_quarter = '2025Q2'",
        "UPDATE fct_financial_quarter SET ledger_value_usd_m = ledger_value_usd_m + 1",
        "INSERT INTO intermediate.int_financial__quarter VALUES ('MSFT', 'revenue', '2025Q2')",
    ),
    "fct_financial_quarter_is_of_its_middle_day": (
        "UPDATE fct_financial_quarter SET calendar_quarter = '2025Q3' WHERE calendar_quarter = '2025Q2'",
    ),
    "fct_financial_xbrl_numbers_its_filings": (
        "UPDATE fct_financial_xbrl SET is_latest = false WHERE period_end_date = DATE '2025-06-30'",
        "UPDATE fct_financial_xbrl SET filing_number = 2 WHERE period_end_date = DATE '2025-06-30'",
        "UPDATE fct_financial_xbrl SET known_at_utc = TIMESTAMP '2025-07-31' WHERE filing_number = 1",
    ),
    "fct_macro_observation_is_a_providers_value": (
        "UPDATE fct_macro_observation SET value = value + 1 WHERE series = 'SP500'",
        "UPDATE fct_macro_observation SET provider = 'treasury' WHERE series = 'SP500'",
    ),
    "fct_market_action_tells_each_once": (
        "DELETE FROM fct_market_action WHERE instrument = 'MARA'",
        "INSERT INTO fct_market_action SELECT * REPLACE (ex_date + 5 AS ex_date, 'stooq' AS provider)"
        " FROM fct_market_action WHERE instrument = 'MARA'",
    ),
    "fct_miner_operating_one_unit_per_metric": (
        "UPDATE fct_miner_operating SET unit = 'EH/s' WHERE metric = 'btc_held' AND period_start_date = DATE '2025-06-01'",
    ),
    "fct_network_daily_subsidy_never_rises": (
        "UPDATE fct_network_daily SET block_subsidy_btc = 6.25 WHERE utc_date = DATE '2025-07-11'",
    ),
    "mart_bond_issuance_deals_hold_their_tranches": (
        "UPDATE mart_bond_issuance SET deal_weighted_coupon_pct = 5 WHERE deal_id = 'MSFT-1'",
        "UPDATE mart_bond_issuance SET deal_weighted_coupon_pct = 4 WHERE deal_id = 'MSFT-1'",
        "UPDATE mart_bond_issuance SET deal_principal_m = 2600 WHERE tranche_id = 'MSFT-1-2030'",
        "DELETE FROM mart_bond_issuance WHERE tranche_id = 'MSFT-1-2030'",
    ),
    "mart_contracted_ai_book_sums_by_issuer": (
        "UPDATE mart_contracted_ai_book SET value_usd_m = 901 WHERE issuer = 'MARA'",
        "UPDATE mart_contracted_ai_book SET value_attributable_usd_m = 541 WHERE issuer = 'MARA'",
        "DELETE FROM mart_contracted_ai_book WHERE issuer = 'MARA'",
    ),
    "mart_market_gap_tells_every_hole": (
        "UPDATE mart_market_gap SET gap = 'not_available', provider = NULL, missing_at = 'all'",
        "UPDATE mart_market_gap SET session_date = DATE '2025-07-05'",
        "DELETE FROM fct_market_price_daily WHERE instrument = 'MARA' AND session_date = DATE '2025-07-03'",
        "DELETE FROM fct_market_price_daily WHERE instrument = 'BTC-USD' AND session_date = DATE '2025-07-05'",
    ),
    "mart_market_performance_day_returns_recomputed": (
        "UPDATE mart_market_performance SET return_1d_pct = return_1d_pct - 0.01",
        "UPDATE mart_market_performance SET return_1d_total_pct = return_1d_total_pct + 1",
    ),
    "mart_provider_health_sums_to_questions": (
        "UPDATE mart_provider_health SET requests = requests + 1 WHERE provider = 'treasury'",
        "UPDATE mart_provider_health SET questions = questions + 1 WHERE provider = 'treasury'",
        "DELETE FROM mart_provider_health WHERE provider = 'treasury'",
    ),
    "mart_restatement_tells_every_change": (
        "UPDATE fct_financial_xbrl SET change_kind = 'restated'",
        "DELETE FROM mart_restatement",
    ),
}


@pytest.fixture(scope="module")
def compiled(run_dbt: RunDbt, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tests' SQL by name, relations without the name of a database."""
    home = tmp_path_factory.mktemp("model_tests")
    done = run_dbt(home / "hashwatt.duckdb", lake, "compile", "--select", *BROKEN, target=home / "target")
    assert done.returncode == 0, done.stdout[-4000:]
    files = (home / "target" / "compiled" / "hashwatt" / "tests").glob("*.sql")
    return {path.stem: re.sub(r'"hashwatt"\.', "", path.read_text(encoding="utf-8")) for path in files}


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with marts_world() as connection:
        connection.execute("CREATE SCHEMA staging; CREATE SCHEMA intermediate")
        connection.execute(
            "CREATE VIEW staging.stg_ledger__capex_quarter AS SELECT *, value AS value_usd_m FROM raw.raw_ledger__capex_quarter"
        )
        connection.execute(
            "CREATE TABLE intermediate.int_financial__quarter (issuer VARCHAR, metric VARCHAR, calendar_quarter VARCHAR)"
        )
        yield connection


@pytest.mark.parametrize("name", BROKEN)
def test_a_test_of_a_model_can_fail(name: str, compiled: Mapping[str, str], world: duckdb.DuckDBPyConnection) -> None:
    assert world.execute(compiled[name]).fetchall() == []
    for statement in BROKEN[name]:
        with changed(world, statement):
            assert world.execute(compiled[name]).fetchall() != [], statement
