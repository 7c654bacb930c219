"""The models on real company facts of five filers, year after year: quarters make years, gaps have reasons, how much there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.conftest import Once
from tests.dbt.models import Models
from tests.dbt.sec_home import BUILT, FILERS, filers
from tests.tables import tables

pytestmark = pytest.mark.shared

ASKED = tables(__file__)["asked"]


@pytest.fixture(scope="module")
def warehouse(once: Once, models: Models, shared: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(filers(once, models, shared) / BUILT), read_only=True) as connection:
        yield connection


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


@pytest.mark.parametrize("question", ASKED)
def test_what_the_models_answer(question: str, warehouse: duckdb.DuckDBPyConnection) -> None:
    found = warehouse.execute(ASKED[question]["sql"]).fetchall()
    assert [list(row) for row in found] == ASKED[question]["rows"]
