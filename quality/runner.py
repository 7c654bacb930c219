"""Judging a table: one DuckDB pass gives a one-row frame, one Great Expectations validation judges it.

What good means is in suites/; what follows from a verdict is in gate.py. Great Expectations takes seconds to import,
so it is imported here only, inside the function that needs it, and once per process.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from quality.rules import Context, Rule, Severity, Suite, naive_utc
from quality.sql import literal, quoted, timestamp

if TYPE_CHECKING:
    import duckdb

SAMPLE_ROWS = 5
SAMPLE_CHARACTERS = 240

Limits = tuple[tuple[str, Severity, float | None, float | None], ...]


class GateError(RuntimeError):
    """A gate could not judge: its engine raised, or judged something else than it was asked to."""


@dataclass(frozen=True)
class Outcome:
    """What became of one rule. `observed` is the number of violations or the metric; `sample` at most five of the rows."""

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


def judge(connection: duckdb.DuckDBPyConnection, suite: Suite, relation: str | None, context: Context) -> Verdict:
    """Judge `relation` (the suite's own place when None) by every rule of `suite`.

    `connection` must also hold the relations `suite.reads` names. Raises GateError when Great Expectations cannot
    judge, and whatever DuckDB raises when the rules' SQL cannot run.
    """
    started = time.perf_counter()
    where = relation or suite.relation
    first = tuple(rule for rule in suite.rules if rule.prerequisite)
    rest = tuple(rule for rule in suite.rules if not rule.prerequisite)
    judged, unevaluated = first, tuple(rule.name for rule in rest)
    rows, observed = measure(connection, first, where, context)
    if all(_within(rule, observed[rule.name]) for rule in first if rule.violations):
        rows, more = measure(connection, rest, where, context)
        judged, unevaluated, observed = (*first, *rest), (), observed | more
    passed = assess(judged, observed, context)
    outcomes = tuple(
        Outcome(
            rule=rule.name,
            severity=rule.severity_in(context),
            passed=passed[rule.name],
            observed=observed[rule.name],
            limit=rule.limit,
            sample=() if passed[rule.name] else _sample(connection, suite, rule, where, context),
            remedy=rule.remedy,
            states=rule.states,
        )
        for rule in judged
    )
    return Verdict(suite.table, rows, outcomes, unevaluated, time.perf_counter() - started)


def measure(
    connection: duckdb.DuckDBPyConnection, rules: tuple[Rule, ...], relation: str, context: Context
) -> tuple[int, dict[str, float | None]]:
    """Rows of `relation` and, by rule, the violations or the metric: one statement over the data."""
    selected = ["count(*)"]
    for rule in rules:
        if rule.where:
            selected.append(f"count(*) FILTER (WHERE {_render(rule.where, relation, context)})")
        elif rule.violations:
            selected.append(f"(SELECT count(*) FROM ({_render(rule.violations, relation, context)}))")
        else:
            selected.append(f"CAST({_render(rule.metric, relation, context)} AS DOUBLE)")
    answer = connection.execute(f"SELECT {', '.join(selected)} FROM {relation}").fetchone()
    if answer is None:
        raise GateError(f"{relation}: the measuring statement gave no row")
    values = {rule.name: None if value is None else float(value) for rule, value in zip(rules, answer[1:], strict=True)}
    return int(answer[0]), values


def assess(rules: tuple[Rule, ...], observed: dict[str, float | None], context: Context) -> dict[str, bool]:
    """Rule name to passed, judged by one Great Expectations validation of a one-row frame of the observed values."""
    import pandas as pd

    limits: Limits = tuple((rule.name, rule.severity_in(context), *rule.bounds) for rule in rules)
    frame = pd.DataFrame([observed], columns=[rule.name for rule in rules], dtype="float64")
    batch = _batch_definition().get_batch({"dataframe": frame})
    return passed_by_rule(batch.validate(_expectations(limits), result_format="BASIC"), rules)


def passed_by_rule(result: Any, rules: Sequence[Rule]) -> dict[str, bool]:
    """A validation's result by rule name. Raises GateError when an expectation raised or the rules are not those asked for."""
    passed: dict[str, bool] = {}
    for each in result.results:
        name = each.expectation_config.kwargs["column"]
        # An expectation that raised has its exceptions by metric instead of the one flat entry.
        if each.exception_info.get("raised_exception", True):
            raise GateError(f"rule {name}: Great Expectations raised: {each.exception_info}")
        passed[name] = bool(each.success)
    if set(passed) != {rule.name for rule in rules}:
        raise GateError(f"Great Expectations judged {len(passed)} of {len(rules)} rules")
    return passed


@cache
def _batch_definition() -> Any:
    """The one ephemeral context of the process, with analytics and progress bars off, as a source of batches."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    asset = context.data_sources.add_pandas("gates").add_dataframe_asset("observed")
    return asset.add_batch_definition_whole_dataframe("one_row")


@lru_cache(maxsize=256)
def _expectations(limits: Limits) -> Any:
    """The suite of one expectation per rule; it holds no data, so a suite judged again is not built again."""
    from great_expectations import ExpectationSuite
    from great_expectations.expectations.core.expect_column_max_to_be_between import ExpectColumnMaxToBeBetween
    from great_expectations.expectations.metadata_types import FailureSeverity

    return ExpectationSuite(
        name="gate",
        expectations=[
            ExpectColumnMaxToBeBetween(column=name, min_value=low, max_value=high, severity=FailureSeverity(severity))
            for name, severity, low, high in limits
        ],
    )


def _within(rule: Rule, value: float | None) -> bool:
    low, high = rule.bounds
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _sample(
    connection: duckdb.DuckDBPyConnection, suite: Suite, rule: Rule, relation: str, context: Context
) -> tuple[dict[str, Any], ...]:
    """Up to five violations, in a stable order; none for a metric, which is not about single rows."""
    if rule.metric:
        return ()
    if rule.where:
        condition = _render(rule.where, relation, context)
        columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
        told = {*suite.key, "source", "source_line"} | set(re.findall(r"[a-z_][a-z0-9_]*", condition))
        shown = ", ".join(quoted(column) for column in columns if column in told)
        query = f"SELECT {shown} FROM {relation} WHERE {condition}"
    else:
        query = f"SELECT * FROM ({_render(rule.violations, relation, context)})"
    cursor = connection.execute(f"{query} ORDER BY ALL LIMIT {SAMPLE_ROWS}")
    names = [column[0] for column in cursor.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())


def _quarantined_of(context: Context) -> str:
    """The batches that put rows aside; rows that no batch is named for count as one of which nothing was left."""
    unnamed = context.quarantined - sum(aside for _, aside in context.quarantined_of.values())
    batches = {**context.quarantined_of, "no batch named": (unnamed, unnamed)}
    return ", ".join(f"({literal(name)}, {int(read)}, {int(aside)})" for name, (read, aside) in batches.items())


def _render(sql: str, relation: str, context: Context) -> str:
    parts = {
        "{relation}": relation,
        "{now}": timestamp(naive_utc(context.now_utc)),
        "{horizon}": timestamp(context.horizon_utc),
        "{quarantined}": str(int(context.quarantined)),
        "{quarantined_of}": _quarantined_of(context),
    }
    for mark, value in parts.items():
        sql = sql.replace(mark, value)
    return sql
