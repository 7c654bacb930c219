"""Every rule of every suite earns its place: one change to a good world makes it fail, with no others but those named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pytest
import yaml

from quality.judge import judge
from quality.rules import Context, Suite
from quality.suites import MART_SUITES, RAW_SUITES, own_rules
from tests.gates.world import NOW, marts_world

pytestmark = pytest.mark.gates

SUITES: dict[str, Suite] = {**RAW_SUITES, **MART_SUITES}
GOOD = Context(now_utc=NOW)


@dataclass(frozen=True)
class Mutation:
    """Statements that break one rule of one suite, and the rules of the suite that fail with it."""

    table: str
    rule: str
    sql: str
    also: frozenset[str]


def _mutations() -> Iterator[Mutation]:
    tables = yaml.safe_load(Path(__file__).with_name("mutations.yml").read_text(encoding="utf-8"))
    for table, rules in tables.items():
        relation, target = SUITES[table].relation, rules.pop("target", "")
        for rule, entries in rules.items():
            for entry in entries if isinstance(entries, list) else [entries]:
                told = entry if isinstance(entry, dict) else {"sql": entry}
                sql = told["sql"]
                if sql.startswith("SET "):
                    sql = f"UPDATE @ {sql} WHERE {target}"
                elif sql.startswith("COPY "):
                    replaced = sql.removeprefix("COPY ")
                    sql = f"INSERT INTO @ SELECT * REPLACE ({replaced}) FROM @ WHERE {target}"
                yield Mutation(table, rule, sql.replace("@", relation), frozenset(told.get("also", ())))


MUTATIONS = tuple(_mutations())


@contextmanager
def changed(connection: duckdb.DuckDBPyConnection, *statements: str) -> Iterator[None]:
    """The statements inside a transaction, undone at the end."""
    connection.execute("BEGIN")
    try:
        for statement in statements:
            connection.execute(statement)
        yield
    finally:
        connection.execute("ROLLBACK")


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with marts_world() as connection:
        yield connection


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.table)
def test_the_good_world_keeps_every_rule(suite: Suite, world: duckdb.DuckDBPyConnection) -> None:
    """Of a raw table in a world that holds only what its suite says it reads."""
    others = set(RAW_SUITES) - {suite.table, *(one.removeprefix("raw.") for one in suite.reads)}
    with changed(world, *(f"DROP TABLE raw.{name}" for name in others if suite.schema == "raw")):
        verdict = judge(world, suite, GOOD)
    assert verdict.failures == (), verdict.message()
    assert verdict.passed and verdict.rows > 0
    assert {outcome.rule for outcome in verdict.outcomes} == {rule.name for rule in suite.rules}


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.table}.{m.rule}")
def test_a_mutation_breaks_its_rule(mutation: Mutation, world: duckdb.DuckDBPyConnection) -> None:
    """Of the suite's own rules; those of its contract are broken in test_from_contract.py."""
    suite = SUITES[mutation.table]
    with changed(world, mutation.sql):
        verdict = judge(world, replace(suite, rules=own_rules(suite)), GOOD)
    assert {outcome.rule for outcome in verdict.failures} == {mutation.rule, *mutation.also}


def test_every_own_rule_has_a_mutation() -> None:
    wanted = {(table, rule.name) for table, suite in SUITES.items() for rule in own_rules(suite)}
    assert {(mutation.table, mutation.rule) for mutation in MUTATIONS} == wanted


def test_every_model(world: duckdb.DuckDBPyConnection) -> None:
    future = f"UPDATE main.dim_issuer SET known_at_utc = TIMESTAMP '{NOW}' + INTERVAL 1 SECOND WHERE issuer = 'CORZ'"
    for rule, sql in (("not_empty", "DELETE FROM main.dim_issuer"), ("nothing_from_the_future", future)):
        with changed(world, sql):
            assert [o.rule for o in judge(world, SUITES["dim_issuer"], GOOD).failures] == [rule]


def test_raw_suites_read_in_an_order_that_exists() -> None:
    """No raw table waits for one that waits for it."""
    waiting = {suite.relation: set(suite.reads) for suite in RAW_SUITES.values()}
    while waiting:
        ready = {name for name, reads in waiting.items() if not reads & set(waiting)}
        assert ready, f"these wait for each other: {sorted(waiting)}"
        waiting = {name: reads for name, reads in waiting.items() if name not in ready}
