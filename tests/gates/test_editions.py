"""The bundle edition has facts of some filers and no list of filings: what is made of filings alone may be empty there, and
nowhere else. What providers of live data were never asked for, or nobody found wrong, may be empty in every edition, and
says so."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quality.gate import Decision, decide, expected_checks
from quality.judge import Verdict, judge
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


def emptied(*tables: str) -> duckdb.DuckDBPyConnection:
    connection = marts_world()
    for table in tables:
        connection.execute(f"DELETE FROM {SUITES[table].relation}")
    return connection


def said(suite: Suite, verdict: Verdict, tmp_path: Path) -> Decision:
    """What is decided of a run that judged this table alone."""
    ledger = CheckLedger(tmp_path / f"{suite.table}.jsonl")
    ledger.record(verdict)
    raw, marts = ([suite.table], []) if suite.schema == "raw" else ([], [suite.table])
    return decide(ledger.read(), expected_checks(raw, marts, []))


def test_without_filings_the_bundle_passes_and_nothing_else_does(tmp_path: Path) -> None:
    with emptied(*OF_FILINGS) as connection:
        for suite in (SUITES[table] for table in OF_FILINGS):
            bundle = judge(connection, suite, Context(NOW, edition=BUNDLE))
            assert [outcome.rule for outcome in bundle.failures] == ["not_empty"]
            assert bundle.passed and said(suite, bundle, tmp_path).passed
            for edition in ("live", ""):
                assert suite.rule("not_empty").severity_in(Context(NOW, edition=edition)) == "critical"
        live = judge(connection, suite, Context(NOW, edition="live"))
    assert not live.passed and not said(suite, live, tmp_path).passed


def test_nothing_asked_is_told_and_stops_nothing(tmp_path: Path) -> None:
    """Emptied in a world that is otherwise whole, rules that hold one table against another included."""
    with emptied(*OF_FEEDS, "raw_market__action") as connection:
        for suite in (SUITES[table] for table in OF_FEEDS):
            verdict = judge(connection, suite, Context(NOW, edition="live"))
            assert [outcome.rule for outcome in verdict.failures] == ["not_empty"], suite.table
            assert verdict.failures[0].severity in {"info", "warning"}
            assert said(suite, verdict, tmp_path).passed
            assert suite.rule("not_empty").severity_in(Context(NOW, edition=BUNDLE)) == "info"


@pytest.mark.parametrize("table", ["raw_market__bar", "fct_financial_quarter", "mart_data_quality"])
def test_other_tables_may_be_empty_in_no_edition(table: str) -> None:
    assert SUITES[table].rule("not_empty").severity_in(Context(NOW, edition=BUNDLE)) == "critical"
