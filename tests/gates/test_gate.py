"""The decision to publish, and the ledger it rests on: every way in which a check can be absent, silent or softened."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from quality.gate import NOT_EMPTY, Decision, decide, effective, expected_checks
from quality.judge import Outcome, Verdict
from quality.ledger import CheckLedger, CheckLedgerError, CheckRecord, gate_check_id
from quality.rules import Severity
from quality.suites import MART_SUITES, RAW_SUITES
from tests.tables import tables

DATA = tables(__file__)

pytestmark = pytest.mark.gates

RAW, MART = "raw_network__day", "fct_bond_tranche"
TEST = "test.hashwatt.unique_fct_ai_deal_deal_id.abc"
EXPECTED = expected_checks([RAW], [MART], [TEST])


def verdict(
    table: str, rows: int = 5, broken: Iterable[str] = (), softened: dict[str, Severity] | None = None
) -> Verdict:
    """A verdict on `table` in which the rules named do not hold."""
    suite = RAW_SUITES[table] if table.startswith("raw_") else MART_SUITES[table]
    severities = softened or {}
    outcomes = tuple(
        Outcome(
            rule=rule.name,
            severity=severities.get(rule.name, rule.severity),
            passed=rule.name not in set(broken),
            observed=float(rule.name in set(broken)),
            limit=rule.limit,
            sample=({"row": 1},) if rule.name in set(broken) else (),
            remedy=rule.remedy,
            states=rule.states,
        )
        for rule in suite.rules
    )
    return Verdict(table, rows, outcomes, (), 0.01)


@pytest.fixture
def ledger(tmp_path: Path) -> CheckLedger:
    """The ledger of a run in which everything passed."""
    ledger = CheckLedger(tmp_path / "run" / "checks.jsonl")
    ledger.record(verdict(RAW))
    ledger.record(verdict(MART))
    ledger.record_dbt([{"unique_id": TEST, "status": "pass", "failures": 0, "message": None}])
    return ledger


def decision(ledger: CheckLedger) -> Decision:
    return decide(ledger.read(), EXPECTED)


def rewrite(ledger: CheckLedger, records: Iterable[CheckRecord]) -> None:
    ledger.path.write_text("".join(json.dumps(record.__dict__) + "\n" for record in records))


def is_refused(ledger: CheckLedger, *words: str) -> bool:
    """Whether the run is refused, for reasons in which all of `words` stand."""
    found = decision(ledger)
    return not found.passed and all(any(word in reason for reason in found.reasons) for word in words)


def test_a_run_in_which_everything_passed_is_published(ledger: CheckLedger) -> None:
    found = decision(ledger)
    assert found.passed, found.reasons
    assert found.reasons == ()
    assert found.counts == {"passed": len(EXPECTED), "missing": 0}


def test_a_warning_is_published_and_counted(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, broken=["blocks_plausible"]))
    found = decision(ledger)
    assert found.passed, found.reasons
    assert found.counts["warned"] == 1


@pytest.mark.parametrize("check", [gate_check_id(RAW, "key_unique"), gate_check_id(MART, "tenor_plausible"), TEST])
def test_a_check_that_vanished_refuses(ledger: CheckLedger, check: str) -> None:
    rewrite(ledger, [record for record in ledger.read() if record.check_id != check])
    assert is_refused(ledger, check.split(".")[-1] if check != TEST else TEST)
    assert decision(ledger).counts["missing"] == 1


def test_a_gate_that_never_ran_refuses(ledger: CheckLedger) -> None:
    rewrite(ledger, [record for record in ledger.read() if record.table != MART])
    assert is_refused(ledger, f"{MART}: {len(MART_SUITES[MART].rules)} rules of its gate have no result")


def test_a_gate_that_crashed_refuses_until_it_is_judged_again(ledger: CheckLedger) -> None:
    ledger.record_crash(MART, ValueError("no such column"))
    assert is_refused(ledger, "ValueError: no such column")
    assert len(decision(ledger).reasons) == 1
    assert decision(ledger).counts["crashed"] == 1
    ledger.record(verdict(RAW))  # another gate makes up for nothing
    assert is_refused(ledger, "no such column")
    ledger.record(verdict(MART))
    assert decision(ledger).passed


def test_a_failed_critical_rule_refuses_until_judged_again(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, broken=["key_unique"]))
    assert is_refused(ledger, "key_unique failed", 'Row: {"row": 1}', RAW_SUITES[RAW].rule("key_unique").remedy)
    ledger.record(verdict(RAW))
    assert decision(ledger).passed


def test_rules_left_out_behind_a_prerequisite_refuse(ledger: CheckLedger) -> None:
    whole = verdict(RAW, broken=["schema_as_declared"])
    kept = tuple(o for o in whole.outcomes if o.rule == "schema_as_declared")
    left_out = tuple(o.rule for o in whole.outcomes if o not in kept)
    ledger.record(replace(whole, outcomes=kept, unevaluated=left_out))
    assert is_refused(ledger, "schema_as_declared failed", "key_unique gave no answer")
    ledger.record(replace(verdict(RAW), outcomes=(), unevaluated=left_out))
    assert decision(ledger).counts["crashed"] == len(left_out)


def test_a_check_that_looked_at_nothing_refuses(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, rows=0))
    assert is_refused(ledger, "looked at no rows")
    ledger.record(verdict(MART, rows=0))
    assert is_refused(ledger, f"{MART}.tenor_plausible looked at no rows")


def test_rows_that_nobody_counted_are_no_rows(ledger: CheckLedger) -> None:
    rewrite(
        ledger,
        [replace(r, rows_evaluated=None) if r.rule == "key_unique" and r.table == RAW else r for r in ledger.read()],
    )
    assert is_refused(ledger, "key_unique looked at no rows")


def test_a_mart_may_be_empty_when_looking_back(ledger: CheckLedger) -> None:
    ledger.record(verdict(MART, rows=0, broken=[NOT_EMPTY], softened={NOT_EMPTY: "warning"}))
    assert decision(ledger).passed, decision(ledger).reasons


def test_a_raw_table_may_never_be_empty(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, rows=0, broken=[NOT_EMPTY], softened={NOT_EMPTY: "warning"}))
    assert is_refused(
        ledger, "not_empty was let through as warning, but is declared critical", "key_unique looked at no rows"
    )


def test_a_rule_recorded_with_less_severity_than_declared_refuses(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, broken=["frozen_day_missing"], softened={"frozen_day_missing": "info"}))
    assert is_refused(ledger, "frozen_day_missing was let through as info, but is declared critical")


def test_a_rule_that_no_suite_declares_refuses(ledger: CheckLedger) -> None:
    first = ledger.read()[0]
    rewrite(ledger, [*ledger.read(), replace(first, rule="other", check_id=gate_check_id(RAW, "other"))])
    assert is_refused(ledger, "is declared by no suite")


def test_a_gate_that_asks_for_nothing_lets_nothing_through(ledger: CheckLedger) -> None:
    assert not decide([], []).passed
    assert not decide([], EXPECTED).passed
    assert decide([], EXPECTED).counts == {"missing": len(EXPECTED)}


@pytest.mark.parametrize(("status", "recorded", "passes"), DATA["dbt"])
def test_what_dbt_says_of_a_test(ledger: CheckLedger, status: str, recorded: str, passes: bool) -> None:
    ledger.record_dbt([{"unique_id": TEST, "status": status, "failures": 3, "message": "Got 3 results"}])
    record = ledger.read()[-1]
    assert (record.check_id, record.kind, record.status) == (TEST, "dbt_test", recorded)
    assert (record.rule, record.observed, record.message) == ("unique_fct_ai_deal_deal_id", 3.0, "Got 3 results")
    assert decision(ledger).passed is passes


def test_a_model_that_was_not_built_refuses_though_nobody_expected_it(ledger: CheckLedger) -> None:
    before = ledger.read()
    ledger.record_dbt(
        [{"unique_id": "model.hashwatt.fct_ai_deal", "status": "success", "failures": None, "message": "OK"}]
    )
    assert ledger.read() == before
    ledger.record_dbt(
        [{"unique_id": "model.hashwatt.fct_ai_deal", "status": "error", "failures": None, "message": "Binder Error"}]
    )
    assert is_refused(ledger, "Binder Error")


def test_every_rule_of_every_table_is_expected_once() -> None:
    names = [check.check_id for check in EXPECTED]
    assert len(names) == len(set(names))
    wanted = {gate_check_id(RAW, rule.name) for rule in RAW_SUITES[RAW].rules}
    wanted |= {gate_check_id(MART, rule.name) for rule in MART_SUITES[MART].rules}
    assert set(names) == wanted | {TEST}
    with pytest.raises(KeyError):
        expected_checks(["raw_other"], [], [])


def test_the_last_word_counts() -> None:
    def record(check_id: str, rule: str, status: str) -> CheckRecord:
        return CheckRecord(check_id, "gate", "t", rule, "critical", status, 0.0, 1, "", "")

    one, again = record("gate.t.a", "a", "failed"), record("gate.t.a", "a", "passed")
    crash = record("gate.t.*", "*", "crashed")
    assert effective([one, again]) == [again]
    assert effective([one, crash]) == [crash]
    assert effective([crash, one]) == [one]


def test_what_is_recorded_is_read_back(ledger: CheckLedger) -> None:
    ledger.record(verdict(RAW, broken=["frozen_day_missing"]))
    (failed,) = [record for record in ledger.read() if record.status == "failed"]
    assert failed.check_id == gate_check_id(RAW, "frozen_day_missing")
    assert (failed.table, failed.rule, failed.severity, failed.observed, failed.rows_evaluated) == (
        RAW,
        "frozen_day_missing",
        "critical",
        1,
        5,
    )
    assert "No UTC day is missing" in failed.message


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:-1], "the last line is torn"),
        (lambda text: text[: len(text) // 2], "the last line is torn"),
        (lambda text: text.replace('"status": "passed"', '"status": "fine"', 1), "line 1 is not a check record"),
        (lambda text: text.replace('"kind": "gate"', '"kind": "wish"', 1), "line 1 is not a check record"),
        (lambda text: "[]\n" + text, "line 1 is not a check record"),
        (lambda text: text + '{"check_id": "x"}\n', "is not a check record"),
        (lambda text: text + "not json\n", "is not a check record"),
    ],
)
def test_a_damaged_ledger_is_named(ledger: CheckLedger, damage: object, said: str) -> None:
    assert callable(damage)
    ledger.path.write_text(damage(ledger.path.read_text()))
    with pytest.raises(CheckLedgerError, match=said):
        ledger.read()


def test_a_lost_ledger_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckLedgerError, match=r"checks\.jsonl: the check ledger cannot be read"):
        CheckLedger(tmp_path / "checks.jsonl").read()


def test_records_are_on_disk_before_the_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("quality.ledger.os.fsync", lambda number: synced.append(number))
    ledger = CheckLedger(tmp_path / "checks.jsonl")
    ledger.record(verdict(RAW))
    ledger.record_crash(MART, ValueError("no"))
    assert len(synced) == 2
