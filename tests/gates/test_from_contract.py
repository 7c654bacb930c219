"""What follows from a contract: each table's suite holds every kind of its promises, and each kind refuses what breaks it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import duckdb
import pytest

from ingestion.contracts import TABLES
from ingestion.contracts.contract import REAL, TEXT, Table
from quality.from_contract import FED
from quality.judge import judge
from quality.rules import Context
from quality.suites import RAW_SUITES
from tests.gates.test_mutations import changed
from tests.gates.world import NOW, raw_world
from tests.tables import tables

DATA = tables(__file__)

pytestmark = pytest.mark.gates

GOOD = Context(now_utc=NOW)
BAR, BOND, NAMES, FACT = "raw_market__bar", "raw_ledger__bond_tranche", "raw_ledger__issuer_name", "raw_sec__fact"
SHARE, CONCEPT, DAY = "raw_ledger__ai_deal", "raw_ledger__concept", "raw_network__day"


# One way to break each kind of promise: table, rule, statement.
# What a run put aside, and whether it is more than few: of a registrant, of a provider, of what we ship, of a ledger file.
@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with raw_world() as connection:
        yield connection


@pytest.mark.parametrize(("table", "rule", "sql"), DATA["kinds"])
def test_each_kind_of_promise_is_kept(table: str, rule: str, sql: str, world: duckdb.DuckDBPyConnection) -> None:
    suite = RAW_SUITES[table]
    with changed(world, sql.replace("@", f"raw.{table}")):
        verdict = judge(world, replace(suite, rules=(suite.rule(rule),)), GOOD)
    assert [outcome.rule for outcome in verdict.failures] == [rule]


@pytest.mark.parametrize(("table", "quarantined", "of", "many"), DATA["aside"])
def test_rows_put_aside_are_counted(
    table: str, quarantined: int, of: Any, many: bool, world: duckdb.DuckDBPyConnection
) -> None:
    suite = RAW_SUITES[table]
    counting = tuple(rule for rule in suite.rules if rule.name.startswith("quarantine_"))
    verdict = judge(world, replace(suite, rules=counting), replace(GOOD, quarantined=quarantined, quarantined_of=of))
    broken = {"quarantine_is_empty", *(["quarantine_is_small"] if many else [])}
    assert {outcome.rule for outcome in verdict.failures} == broken
    assert verdict.passed is (not many and table != BOND)


def promised(table: Table) -> Iterator[str]:
    """The rules that the contract's words call for, read off the contract and not off the rules."""
    yield from ("schema_as_declared", "quarantine_is_empty", "not_empty", "key_unique")
    yield from ("known_at_utc_not_in_future", "ingested_at_utc_not_in_future")
    if table.group in ("sec", "extract", *FED):
        yield "quarantine_is_small"
    for column in table.columns:
        if not column.nullable:
            yield "required_present"
            yield from ("text_not_blank",) if column.type == TEXT else ()
        elif column.type == TEXT:
            yield "blank_text_is_null"
        if column.type == REAL:
            yield "numbers_finite"
        if column.allowed:
            yield f"{column.name}_allowed"
        if column.pattern:
            yield f"{column.name}_well_formed"
        if column.positive or column.minimum is not None or column.maximum is not None:
            yield f"{column.name}_in_range"
        if column.references:
            yield f"{column.name}_known"


def test_no_promise_of_a_column_is_left_out() -> None:
    for table in TABLES.values():
        rules = {rule.name: rule for rule in RAW_SUITES[table.name].rules}
        wanted = set(promised(table))
        assert wanted <= set(rules), table.name
        required = {column.name for column in table.columns if not column.nullable}
        named = {name for name in table.schema().names if f'"{name}" IS NULL' in rules["required_present"].query}
        assert named == required, table.name
        lesser = {"quarantine_is_empty", "blank_text_is_null", "not_empty"}
        assert {rules[name].severity for name in wanted - lesser} == {"critical"}, table.name
        assert ("issuer_known" in rules) == ("issuer" in table.schema().names and table.name != "raw_ledger__issuer")
