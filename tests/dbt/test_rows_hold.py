"""Every rule of a row can be broken and is named then: each is tried on one row in the shape of its model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.pipeline.dbt import failure
from tests.dbt.conftest import Empty, RunDbt

AFTER_T = "9999-12-31 00:00:01"
SOUND = {
    "VARCHAR": "'x'",
    "DOUBLE": "1",
    "BIGINT": "1",
    "INTEGER": "1",
    "HUGEINT": "1",
    "DATE": "date '2025-01-02'",
    "TIMESTAMP": "timestamp '2025-01-02'",
    "BOOLEAN": "true",
}
OTHER = {**dict.fromkeys(("DOUBLE", "BIGINT", "INTEGER", "HUGEINT"), "-7"), "BOOLEAN": "false", "VARCHAR": "'y'"}
OTHER |= {"DATE": "date '2031-01-02'", "TIMESTAMP": "timestamp '2031-01-02'"}
PLAIN = {"VARCHAR": "null", "BOOLEAN": "false"}


@dataclass(frozen=True)
class Rules:
    """One test of rows: what it was given, its query, and of its model the type and a sound value, as SQL, by column."""

    model: str
    given: Mapping[str, Any]
    query: str
    types: Mapping[str, str]
    sound: Mapping[str, str]

    def broken_by(self, connection: duckdb.DuckDBPyConnection, *rows: Mapping[str, str]) -> set[str]:
        """What the test says of sound rows, one for each of `rows`, with these cells in place of its own."""
        types = ", ".join(f'"{column}" {kind}' for column, kind in self.types.items())
        values = ", ".join(f"({', '.join({**self.sound, **cells}.values())})" for cells in rows)
        connection.execute(f"create or replace table tried ({types})")
        connection.execute(f"insert into tried values {values}")
        query, replaced = re.subn(r'from \(select \* from "hashwatt"[^()]*\)', "from tried", self.query)
        assert replaced == 1, self.query
        return {name for (text, *_) in connection.execute(query).fetchall() for name in text.split("; ")}


@pytest.fixture(scope="module")
def every(empty: Empty) -> list[Rules]:
    """The tests of rows that were compiled for every model."""
    manifest = empty.manifest
    rules = []
    with duckdb.connect(str(empty.file), read_only=True) as connection:
        for node in manifest["nodes"].values():
            if node["resource_type"] != "test" or (node.get("test_metadata") or {}).get("name") != "rows_hold":
                continue
            model = manifest["nodes"][node["attached_node"]]
            described = connection.execute(f"describe {model['relation_name']}").fetchall()
            types = {name: kind for name, kind, *_ in described}
            sound = {name: SOUND[kind] for name, kind in types.items()}
            given = node["test_metadata"]["kwargs"]
            for column, accepted in given.get("values", {}).items():
                sound[column] = repr(accepted[0])
            rules.append(Rules(model["name"], given, node["compiled_code"], types, sound))
    return rules


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def test_every_model_of_facts_has_one(every: list[Rules]) -> None:
    files = (Path(__file__).parents[2] / "dbt_project" / "models").rglob("*.*")
    wanted = sorted(path.stem for path in files if path.suffix in (".sql", ".py"))
    # It tells of tables, not of what was known when.
    wanted.remove("meta_freshness")
    assert sorted(rules.model for rules in every) == wanted


def test_a_row_that_stands_twice_is_named(every: list[Rules], connection: duckdb.DuckDBPyConnection) -> None:
    tried = 0
    for rules in every:
        key = rules.given.get("unique", [])
        rule = {f"{', '.join(key)} is unique"} if key else set()
        for cells in ({}, dict.fromkeys(key, "null")):
            alone, twice = rules.broken_by(connection, cells), rules.broken_by(connection, cells, cells)
            assert twice - alone == rule, rules.model
        tried += bool(key)
    assert tried > 50


def test_a_column_without_a_value_is_named(every: list[Rules], connection: duckdb.DuckDBPyConnection) -> None:
    tried = 0
    for rules in every:
        sound = rules.broken_by(connection, {})
        for column in rules.given.get("filled", []):
            named = rules.broken_by(connection, {column: "null"}) - sound
            assert {name for name in named if name.endswith(" is filled")} == {f"{column} is filled"}, rules.model
            tried += 1
    assert tried > 150


def test_a_value_that_is_not_of_the_list_is_named(every: list[Rules], connection: duckdb.DuckDBPyConnection) -> None:
    tried = 0
    for rules in every:
        for column, accepted in rules.given.get("values", {}).items():
            rule = f"{column} is one of its values"
            other = "'none of them'" if isinstance(accepted[0], str) else "-77"
            assert rule in rules.broken_by(connection, {column: other}), rules.model
            allowed = ({column: value} for value in ("null", *map(repr, accepted)))
            assert rule not in rules.broken_by(connection, *allowed), rules.model
            tried += 1
    assert tried > 60


def test_a_row_from_after_t_is_named(every: list[Rules], connection: duckdb.DuckDBPyConnection) -> None:
    tried = 0
    rule = "known_at_or_before_as_of"
    for rules in every:
        if rule in rules.given:
            assert rule not in rules.broken_by(connection, {}), rules.model
            assert rule in rules.broken_by(connection, {"known_at_utc": f"timestamp '{AFTER_T}'"}), rules.model
            tried += 1
    assert tried > 25


def test_every_rule_can_be_broken(every: list[Rules], connection: duckdb.DuckDBPyConnection) -> None:
    """By one of the plainest rows: sound, all null, or sound (as it is, without its words, or with every flag down) but for
    one cell."""
    tried = 0
    for rules in every:
        wanted = set(rules.given.get("rules", {}))
        tried += len(wanted)
        plain = [{}, *({c: v for c, t in rules.types.items() if t == kind} for kind, v in PLAIN.items())]
        odd = [(column, cell) for column in rules.sound for cell in ("null", OTHER[rules.types[column]])]
        rows = [{**cells, column: cell} for column, cell in odd for cells in plain]
        named = rules.broken_by(connection, dict.fromkeys(rules.sound, "null"), *rows) if wanted else set()
        assert wanted <= named, f"{rules.model}: nothing breaks {wanted - named}"
    assert tried > 70


def test_a_failure_tells_the_rule_and_the_row(empty: Empty, lake: Path, run_dbt: RunDbt, tmp_path: Path) -> None:
    """dbt's own count of rows would name neither."""
    file = tmp_path / "hashwatt.duckdb"
    file.write_bytes(empty.file.read_bytes())
    with duckdb.connect(str(file)) as connection:
        connection.execute("create table action as select * from intermediate.int_action__chosen")
        connection.execute(
            "insert into action (instrument, ex_date, action) values ('MARA', date '2025-06-30', 'merger')"
        )
        connection.execute("drop table intermediate.int_action__chosen")
        connection.execute("create view intermediate.int_action__chosen as select * from main.action")
    target = tmp_path / "target"
    finished = run_dbt(file, lake, "test", "--select", "int_action__chosen_rows_hold", target=target)
    assert finished.returncode == 1, finished.stdout[-4000:]
    results = json.loads((target / "run_results.json").read_bytes())["results"]
    told = failure(results, file, target / "dbt.log", "").failed_tests
    assert told is not None
    assert "int_action__chosen_rows_hold: Got 1 result" in told
    lacking = ("provider", "providers_count", "known_at_utc")
    assert f"does_not_hold: {'; '.join(f'{column} is filled' for column in lacking)}, instrument: MARA" in told
    file.unlink()
    assert "Got 1 result" in str(failure(results, file, target / "dbt.log", "").failed_tests)
