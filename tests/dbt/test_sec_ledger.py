"""XBRL beside the hand ledger: one row for each calendar quarter, whatever days either covers, and neither figure lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from quality.judge import judge
from quality.rules import Context
from quality.suites import MART_SUITES
from tests.dbt.conftest import RunDbt
from tests.dbt.sec_models import SecModels

Row = dict[str, Any]

# Ends of the quarters of one fiscal year, the day it begins first.
ORACLE = (date(2024, 6, 1), date(2024, 8, 31), date(2024, 11, 30), date(2025, 2, 28), date(2025, 5, 31))
NVIDIA = (date(2024, 1, 29), date(2024, 4, 28), date(2024, 7, 28), date(2024, 10, 27), date(2025, 1, 26))
MICROSOFT = (date(2024, 7, 1), date(2024, 9, 30), date(2024, 12, 31), date(2025, 3, 31), date(2025, 6, 30))
CALENDAR = (date(2024, 1, 1), date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31))
YEARS = {"ORCL": ORACLE, "NVDA": NVIDIA, "MSFT": MICROSOFT}
LABELS = {
    "ORCL": ("2024Q3", "2024Q4", "2025Q1", "2025Q2"),
    "NVDA": ("2024Q1", "2024Q2", "2024Q3", "2024Q4"),
    "MSFT": ("2024Q3", "2024Q4", "2025Q1", "2025Q2"),
}
AMOUNTS = (100, 150, 200, 250)
LEDGER = (101, 150, 199.8, 250)
ISSUERS = tuple(
    {"issuer": issuer, "taxonomy": "us-gaap", "reporting_currency": "USD", "business_start_date": None}
    for issuer in YEARS
)
CONCEPTS = (
    {
        "issuer": "*",
        "metric": "capex_cash",
        "taxonomy": "us-gaap",
        "concept": "Ppe",
        "unit": "USD",
        "period_type": "duration",
        "priority": 1,
        "is_required": True,
        "basis": "cash paid",
        "valid_from_date": date(2005, 1, 1),
        "valid_to_date": None,
        "confidence": "high",
        "known_at_utc": datetime(2020, 1, 1),
    },
)


def filed(issuer: str, year: tuple[date, ...]) -> list[Row]:
    """Year-to-date capex of a year, each filed 40 days after its end."""
    rows, total = [], 0
    for number, (end, amount) in enumerate(zip(year[1:], AMOUNTS, strict=True), 1):
        total += amount
        known = datetime(end.year, end.month, end.day, 21) + timedelta(days=40)
        rows.append(
            {
                "issuer": issuer,
                "cik": "0000000001",
                "taxonomy": "us-gaap",
                "concept": "Ppe",
                "unit": "USD",
                "period_type": "duration",
                "period_start_date": year[0],
                "period_end_date": end,
                "accession": f"{issuer}-{number}",
                "value": total * 1e6,
                "form": "10-K" if number == 4 else "10-Q",
                "filed_date": known.date(),
                "known_at_basis": "acceptance",
                "known_at_utc": known,
            }
        )
    return rows


def by_hand(issuer: str, year: tuple[date, ...]) -> list[Row]:
    """The same year's quarters in the ledger; the first is a million off, the third by rounding."""
    starts = (year[0], *(end + timedelta(days=1) for end in year[1:4]))
    return [
        {
            "issuer": issuer,
            "metric": "capex_cash",
            "period_start_date": start,
            "period_end_date": end,
            "value": float(amount),
            "unit": "USD million",
            "basis": "cash paid",
            "citation": "a test",
            "confidence": "high",
            "known_at_basis": "filing",
            "known_at_utc": datetime(2025, 9, 1),
        }
        for start, end, amount in zip(starts, year[1:], LEDGER, strict=True)
    ]


