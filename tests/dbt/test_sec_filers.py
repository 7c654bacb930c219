"""The models on real company facts of five filers, year after year: quarters make years, gaps have reasons, how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Once
from tests.dbt.models import Models
from tests.dbt.sec_home import BUILT, FILERS, filers

pytestmark = pytest.mark.shared

# Of the quarters expected, those with a number, in percent; of all years since XBRL began, comparatives included.
LEAST_COVERAGE = {
    "capex_cash": 83.0,
    "operating_cash_flow": 88.0,
    "revenue": 89.0,
    "cash": 92.0,
    "debt": 81.0,
    "shares": 95.0,
}


@pytest.fixture(scope="module")
def warehouse(once: Once, models: Models, shared: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(filers(once, models, shared) / BUILT), read_only=True) as connection:
        yield connection


def quarters(warehouse: duckdb.DuckDBPyConnection, issuer: str, metric: str, where: str = "true") -> dict[str, float]:
    rows = warehouse.execute(
        "SELECT calendar_quarter, value / 1e6 FROM fct_financial_quarter"
        f" WHERE issuer = ? AND metric = ? AND value IS NOT NULL AND {where} ORDER BY 1",
        [issuer, metric],
    ).fetchall()
    return dict(rows)


def test_four_quarters_are_the_year_of_every_filer(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Straight from the lake's facts: every fiscal year with its four year-to-date points has its four quarters, and they
    sum to what one of its filings says the year is."""
    rows = warehouse.execute(
        """
        SELECT q.issuer, q.metric, q.fiscal_year_start_date, count(q.value) AS quarters, sum(q.value) AS total,
            max(CASE WHEN q.fiscal_quarter = 4 THEN q.minuend_value END) AS year,
            max(CASE WHEN q.fiscal_quarter = 4 THEN f.value END) AS filed
        FROM int_cashflow__quarter AS q
        LEFT JOIN int_fact__filed AS f
            ON f.issuer = q.issuer AND f.taxonomy = q.taxonomy AND f.concept = q.concept AND f.unit = q.unit
            AND f.period_start_date = q.fiscal_year_start_date AND f.period_end_date = q.period_end_date
            AND f.period_type = 'duration' AND f.accession = q.minuend_accession
        GROUP BY q.issuer, q.metric, q.concept, q.unit, q.fiscal_year_start_date
        HAVING count(q.minuend_value) = 4
        """
    ).fetchall()
    assert [row for row in rows if not (row[3] == 4 and row[4] == row[5] == row[6])] == []
    assert len(rows) == 220
    years = {issuer: sum(1 for row in rows if row[0] == issuer) for issuer in FILERS}
    assert all(years[issuer] >= 10 for issuer in FILERS), years


def test_no_quarter_with_its_points_lacks_a_number(warehouse: duckdb.DuckDBPyConnection) -> None:
    lacking = warehouse.execute(
        "SELECT issuer, metric, fiscal_year_start_date, fiscal_quarter, null_reason FROM int_cashflow__quarter"
        " WHERE value IS NULL AND minuend_value IS NOT NULL AND (fiscal_quarter = 1 OR subtrahend_value IS NOT NULL)"
    ).fetchall()
    assert lacking == []


# Fiscal years of which the newest annual number is not the sum: it was filed alone, or with parts of the year only.
NOT_THE_NEWEST = {
    ("GOOGL", "capex_cash", 2015): (9915, 9950),
    ("MSTR", "capex_cash", 2011): (40.66, 36.691),
    ("MSTR", "revenue", 2011): (562.15, 537.168),
    ("MSTR", "revenue", 2016): (512.161, 513.589),
}


def test_a_year_is_shown_as_filed_before_only_where_no_filing_gives_its_parts_anew(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    rows = warehouse.execute(
        "SELECT issuer, metric, year(fiscal_year_start_date), minuend_value / 1e6, minuend_latest_value / 1e6"
        " FROM int_cashflow__quarter AS q WHERE fiscal_quarter = 4 AND minuend_value <> minuend_latest_value"
        " AND (SELECT count(minuend_value) FROM int_cashflow__quarter AS p WHERE p.issuer = q.issuer"
        " AND p.metric = q.metric AND p.concept = q.concept AND p.fiscal_year_start_date = q.fiscal_year_start_date) = 4"
    ).fetchall()
    assert {row[:3]: row[3:] for row in rows} == NOT_THE_NEWEST


def test_every_quarter_without_a_number_has_its_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT null_reason, count(*) FROM fct_financial_quarter WHERE method = 'not_derived' GROUP BY 1"
    ).fetchall()
    counted = warehouse.execute(
        "SELECT substr(finding, 15), sum(value) FROM mart_data_quality WHERE finding LIKE 'quarters_null_%' GROUP BY 1"
    ).fetchall()
    assert dict(rows) == dict(counted)
    assert None not in dict(rows)


