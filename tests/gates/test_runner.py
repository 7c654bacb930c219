"""Judging: what a verdict says and shows, how a context changes it, and what a rule may not be."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pytest

from quality.rules import Context, Rule, Suite
from quality.runner import GateError, Outcome, assess, describe, judge
from quality.suites import MART_SUITES, RAW_SUITES, mart_suite, raw_suite
from tests.gates.marts_world import marts_world
from tests.gates.world import NOW, raw_world

pytestmark = pytest.mark.gates

GOOD = Context(now_utc=NOW)
BAR = "raw_market__bar"


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    with raw_world() as connection:
        yield connection


def rule(name: str = "positive", **change: object) -> Rule:
    given: dict[str, object] = {
        "severity": "critical",
        "states": "It holds.",
        "remedy": "Mend it.",
        "where": "x <= 0",
        **change,
    }
    return Rule(name, **given)  # type: ignore[arg-type]


def suite(*rules: Rule) -> Suite:
    return Suite("t", "main", ("k",), rules)


@pytest.fixture
def table() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT range AS k, range - 7 AS x, 'seen' AS source, 'hidden' AS other FROM range(20)"
        )
        yield connection


def test_a_message_names_table_rule_rows_and_remedy(table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule()), None, GOOD)
    assert not verdict.passed
    assert verdict.rows == 20
    assert verdict.message() == "\n".join(
        [
            "t.positive (critical): 8 found, at most 0 allowed, in 20 rows.",
            "  Rule: It holds.",
            *(f'  Row: {{"k": {k}, "x": {k - 7}, "source": "seen"}}' for k in range(5)),
            "  Remedy: Mend it.",
        ]
    )


@pytest.mark.parametrize(("severity", "passes"), [("critical", False), ("warning", True), ("info", True)])
def test_only_a_critical_rule_stops(severity: str, passes: bool, table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule(severity=severity)), None, GOOD)
    assert verdict.passed is passes
    assert [outcome.severity for outcome in verdict.failures] == [severity]
    assert f"t.positive ({severity})" in verdict.message()


def test_failures_are_told_most_severe_first(table: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(table, suite(rule("a", severity="info"), rule("b", severity="warning"), rule("c")), None, GOOD)
    assert [outcome.rule for outcome in verdict.failures] == ["c", "b", "a"]


def test_a_metric_is_held_against_its_bounds(table: duckdb.DuckDBPyConnection) -> None:
    def mean(**bounds: float) -> Outcome:
        (outcome,) = judge(table, suite(rule(where="", metric="avg(x)", **bounds)), None, GOOD).outcomes
        return outcome

    assert mean(minimum=2.5, maximum=2.5).passed
    assert mean(minimum=2.5).limit == "at least 2.5"
    assert not mean(minimum=2.6).passed
    assert not mean(maximum=2.4).passed
    assert mean(minimum=1, maximum=2).limit == "between 1 and 2"


def test_a_metric_that_is_unknown_fails(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("DELETE FROM t")
    (outcome,) = judge(table, suite(rule(where="", metric="avg(x)", maximum=100)), None, GOOD).outcomes
    assert not outcome.passed
    assert outcome.observed is None
    assert "unknown found" in describe("t", 0, outcome)


def test_an_unknown_condition_breaks_nothing(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("UPDATE t SET x = NULL")
    assert judge(table, suite(rule()), None, GOOD).passed


def test_another_relation_may_be_judged(table: duckdb.DuckDBPyConnection) -> None:
    table.execute("CREATE TABLE other AS SELECT * FROM t WHERE x > 0")
    assert judge(table, suite(rule()), "main.other", GOOD).passed


def test_rules_that_could_not_be_bound_are_left_out_and_refuse(raw: duckdb.DuckDBPyConnection) -> None:
    raw.execute(f"ALTER TABLE raw.{BAR} RENAME COLUMN close_usd TO close")
    verdict = judge(raw, raw_suite(BAR), None, GOOD)
    assert not verdict.passed
    assert {o.rule: o.passed for o in verdict.outcomes} == {"schema_as_declared": False, "quarantine_is_empty": True}
    assert len(verdict.unevaluated) == len(raw_suite(BAR).rules) - 2
    shown = verdict.failures[0].sample
    assert {row["column_name"] for row in shown} == {"close", "close_usd"}
    assert f"{len(verdict.unevaluated)} other rules could not be evaluated" in verdict.message()


def test_only_rules_left_out_refuse_as_well(raw: duckdb.DuckDBPyConnection) -> None:
    verdict = judge(raw, raw_suite(BAR), None, GOOD)
    assert verdict.passed
    assert not replace(verdict, unevaluated=("key_unique",)).passed


def test_quarantined_rows_do_not_hide_other_failures(raw: duckdb.DuckDBPyConnection) -> None:
    raw.execute(f"UPDATE raw.{BAR} SET close_usd = -1 WHERE instrument = 'SPY'")
    failed = {o.rule for o in judge(raw, raw_suite(BAR), None, replace(GOOD, quarantined=3)).failures}
    assert {"quarantine_is_empty", "close_usd_positive"} <= failed


def test_an_empty_model_is_a_warning_when_looking_back() -> None:
    with marts_world() as connection:
        connection.execute("DELETE FROM main.fct_ai_deal; DELETE FROM main.mart_contracted_ai_book")
        book = mart_suite("mart_contracted_ai_book")
        assert not judge(connection, book, None, GOOD).passed
        back = judge(connection, book, None, Context(NOW, as_of_utc=datetime(2020, 1, 1)))
        assert [(o.rule, o.severity) for o in back.failures] == [("not_empty", "warning")]
        assert back.passed


def test_looking_back_leaves_out_what_was_not_known_yet() -> None:
    """A model cut at a day is whole when it holds what could be known before the next midnight, and nothing after."""
    midnight = datetime(2025, 7, 3)
    with marts_world() as connection:
        connection.execute(f"DELETE FROM main.fct_ai_deal WHERE known_at_utc >= TIMESTAMP '{midnight}'")
        deals = mart_suite("fct_ai_deal")
        assert not judge(connection, deals, None, GOOD).passed
        assert judge(connection, deals, None, Context(NOW, as_of_utc=midnight)).failures == ()
        later = judge(connection, deals, None, Context(NOW, as_of_utc=midnight + timedelta(days=1)))
        assert [o.rule for o in later.failures] == ["nothing_lost"]


def test_moments_with_a_zone_are_taken_as_utc() -> None:
    east = datetime(2025, 8, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    assert (
        Context(east).horizon_utc
        == Context(datetime(2025, 8, 1, 12, tzinfo=UTC)).horizon_utc
        == Context(NOW).horizon_utc
    )
    assert Context(NOW, as_of_utc=east).horizon_utc == NOW


def test_a_rule_that_cannot_run_raises(table: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.BinderException, match="nowhere"):
        judge(table, suite(rule(where="nowhere > 1")), None, GOOD)


def test_an_expectation_that_cannot_be_judged_raises() -> None:
    """A frame without the rule's column: Great Expectations records the exception, the runner does not swallow it."""
    import pandas as pd

    from quality.runner import _batch_definition, _expectations, passed_by_rule

    frame = pd.DataFrame({"there": [0.0]})
    result = (
        _batch_definition().get_batch({"dataframe": frame}).validate(_expectations((("gone", "critical", None, 0.0),)))
    )
    with pytest.raises(GateError, match="rule gone"):
        passed_by_rule(result, [rule("gone")])


