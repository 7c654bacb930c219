"""Judging: what a verdict says and shows, how a context changes it, what a rule may not be, and that Great Expectations judges."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from quality.gate import decide, expected_checks
from quality.judge import GateError, judge
from quality.ledger import CheckLedger
from quality.rules import Context, Rule, Suite
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.world import NOW, marts_world, raw_world
from tests.tables import tables

DATA = tables(__file__)

pytestmark = pytest.mark.gates

GOOD = Context(now_utc=NOW)
BAR = "raw_market__bar"


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    with raw_world() as connection:
        yield connection


def rule(name: str = "positive", **change: Any) -> Rule:
    given: dict[str, Any] = {"severity": "critical", "states": "It holds.", "remedy": "Mend it.", "where": "x <= 0"}
    return Rule(name, **{**given, **change})


def suite(*rules: Rule) -> Suite:
    return Suite("t", "main", ("k",), rules, ("k", "x", "source", "other"))


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range AS k, range - 7 AS x, 'seen' AS source, 'hidden' AS other FROM range(20)"
        )
        yield connection


def test_a_message_names_table_rule_rows_and_remedy(table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule()), GOOD)
    assert not verdict.passed
    assert verdict.rows == 20
    assert verdict.message() == "\n".join(
        [
            "t.positive (critical): 8 found, at most 0 allowed, in 20 rows.",
            "  Rule: It holds.",
            *(f'  Row: {{"k": {k}, "source": "seen", "x": {k - 7}}}' for k in range(5)),
            "  Remedy: Mend it.",
        ]
    )


def test_an_expectation_that_is_built_in_shows_its_rows_too(table: duckdb.DuckDBPyConnection) -> None:
    built_in = rule(
        where="", type="expect_column_values_to_be_between", kwargs={"column": "x", "min_value": 0, "strict_min": True}
    )
    (failed,) = judge(table, suite(built_in), GOOD).failures
    assert failed.observed == 8
    assert failed.sample == tuple({"k": k, "source": "seen", "x": k - 7} for k in range(5))


@pytest.mark.parametrize(("severity", "passes"), [("critical", False), ("warning", True), ("info", True)])
def test_only_a_critical_rule_stops(severity: str, passes: bool, table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule(severity=severity)), GOOD)
    assert verdict.passed is passes
    assert [outcome.severity for outcome in verdict.failures] == [severity]
    assert f"t.positive ({severity})" in verdict.message()


def test_failures_are_told_most_severe_first(table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule("a", severity="info"), rule("b", severity="warning"), rule("c")), GOOD)
    assert [outcome.rule for outcome in verdict.failures] == ["c", "b", "a"]


def test_an_unknown_condition_breaks_nothing(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("UPDATE t SET x = NULL")
    assert judge(table, suite(rule()), GOOD).passed


def test_rules_that_could_not_be_bound_are_left_out_and_refuse(raw: duckdb.DuckDBPyConnection) -> None:
    raw.execute(f"ALTER TABLE raw.{BAR} RENAME COLUMN close_usd TO close")
    verdict = judge(raw, RAW_SUITES[BAR], GOOD)
    assert not verdict.passed
    assert {o.rule: o.passed for o in verdict.outcomes} == {"schema_as_declared": False}
    assert len(verdict.unevaluated) == len(RAW_SUITES[BAR].rules) - 1
    assert {row["column_name"] for row in verdict.failures[0].sample} == {"close", "close_usd"}
    assert f"{len(verdict.unevaluated)} other rules could not be evaluated" in verdict.message()
    raw.execute(f"ALTER TABLE raw.{BAR} RENAME COLUMN close TO close_usd")
    whole = judge(raw, RAW_SUITES[BAR], GOOD)
    assert whole.passed
    assert not replace(whole, unevaluated=("key_unique",)).passed


def test_quarantined_rows_do_not_hide_other_failures(raw: duckdb.DuckDBPyConnection) -> None:
    raw.execute(f"UPDATE raw.{BAR} SET close_usd = -1 WHERE instrument = 'SPY'")
    failed = {o.rule for o in judge(raw, RAW_SUITES[BAR], replace(GOOD, quarantined=3)).failures}
    assert {"quarantine_is_empty", "close_usd_in_range"} <= failed


def test_looking_back_leaves_out_what_was_not_known_yet() -> None:
    midnight = datetime(2025, 7, 3)
    deals = MART_SUITES["fct_ai_deal"]
    with marts_world() as connection:
        later = judge(connection, deals, Context(NOW, as_of_utc=midnight))
        assert [o.rule for o in later.failures] == ["nothing_from_the_future"]
        connection.execute(f"DELETE FROM main.fct_ai_deal WHERE known_at_utc >= TIMESTAMP '{midnight}'")
        assert judge(connection, deals, Context(NOW, as_of_utc=midnight)).failures == ()
        connection.execute("DELETE FROM main.fct_ai_deal")
        assert not judge(connection, deals, GOOD).passed
        back = judge(connection, deals, Context(NOW, as_of_utc=midnight))
        assert [(o.rule, o.severity) for o in back.failures] == [("not_empty", "warning")]


def test_an_expectation_that_raised_is_no_verdict(table: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(GateError, match=r"t\.positive: Great Expectations raised: .*nowhere"):
        judge(table, suite(rule(where="nowhere > 1"), rule("fine")), GOOD)
    absent = rule(where="", type="expect_column_values_to_not_be_null", kwargs={"column": "nowhere"})
    with pytest.raises(GateError, match=r"t\.positive: Great Expectations raised: .*nowhere"):
        judge(table, suite(absent), GOOD)


@pytest.mark.parametrize("answers", [0, 2])
def test_without_an_answer_of_great_expectations_nothing_is_published(
    answers: int, raw: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A validation that judges nothing, or less than asked, is a crash in the ledger, and the ledger then says no."""
    from great_expectations.datasource.fluent.interfaces import Batch

    whole = Batch.validate

    def cut(self: Any, suite: Any, **options: Any) -> Any:
        return type("Cut", (), {"results": whole(self, suite, **options).results[:answers]})

    monkeypatch.setattr(Batch, "validate", cut)
    table, ledger = "raw_calendar__session", CheckLedger(tmp_path / "checks.jsonl")
    with pytest.raises(GateError, match=f"judged {answers} of"):
        judge(raw, RAW_SUITES[table], GOOD)
    ledger.record_crash(table, GateError("judged 0"))
    assert not decide(ledger.read(), expected_checks([table], [], [])).passed