@pytest.fixture(scope="module")
def models(run_dbt: RunDbt, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> SecModels:
    return SecModels.compiled(run_dbt, lake, tmp_path_factory.mktemp("ledger"))


@pytest.fixture(params=["own years", "calendar years"])
def built(request: pytest.FixtureRequest, models: SecModels) -> Iterator[tuple[str, duckdb.DuckDBPyConnection]]:
    """Fiscal years of three kinds in the ledger; XBRL of the same years, or of calendar years throughout."""
    facts = [fact for i, year in YEARS.items() for fact in filed(i, year if request.param == "own years" else CALENDAR)]
    ledger = [row for issuer, year in YEARS.items() for row in by_hand(issuer, year)]
    with models.database(facts, CONCEPTS, ISSUERS, ledger=ledger) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute("CREATE VIEW raw.raw_ledger__capex_quarter AS SELECT * FROM main.raw_ledger__capex_quarter")
        yield request.param, connection


def table(connection: duckdb.DuckDBPyConnection, where: str) -> dict[str, tuple[Any, ...]]:
    columns = "calendar_quarter, method, value_usd_m, ledger_value_usd_m, period_end_date, ledger_period_end_date"
    found = connection.execute(f"SELECT {columns} FROM fct_financial_quarter WHERE {where} ORDER BY 1").fetchall()
    return {row[0]: row[1:] for row in found}


def failures(connection: duckdb.DuckDBPyConnection) -> list[str]:
    verdict = judge(connection, MART_SUITES["fct_financial_quarter"], Context(datetime(2026, 1, 1)))
    return [outcome.rule for outcome in verdict.failures]


def test_every_figure_of_the_ledger_stands_in_its_calendar_quarter(
    built: tuple[str, duckdb.DuckDBPyConnection],
) -> None:
    kind, connection = built
    for issuer, labels in LABELS.items():
        rows = table(connection, f"issuer = '{issuer}'")
        assert set(labels) <= set(rows)
        assert tuple(rows[label][2] for label in labels) == LEDGER
        assert tuple(rows[label][4] for label in labels) == YEARS[issuer][1:]
        if kind == "own years":
            assert tuple(rows[label][1] for label in labels) == AMOUNTS
            assert all(row[3] == row[4] for row in rows.values())
    if kind == "calendar years":
        # XBRL's quarter to the end of December is the ledger's to the end of November: its number wins, both stand.
        assert table(connection, "issuer = 'ORCL'")["2024Q4"] == (
            "ytd_difference",
            250,
            150,
            date(2024, 12, 31),
            date(2024, 11, 30),
        )
        assert table(connection, "issuer = 'ORCL'")["2025Q1"][:3] == ("ledger", 199.8, 199.8)


def test_the_rules_hold_whatever_the_fiscal_year(built: tuple[str, duckdb.DuckDBPyConnection]) -> None:
    _, connection = built
    assert failures(connection) == []


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("DELETE FROM fct_financial_quarter WHERE issuer = 'ORCL' AND calendar_quarter = '2024Q4'", "nothing_lost"),
        ("UPDATE fct_financial_quarter SET ledger_period_end_date = NULL WHERE issuer = 'NVDA'", "nothing_lost"),
        ("UPDATE fct_financial_quarter SET ledger_value_usd_m = value_usd_m", "ledger_figure_kept"),
    ],
)
def test_a_figure_that_is_dropped_or_overwritten_is_noticed(
    built: tuple[str, duckdb.DuckDBPyConnection], change: str, rule: str
) -> None:
    _, connection = built
    connection.execute(change)
    assert rule in failures(connection)


def test_only_what_is_beyond_rounding_differs(built: tuple[str, duckdb.DuckDBPyConnection]) -> None:
    """The condition under which mart_data_quality tells it, on rows of the same days."""
    kind, connection = built
    told: Mapping[str, tuple[Any, ...]] = table(
        connection, "method <> 'ledger' AND abs(value_usd_m - ledger_value_usd_m) > 0.5 AND issuer = 'NVDA'"
    )
    assert sorted(told) == ["2024Q1"], kind