def test_a_validation_of_other_rules_raises() -> None:
    import pandas as pd

    from quality.runner import _batch_definition, _expectations, passed_by_rule

    frame = pd.DataFrame({"there": [0.0]})
    result = (
        _batch_definition().get_batch({"dataframe": frame}).validate(_expectations((("there", "critical", None, 0.0),)))
    )
    with pytest.raises(GateError, match="1 of 2"):
        passed_by_rule(result, [rule("there"), rule("forgotten")])


def test_the_judgement_is_great_expectations_own() -> None:
    bounded = rule("bounded", where="", metric="count(*)", minimum=1, maximum=3)
    assert [assess((bounded,), {"bounded": value}, GOOD)["bounded"] for value in (0.0, 1.0, 3.0, 4.0, None)] == [
        False,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "No Name"}, "a name is lower case"),
        ({"violations": "SELECT 1"}, "exactly one"),
        ({"where": ""}, "exactly one"),
        ({"maximum": 3}, "a metric has a minimum or a maximum"),
        ({"where": "", "metric": "count(*)"}, "a metric has a minimum or a maximum"),
        ({"prerequisite": True}, "prerequisite"),
        ({"states": "no sentence"}, "sentences"),
        ({"remedy": "no sentence"}, "sentences"),
    ],
)
def test_what_a_rule_may_not_be(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rule(**change)  # type: ignore[arg-type]


def test_a_suite_has_no_two_rules_of_one_name() -> None:
    with pytest.raises(ValueError, match="declared twice: positive"):
        suite(rule(), rule())
    with pytest.raises(KeyError, match="no rule other"):
        suite(rule()).rule("other")


def test_great_expectations_is_imported_only_to_judge() -> None:
    code = (
        "import sys, quality.suites, quality.gate, quality.ledger, quality.runner, quality.document;"
        "print(sorted({'great_expectations', 'pandas', 'dagster', 'dbt'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_record_and_the_decision_need_no_contract() -> None:
    """Publication and status read ledgers on a path where pyarrow would cost too much."""
    code = "import sys, quality.gate, quality.ledger; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_great_expectations_sends_and_draws_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    from quality.runner import _batch_definition

    variables = _batch_definition().data_asset.datasource.data_context.variables
    assert variables.analytics_enabled is False
    assert variables.progress_bars.globally is False
    with raw_world() as connection:
        judge(connection, raw_suite("raw_ledger__ai_deal"), None, GOOD)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def test_judging_costs_little_once_imported() -> None:
    """Processor seconds of the judgement least disturbed by the machine; the largest suite has over sixty rules."""
    with raw_world() as connection:
        largest = max(RAW_SUITES.values(), key=lambda one: len(one.rules))
        judge(connection, largest, None, GOOD)
        seconds = []
        for _ in range(5):
            started = time.process_time()
            judge(connection, largest, None, GOOD)
            seconds.append(time.process_time() - started)
    assert min(seconds) < 0.3


def test_every_suite_is_named_after_its_table() -> None:
    assert all(name == one.table and one.schema == "raw" for name, one in RAW_SUITES.items())
    assert all(name == one.table and one.schema == "main" for name, one in MART_SUITES.items())
