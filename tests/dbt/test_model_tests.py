"""dbt's tests across rows can fail: each finds nothing in a small good world, and something once the world is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.dbt.conftest import RunDbt
from tests.gates.test_mutations import changed
from tests.gates.world import marts_world

BROKEN: Mapping[str, Sequence[str]] = yaml.safe_load(
    Path(__file__).with_name("broken_models.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def compiled(run_dbt: RunDbt, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tests' SQL by name, relations without the name of a database."""
    home = tmp_path_factory.mktemp("model_tests")
    done = run_dbt(home / "hashwatt.duckdb", lake, "compile", "--select", *BROKEN, target=home / "target")
    assert done.returncode == 0, done.stdout[-4000:]
    files = (home / "target" / "compiled" / "hashwatt" / "tests").glob("*.sql")
    return {path.stem: re.sub(r'"hashwatt"\.', "", path.read_text(encoding="utf-8")) for path in files}


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
def test_a_test_of_a_model_can_fail(name: str, compiled: Mapping[str, str], world: duckdb.DuckDBPyConnection) -> None:
    assert world.execute(compiled[name]).fetchall() == []
    for statement in BROKEN[name]:
        with changed(world, statement):
            assert world.execute(compiled[name]).fetchall() != [], statement
