"""dbt's tests across rows can fail: each finds nothing in a small good world, and something once the world is broken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.dbt.models import END_OF_TIME, T_MARK, Models
from tests.gates.test_mutations import changed
from tests.gates.world import marts_world

BROKEN: Mapping[str, Sequence[str]] = yaml.safe_load(
    Path(__file__).with_name("broken_models.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def world() -> Iterator[duckdb.DuckDBPyConnection]:
    with marts_world() as connection:
        connection.execute("CREATE SCHEMA staging; CREATE SCHEMA intermediate")
        connection.execute(
            "CREATE VIEW staging.stg_ledger__capex_quarter AS SELECT *, value AS value_usd_m FROM raw.raw_ledger__capex_quarter"
        )
        connection.execute(
            "CREATE TABLE intermediate.int_financial__quarter (issuer VARCHAR, metric VARCHAR, calendar_quarter VARCHAR)"
        )
        yield connection


@pytest.mark.parametrize("name", BROKEN)
def test_a_test_of_a_model_can_fail(name: str, models: Models, world: duckdb.DuckDBPyConnection) -> None:
    sql = models.tests[name].replace(T_MARK, f"{END_OF_TIME}")
    assert world.execute(sql).fetchall() == []
    for statement in BROKEN[name]:
        with changed(world, statement):
            assert world.execute(sql).fetchall() != [], statement