def test_the_callers_transaction_and_connection_stay_open(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("BEGIN")
    table.execute("DELETE FROM t WHERE x <= 0")
    assert judge(table, suite(rule()), GOOD).rows == 12
    table.execute("ROLLBACK")
    assert judge(table, suite(rule()), GOOD).rows == 20


@pytest.mark.parametrize(("change", "said"), DATA["may_not_be"])
def test_what_a_rule_may_not_be(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rule(**change)


def test_a_suite_has_no_two_rules_of_one_name() -> None:
    with pytest.raises(ValueError, match="declared twice: positive"):
        suite(rule(), rule())
    with pytest.raises(KeyError, match="no rule other"):
        suite(rule()).rule("other")


@pytest.mark.parametrize(
    ("imported", "absent"),
    [
        ("quality.suites, quality.gate, quality.ledger, quality.judge, quality.document", "great_expectations"),
        # Publication and status read ledgers on a path where pyarrow would cost too much.
        ("quality.gate, quality.ledger", "pyarrow"),
    ],
)
def test_what_is_costly_is_imported_only_where_it_is_needed(imported: str, absent: str) -> None:
    code = f"import sys, {imported}; print({absent!r} in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_great_expectations_sends_and_draws_nothing(
    raw: duckdb.DuckDBPyConnection, capfd: pytest.CaptureFixture[str]
) -> None:
    from quality.engine import context

    assert context().variables.analytics_enabled is False
    assert context().variables.progress_bars.globally is False
    judge(raw, RAW_SUITES["raw_ledger__ai_deal"], GOOD)
    assert capfd.readouterr() == ("", "")