def test_coverage_is_no_less_than_it_was(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT metric, 100.0 * count(value) / count(*) FROM fct_financial_quarter WHERE method <> 'ledger' GROUP BY 1"
    ).fetchall()
    coverage = dict(rows)
    assert {metric: coverage[metric] >= least for metric, least in LEAST_COVERAGE.items()} == dict.fromkeys(
        LEAST_COVERAGE, True
    ), coverage


def test_alphabet_2025(warehouse: duckdb.DuckDBPyConnection) -> None:
    capex = quarters(warehouse, "GOOGL", "capex_cash", "calendar_quarter LIKE '2025%'")
    assert list(capex.values()) == [17197, 22446, 23953, 27851]
    row = warehouse.execute(
        "SELECT method, minuend_value / 1e6, subtrahend_value / 1e6, xbrl_concept, ledger_value_usd_m, known_at_utc"
        " FROM fct_financial_quarter WHERE issuer = 'GOOGL' AND metric = 'capex_cash' AND calendar_quarter = '2025Q4'"
    ).fetchone()
    assert row is not None
    assert row[:5] == ("ytd_difference", 91447, 63596, "us-gaap:PaymentsToAcquirePropertyPlantAndEquipment", 27851)
    assert row[5].date() in (date(2026, 2, 5), date(2026, 2, 6))


def test_apples_quarter_of_14_weeks(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT period_start_date, period_end_date, calendar_quarter, value / 1e6 FROM fct_financial_quarter"
        " WHERE issuer = 'AAPL' AND metric = 'capex_cash' AND fiscal_year_start_date = date '2022-09-25' ORDER BY 2"
    ).fetchall()
    assert rows[0] == (date(2022, 9, 25), date(2022, 12, 31), "2022Q4", 3787)
    assert (rows[0][1] - rows[0][0]).days + 1 == 98
    assert [row[1] for row in rows] == [date(2022, 12, 31), date(2023, 4, 1), date(2023, 7, 1), date(2023, 9, 30)]
    assert sum(row[3] for row in rows) == 10959


def test_nvidias_switch_of_concepts(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The fiscal year of the switch stands under the new concept throughout, known from the comparatives of the next."""
    rows = warehouse.execute(
        "SELECT fiscal_quarter, value / 1e6, xbrl_concept, null_reason, known_at_utc >= timestamp '2021-05-26'"
        " FROM fct_financial_quarter WHERE issuer = 'NVDA' AND metric = 'capex_cash'"
        " AND fiscal_year_start_date = date '2020-01-27' ORDER BY 1"
    ).fetchall()
    new = "us-gaap:PaymentsToAcquireProductiveAssets"
    assert [row[:4] for row in rows] == [
        (1, 155, new, None),
        (2, 217, new, None),
        (3, 473, new, None),
        (4, None, new, "missing_year"),
    ]
    assert all(row[4] for row in rows[:3])
    last = quarters(warehouse, "NVDA", "capex_cash", "calendar_quarter BETWEEN '2025Q1' AND '2025Q4'")
    assert sum(last.values()) == 6042


def test_coins_before_and_after_the_new_standard(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "SELECT calendar_quarter, value_usd_m, basis FROM fct_financial_quarter"
        " WHERE issuer = 'MSTR' AND metric = 'digital_assets_usd_m' AND calendar_quarter >= '2024Q4' ORDER BY 1"
    ).fetchall()
    assert rows[0] == ("2024Q4", 23909.373, "digital assets at cost less impairment")
    assert rows[1] == ("2025Q1", 43546.079, "digital assets at fair value (ASU 2023-08)")


def test_xbrl_and_ledger_agree_where_both_speak(warehouse: duckdb.DuckDBPyConnection) -> None:
    both = warehouse.execute(
        "SELECT count(*) FROM fct_financial_quarter WHERE method <> 'ledger' AND ledger_value_usd_m IS NOT NULL"
    ).fetchone()
    assert both is not None and both[0] >= 14
    told = warehouse.execute("SELECT * FROM mart_data_quality WHERE finding = 'differs_from_ledger'").fetchall()
    assert told == []
