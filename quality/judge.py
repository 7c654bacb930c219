"""Judging a table: its suite is validated by Great Expectations, and the validation result becomes a verdict.

What good means is in suites/ and in the contracts; what follows from a verdict is in gate.py. Great Expectations takes
seconds to import, so it is imported inside the function that needs it, and once per process.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quality.rules import QUERY, ROW_COUNT, UNEXPECTED_ROWS, Context, Rule, Severity, Suite
from quality.sql import literal, quoted, timestamp

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 5
SAMPLE_CHARACTERS = 240

# The count of rows that every verdict tells.
_ROWS = Rule("rows", "critical", "The rows are counted.", "None.", type=ROW_COUNT, kwargs={"min_value": 0})


class GateError(RuntimeError):
    """A gate could not judge: an expectation raised, or another suite was judged than was asked for."""


@dataclass(frozen=True)
class Outcome:
    """What became of one rule. `observed` is the number of rows that break it, or of rows; `sample` at most five of them."""

    rule: str
    severity: Severity
    passed: bool
    observed: float | None
    limit: str
    sample: tuple[dict[str, Any], ...]
    remedy: str
    states: str


@dataclass(frozen=True)
class Verdict:
    """What became of a table. `unevaluated` names the rules left out because a prerequisite failed."""

    table: str
    rows: int
    outcomes: tuple[Outcome, ...]
    unevaluated: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """True when every rule was evaluated and no critical one failed."""
        return not self.unevaluated and not any(o.severity == "critical" for o in self.failures)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """Outcomes that did not pass, whatever their severity, most severe first."""
        order = {"critical": 0, "warning": 1, "info": 2}
        return tuple(sorted((o for o in self.outcomes if not o.passed), key=lambda o: order[o.severity]))

    def message(self) -> str:
        """For a person: table, rule, number of rows, sample rows and what to do, for each rule that did not pass."""
        if not self.failures:
            return f"{self.table}: {len(self.outcomes)} rules passed on {self.rows:,} rows."
        lines = [describe(self.table, self.rows, outcome) for outcome in self.failures]
        if self.unevaluated:
            lines.append(
                f"{self.table}: {len(self.unevaluated)} other rules could not be evaluated until that is put right."
            )
        return "\n".join(lines)


def describe(table: str, rows: int, outcome: Outcome) -> str:
    """One rule's outcome in words; a passed rule in one line, a failed one with rows and remedy."""
    if outcome.passed:
        return f"{table}.{outcome.rule}: passed on {rows:,} rows."
    observed = "unknown" if outcome.observed is None else f"{outcome.observed:,.10g}"
    head = f"{table}.{outcome.rule} ({outcome.severity}): {observed} found, {outcome.limit} allowed, in {rows:,} rows."
    lines = [head, f"  Rule: {outcome.states}"]
    for row in outcome.sample:
        text = json.dumps(row, default=str, ensure_ascii=False)
        lines.append(f"  Row: {text if len(text) <= SAMPLE_CHARACTERS else text[: SAMPLE_CHARACTERS - 3] + '...'}")
    lines.append(f"  Remedy: {outcome.remedy}")
    return "\n".join(lines)


def judge(connection: duckdb.DuckDBPyConnection, suite: Suite, context: Context) -> Verdict:
    """Judge the table of `suite` by every one of its rules.

    `connection` must also hold the relations `suite.reads` names. Raises GateError when Great Expectations cannot judge,
    be it a single rule, and its own errors when the table is not there.
    """
    from quality.engine import batch_of

    started = time.perf_counter()
    first = tuple(rule for rule in suite.rules if rule.prerequisite)
    rest = tuple(rule for rule in suite.rules if not rule.prerequisite)
    with batch_of(connection, suite.schema, suite.table) as batch:
        found = validate(batch, suite, (_ROWS, *first), context, "BASIC")
        rows = int(found.pop(_ROWS.name).result["observed_value"])
        unbound = not all(one.success for one in found.values())
        if not unbound:
            # Nothing more is asked of a rule that holds: no row breaks it.
            found |= validate(batch, suite, rest, context, "BOOLEAN_ONLY")
        passed = {name: bool(one.success) for name, one in found.items()}
        failed = tuple(rule for rule in suite.rules if not passed.get(rule.name, True))
        seen = _seen(batch, suite, failed, context)
    outcomes = tuple(
        Outcome(
            rule=rule.name,
            severity=rule.severity_in(context),
            passed=passed[rule.name],
            observed=seen[rule.name][0] if rule.name in seen else rows if rule.type == ROW_COUNT else 0.0,
            limit=rule.limit,
            sample=seen[rule.name][1] if rule.name in seen else (),
            remedy=rule.remedy,
            states=rule.states,
        )
        for rule in (first if unbound else (*first, *rest))
    )
    unevaluated = tuple(rule.name for rule in rest) if unbound else ()
    return Verdict(suite.table, rows, outcomes, unevaluated, time.perf_counter() - started)


