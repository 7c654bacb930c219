"""The bundle edition has no filings: what is made of them alone may be empty there, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quality.gate import decide, expected_checks
from quality.ledger import CheckLedger
from quality.rules import BUNDLE, Context, Suite
from quality.runner import judge
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.marts_world import marts_world
from tests.gates.world import NOW

pytestmark = pytest.mark.gates

OF_FILINGS = ("raw_sec__filing", "raw_sec__fact", "raw_sec__document", "fct_financial_xbrl", "mart_restatement")
SUITES: dict[str, Suite] = {**RAW_SUITES, **MART_SUITES}


def emptied(suite: Suite) -> duckdb.DuckDBPyConnection:
    connection = marts_world()
    connection.execute(f"DELETE FROM {suite.relation}")
    if suite.table == "mart_restatement":
        connection.execute("DELETE FROM main.fct_financial_xbrl")
    return connection


@pytest.mark.parametrize("table", OF_FILINGS)
def test_empty_passes_in_the_bundle_and_stops_elsewhere(table: str) -> None:
    with emptied(SUITES[table]) as connection:
        bundle = judge(connection, SUITES[table], None, Context(NOW, edition=BUNDLE))
        live = judge(connection, SUITES[table], None, Context(NOW, edition="live"))
        unnamed = judge(connection, SUITES[table], None, Context(NOW))
    assert bundle.passed
    assert [outcome.rule for outcome in bundle.failures] == ["not_empty"]
    assert not live.passed
    assert not unnamed.passed


@pytest.mark.parametrize("table", ["raw_market__bar", "fct_financial_quarter", "mart_data_quality"])
def test_other_tables_may_be_empty_in_no_edition(table: str) -> None:
    assert SUITES[table].rule("not_empty").severity_in(Context(NOW, edition=BUNDLE)) == "critical"


@pytest.mark.parametrize(("edition", "published"), [(BUNDLE, True), ("live", False)])
def test_the_gate_publishes_without_filings_in_the_bundle_alone(edition: str, published: bool, tmp_path: Path) -> None:
    table = "raw_sec__fact"
    ledger = CheckLedger(tmp_path / "checks.jsonl")
    with emptied(SUITES[table]) as connection:
        ledger.record(judge(connection, SUITES[table], None, Context(NOW, edition=edition)))
    decision = decide(ledger.read(), expected_checks([table], [], []))
    assert decision.passed is published, decision.reasons
