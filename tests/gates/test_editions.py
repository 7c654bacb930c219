"""The bundle edition has facts of some filers and no list of filings: what is made of filings alone may be empty there, and
nowhere else. What providers of live data were never asked for, or nobody found wrong, may be empty in every edition, and
says so."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quality.gate import decide, expected_checks
from quality.judge import judge
from quality.ledger import CheckLedger
from quality.rules import BUNDLE, Context, Suite
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.world import NOW, marts_world

pytestmark = pytest.mark.gates

OF_FILINGS = ("raw_sec__filing", "raw_sec__fact", "raw_sec__document", "fct_financial_xbrl", "mart_restatement")
OF_FEEDS = (
    "raw_macro__observation",
    "raw_feed__request",
    "raw_extract__number",
    "raw_ledger__bar_exclusion",
    "raw_ledger__decision",
    "fct_extracted_number",
    "fct_macro_observation",
    "mart_market_gap",
    "mart_provider_health",
)
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
        bundle = judge(connection, SUITES[table], Context(NOW, edition=BUNDLE))
        live = judge(connection, SUITES[table], Context(NOW, edition="live"))
        unnamed = judge(connection, SUITES[table], Context(NOW))
    assert bundle.passed
    assert [outcome.rule for outcome in bundle.failures] == ["not_empty"]
    assert not live.passed
    assert not unnamed.passed


@pytest.mark.parametrize("table", OF_FEEDS)
def test_nothing_asked_is_told_and_stops_nothing(table: str, tmp_path: Path) -> None:
    """Emptied in a world that is otherwise whole, rules that hold one table against another included."""
    suite = SUITES[table]
    with marts_world() as connection:
        for relation in (
            suite.relation,
            "raw.raw_feed__request",
            "raw.raw_macro__observation",
            "raw.raw_market__action",
        ):
            connection.execute(f"DELETE FROM {relation}")
        for edition, severities in ((BUNDLE, {"info"}), ("live", {"info", "warning"})):
            verdict = judge(connection, suite, Context(NOW, edition=edition))
            (failure,) = verdict.failures
            assert failure.rule == "not_empty"
            assert failure.severity in severities
            ledger = CheckLedger(tmp_path / f"{edition}.jsonl")
            ledger.record(verdict)
            raw, marts = ([table], []) if suite.schema == "raw" else ([], [table])
            decision = decide(ledger.read(), expected_checks(raw, marts, []))
            assert decision.passed, decision.reasons


@pytest.mark.parametrize("table", ["raw_market__bar", "fct_financial_quarter", "mart_data_quality"])
def test_other_tables_may_be_empty_in_no_edition(table: str) -> None:
    assert SUITES[table].rule("not_empty").severity_in(Context(NOW, edition=BUNDLE)) == "critical"


@pytest.mark.parametrize(("edition", "published"), [(BUNDLE, True), ("live", False)])
def test_the_gate_publishes_without_filings_in_the_bundle_alone(edition: str, published: bool, tmp_path: Path) -> None:
    table = "raw_sec__fact"
    ledger = CheckLedger(tmp_path / "checks.jsonl")
    with emptied(SUITES[table]) as connection:
        ledger.record(judge(connection, SUITES[table], Context(NOW, edition=edition)))
    decision = decide(ledger.read(), expected_checks([table], [], []))
    assert decision.passed is published, decision.reasons
