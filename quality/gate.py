"""The decision: may a run be published, on the word of its check ledger alone. No judging and no side effects here.

A check that is missing, crashed, failed while critical, or that looked at nothing, says no. So does a check that nobody
declared, and one that was recorded with less severity than its rule declares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quality.ledger import WHOLE_TABLE, CheckRecord, Kind, dbt_rule, gate_check_id
from quality.rules import Severity

NOT_EMPTY = "not_empty"


@dataclass(frozen=True)
class ExpectedCheck:
    """A check that must be in the ledger. `severities` are those its rule may count with; none means any will do.

    `may_be_empty`: the table may have no rows where its own rule `not_empty` was no more than a warning.
    """

    check_id: str
    kind: Kind
    table: str
    rule: str
    severities: frozenset[Severity] = frozenset()
    may_be_empty: bool = False


@dataclass(frozen=True)
class Decision:
    """Whether to publish. `counts` is checks by status (missing ones included), `reasons` why not, in stable order."""

    passed: bool
    counts: dict[str, int]
    reasons: tuple[str, ...]


def expected_checks(
    raw_tables: Iterable[str], marts: Iterable[str], dbt_tests: Iterable[str]
) -> tuple[ExpectedCheck, ...]:
    """Every check of a run: all rules of the suites of these tables, and these dbt tests by unique_id.

    Raises KeyError for a table that has no suite.
    """
    from quality.suites import MART_SUITES, RAW_SUITES

    suites = (*(RAW_SUITES[name] for name in raw_tables), *(MART_SUITES[name] for name in marts))
    gates = (
        ExpectedCheck(
            check_id=gate_check_id(suite.table, rule.name),
            kind="gate",
            table=suite.table,
            rule=rule.name,
            severities=rule.severities,
            may_be_empty=suite.rule(NOT_EMPTY).severities != {"critical"},
        )
        for suite in suites
        for rule in suite.rules
    )
    tests = (ExpectedCheck(name, "dbt_test", "", dbt_rule(name)) for name in dbt_tests)
    return (*gates, *tests)


def effective(records: Iterable[CheckRecord]) -> list[CheckRecord]:
    """The last word on each check. A gate judged again after a crash replaces the crash, and a crash what was before it."""
    last: dict[str, CheckRecord] = {}
    for record in records:
        crash = gate_check_id(record.table, WHOLE_TABLE)
        if record.check_id == crash:
            last = {name: old for name, old in last.items() if old.kind != "gate" or old.table != record.table}
        elif record.kind == "gate":
            last.pop(crash, None)
        last[record.check_id] = record
    return list(last.values())


def decide(records: Sequence[CheckRecord], expected: Iterable[ExpectedCheck]) -> Decision:
    """Hold the records of a run against what was expected of it."""
    found = {record.check_id: record for record in effective(records)}
    wanted = {check.check_id: check for check in expected}
    counts = Counter[str](record.status for record in found.values())
    reasons = [] if wanted else ["no check was expected: a gate that asks for nothing lets nothing through"]
    crashed_tables = {r.table for r in found.values() if r.rule == WHOLE_TABLE}
    missing = [check for name, check in wanted.items() if name not in found]
    for table in sorted({check.table for check in missing if check.kind == "gate"} - crashed_tables):
        rules = [check.rule for check in missing if check.table == table and check.kind == "gate"]
        reasons.append(f"{table}: {len(rules)} rules of its gate have no result: {_some(rules)}")
    lost = [check.check_id for check in missing if check.kind == "dbt_test"]
    if lost:
        reasons.append(f"{len(lost)} dbt tests have no result: {_some(lost)}")
    for name, record in found.items():
        reasons += _reasons(record, wanted.get(name), found)
    return Decision(not reasons, {**counts, "missing": len(missing)}, tuple(reasons))


def _reasons(record: CheckRecord, check: ExpectedCheck | None, found: dict[str, CheckRecord]) -> list[str]:
    """Why this record alone keeps the run from being published; empty when it does not."""
    if record.status in ("failed", "crashed"):
        verb = "failed" if record.status == "failed" else "gave no answer"
        return [f"{record.check_id} {verb}: {record.message}"]
    if check is None:
        return [f"{record.check_id} was judged but is declared by no suite"] if record.kind == "gate" else []
    reasons = []
    if check.severities and record.status == "warned" and record.severity not in check.severities:
        declared = " or ".join(sorted(check.severities))
        reasons.append(f"{record.check_id} was let through as {record.severity}, but is declared {declared}")
    if record.kind == "gate" and not record.rows_evaluated:
        not_empty = found.get(gate_check_id(record.table, NOT_EMPTY))
        if not (check.may_be_empty and not_empty is not None and not_empty.status == "warned"):
            reasons.append(f"{record.check_id} looked at no rows")
    return reasons


def _some(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