def validate(
    batch: Any, suite: Suite, rules: Sequence[Rule], context: Context, result_format: str | dict[str, Any]
) -> dict[str, Any]:
    """The batch validated against these rules of the suite: Great Expectations' results by rule name.

    Raises GateError when an expectation raised, or the rules judged are not those asked for.
    """
    from great_expectations import ExpectationSuite

    if not rules:
        return {}
    wanted = ExpectationSuite(suite.table, expectations=[expectation(suite, rule, context) for rule in rules])
    moments = {"now": context.now_utc, "today": context.now_utc.date(), "horizon": context.horizon_utc}
    judged = batch.validate(wanted, result_format=result_format, expectation_parameters=moments)
    return by_rule(suite.table, judged, rules)


def by_rule(table: str, validation: Any, rules: Sequence[Rule]) -> dict[str, Any]:
    """The results of a validation by rule name; raises GateError when one raised, is missing, or was not asked for."""
    found: dict[str, Any] = {}
    for each in validation.results:
        name = each.expectation_config.meta["rule"]
        # An expectation that raised has its exceptions by metric instead of the one flat entry.
        if each.exception_info.get("raised_exception", True):
            raise GateError(f"{table}.{name}: Great Expectations raised: {_raised(each.exception_info)}")
        found[name] = each
    if set(found) != {rule.name for rule in rules} or len(validation.results) != len(rules):
        raise GateError(f"{table}: Great Expectations judged {len(found)} of {len(rules)} rules")
    return found


def expectation(suite: Suite, rule: Rule, context: Context) -> dict[str, Any]:
    """The rule as an entry of an expectation suite, with the moment of judging filled in."""
    kwargs = dict(rule.kwargs)
    if rule.type == UNEXPECTED_ROWS:
        kwargs = {QUERY: _filled(_query(suite, rule), context)}
    return {
        "type": rule.type,
        "kwargs": kwargs,
        "severity": rule.severity_in(context),
        "description": rule.states,
        "meta": {"rule": rule.name, "remedy": rule.remedy},
    }


def _seen(
    batch: Any, suite: Suite, failed: Sequence[Rule], context: Context
) -> dict[str, tuple[float | None, tuple[dict[str, Any], ...]]]:
    """Of each failed rule the number of bad rows and some of them."""
    own = [rule for rule in failed if rule.type == UNEXPECTED_ROWS]
    built_in = [rule for rule in failed if rule.type != UNEXPECTED_ROWS]
    shown = {
        "result_format": "SUMMARY",
        "partial_unexpected_count": SAMPLE_ROWS,
        "unexpected_index_column_names": list(suite.told),
    }
    found = validate(batch, suite, own, context, "COMPLETE") | validate(batch, suite, built_in, context, shown)
    seen = {}
    for name, one in found.items():
        if one.success:
            raise GateError(f"{suite.table}.{name}: Great Expectations took back that the rule is broken")
        observed = one.result.get("unexpected_count", one.result.get("observed_value"))
        rows = one.result.get("partial_unexpected_index_list") or one.result.get("details", {}).get(
            "unexpected_rows", ()
        )
        number = float(observed) if isinstance(observed, int | float) else None
        seen[name] = (number, tuple(dict(row) for row in rows[:SAMPLE_ROWS]))
    return seen


def _query(suite: Suite, rule: Rule) -> str:
    if not rule.where:
        return rule.query
    named = set(re.findall(r"[a-z_][a-z0-9_]*", rule.where))
    shown = (*suite.told, *(name for name in suite.columns if name in named and name not in suite.told))
    return f"SELECT {', '.join(map(quoted, shown))} FROM {{batch}} WHERE {rule.where}"


def _filled(query: str, context: Context) -> str:
    """The query with the moment of judging in it; braces that are no placeholder stay as Great Expectations reads them."""
    parts = {
        "{now}": timestamp(context.now_utc),
        "{horizon}": timestamp(context.horizon_utc),
        "{quarantined_of}": _quarantined_of(context),
    }
    for mark, value in parts.items():
        query = query.replace(mark, value)
    return query


def _quarantined_of(context: Context) -> str:
    """The batches that put rows aside; rows that no batch is named for count as one of which nothing was left."""
    unnamed = context.quarantined - sum(aside for _, aside in context.quarantined_of.values())
    batches = {**context.quarantined_of, "no batch named": (unnamed, unnamed)}
    return ", ".join(f"({literal(name)}, {int(read)}, {int(aside)})" for name, (read, aside) in batches.items())


def _raised(info: Mapping[str, Any]) -> str:
    """The messages of an exception record of Great Expectations, flat or by metric."""
    records = [info] if "exception_message" in info else [one for one in info.values() if isinstance(one, Mapping)]
    return "; ".join(dict.fromkeys(str(one.get("exception_message")) for one in records))
