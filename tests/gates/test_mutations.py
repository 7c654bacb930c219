"""Every rule of every suite earns its place: one change to a good world makes it fail, with no others but those named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from ingestion.contracts import TABLES
from quality.rules import Context, Rule, Suite
from quality.runner import assess, judge, measure
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.companions import CONTRACT_COMPANIONS
from tests.gates.mart_mutations import MART_MUTATIONS
from tests.gates.marts_world import marts_world
from tests.gates.mutation import Mutation, contract_mutations
from tests.gates.raw_mutations import RAW_MUTATIONS
from tests.gates.world import NOW, raw_world

pytestmark = pytest.mark.gates

SUITES: dict[str, Suite] = {**RAW_SUITES, **MART_SUITES}
MUTATIONS: tuple[Mutation, ...] = (
    *(mutation for table in TABLES.values() for mutation in contract_mutations(table, CONTRACT_COMPANIONS)),
    *RAW_MUTATIONS,
    *MART_MUTATIONS,
)
GOOD = Context(now_utc=NOW)

Observed = dict[str, float | None]


class World:
    """A connection to the good world, and what each suite observes in it."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.baselines: dict[tuple[str, Context], Observed] = {}

    def baseline(self, suite: Suite, context: Context) -> Observed:
        if (suite.table, context) not in self.baselines:
            self.baselines[suite.table, context] = observe(self.connection, suite, context)
        return self.baselines[suite.table, context]


def observe(connection: duckdb.DuckDBPyConnection, suite: Suite, context: Context) -> Observed:
    """What the runner's own statements see: the prerequisites, and the other rules when these hold."""
    first = tuple(rule for rule in suite.rules if rule.prerequisite)
    rest = tuple(rule for rule in suite.rules if not rule.prerequisite)
    _, observed = measure(connection, first, suite.relation, context)
    if any(observed[rule.name] for rule in first if rule.violations):
        return observed
    return observed | measure(connection, rest, suite.relation, context)[1]


@pytest.fixture(scope="module")
def raw() -> Iterator[World]:
    with raw_world() as connection:
        yield World(connection)


@pytest.fixture(scope="module")
def marts() -> Iterator[World]:
    with marts_world() as connection:
        yield World(connection)


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.table)
def test_the_good_world_keeps_every_rule(suite: Suite, raw: World, marts: World) -> None:
    verdict = judge((raw if suite.schema == "raw" else marts).connection, suite, None, GOOD)
    assert verdict.failures == (), verdict.message()
    assert verdict.passed
    assert verdict.rows > 0
    assert [outcome.rule for outcome in verdict.outcomes] == [rule.name for rule in _in_order(suite)]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_mutation_breaks_its_rule(mutation: Mutation, raw: World, marts: World) -> None:
    """Great Expectations judges what the mutation changed. What it left as it was in the good world passed there, and
    each expectation reads its own column alone."""
    suite = SUITES[mutation.suite]
    world = raw if suite.schema == "raw" else marts
    context = replace(GOOD, **mutation.context)
    baseline = world.baseline(suite, GOOD)
    with applied(mutation, world.connection):
        observed = observe(world.connection, suite, context)
    changed: tuple[Rule, ...] = tuple(suite.rule(name) for name, value in observed.items() if value != baseline[name])
    passed = assess(changed, {rule.name: observed[rule.name] for rule in changed}, context) if changed else {}
    failed = {name for name, held in passed.items() if not held}
    assert failed == {mutation.rule, *mutation.companions}


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.table)
def test_every_rule_has_a_mutation(suite: Suite) -> None:
    assert {m.rule for m in MUTATIONS if m.suite == suite.table} == {rule.name for rule in suite.rules}


def test_mutations_have_names_of_their_own() -> None:
    ids = [mutation.id for mutation in MUTATIONS]
    assert len(ids) == len(set(ids))


def test_companions_are_named_for_mutations_that_exist() -> None:
    named = {f"{table}.{rule}" for table, rule in CONTRACT_COMPANIONS}
    assert named <= {mutation.id for mutation in MUTATIONS}


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.table)
def test_a_suite_names_what_it_reads(suite: Suite, raw: World, marts: World) -> None:
    """In a connection that holds only what the suite says it reads, it can be judged."""
    source = (raw if suite.schema == "raw" else marts).connection
    with duckdb.connect(":memory:") as alone:
        alone.execute("CREATE SCHEMA raw")
        for relation in (suite.relation, *suite.reads):
            frame: Any = source.table(relation).to_arrow_table()
            alone.register("frame", frame)
            alone.execute(f"CREATE TABLE {relation} AS SELECT * FROM frame")
        assert observe(alone, suite, GOOD) == (raw if suite.schema == "raw" else marts).baseline(suite, GOOD)


def test_raw_suites_read_in_an_order_that_exists() -> None:
    """No raw table waits for one that waits for it."""
    waiting = {suite.relation: set(suite.reads) for suite in RAW_SUITES.values()}
    while waiting:
        ready = {name for name, reads in waiting.items() if not reads & set(waiting)}
        assert ready, f"these wait for each other: {sorted(waiting)}"
        waiting = {name: reads for name, reads in waiting.items() if name not in ready}


@contextmanager
def applied(mutation: Mutation, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """The mutation inside a transaction, undone at the end."""
    connection.execute("BEGIN")
    try:
        for statement in mutation.sql:
            connection.execute(statement)
        yield
    finally:
        connection.execute("ROLLBACK")


def _in_order(suite: Suite) -> list[Rule]:
    return sorted(suite.rules, key=lambda rule: not rule.prerequisite)
