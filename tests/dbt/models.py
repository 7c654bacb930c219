"""Every dbt model, compiled once with T still open, to run by DuckDB alone on small worlds of raw rows. No expectations."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contracts import TABLES
from orchestration.pipeline.dbt import load_manifest, prepare_manifest

Row = Mapping[str, Any]

ROOT = Path(__file__).resolve().parents[2]
T_MARK = "7777-07-07 07:07:07"
END_OF_TIME = datetime(9999, 12, 31)
COMMON: Row = {
    "ingested_at_utc": datetime(2026, 11, 20),
    "source": "a test",
    "source_line": 1,
    "source_sha256": "a" * 64,
    "parser_version": "1",
    "citation": "a test",
    "confidence": "high",
    "known_at_basis": "registry",
    "known_at_utc": datetime(2020, 1, 1),
    "valid_from_date": date(2005, 1, 1),
}
"""What a row is given that does not say it itself."""


def compile_models(run_dbt: Callable[..., subprocess.CompletedProcess[str]], lake: Path, home: Path) -> None:
    """Compiles models, and tests across rows, with the project's own dbt, as a build of ours has read it, into `home`/target."""
    prepare_manifest()
    chosen = ["--no-write-json", "--select", "resource_type:model", "test_type:singular", "--vars"]
    finished = run_dbt(
        home / "hashwatt.duckdb", lake, "compile", *chosen, f"{{as_of: '{T_MARK}'}}", target=home / "target"
    )
    assert finished.returncode == 0, finished.stdout[-4000:]


def module_of(model: str) -> ModuleType:
    """The module of a model in Python."""
    (path,) = (ROOT / "dbt_project" / "models").rglob(f"{model}.py")
    spec = importlib.util.spec_from_file_location(model, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules[model] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Models:
    """SQL of the models by name, modules of those in Python, and what each reads; SQL of singular tests, relations with their schema. No dataclass: it would be printed with every failing example."""

    def __init__(self, target: Path) -> None:
        parents: dict[str, list[str]] = load_manifest()["parent_map"]
        self._parents = {
            one.rsplit(".", 1)[1]: {parent.rsplit(".", 1)[1] for parent in parents[one]}
            for one in parents
            if one.startswith("model.")
        }
        files = {path.stem: path for path in (target / "compiled" / "hashwatt" / "models").rglob("*.sql")}
        # Each relation by its bare name, whatever file and schema it would have in a build.
        self.sql = {
            name: re.sub(r'"hashwatt"\."\w+"\."(\w+)"', r'"\1"', files[name].read_text(encoding="utf-8"))
            for name in self._parents.keys() & files.keys()
        }
        self.python = {name: module_of(name) for name in self._parents.keys() - files.keys()}
        assert not any('"hashwatt"' in sql for sql in self.sql.values())
        tests = (target / "compiled" / "hashwatt" / "tests").rglob("*.sql")
        self.tests = {one.stem: one.read_text(encoding="utf-8").replace('"hashwatt".', "") for one in tests}
        assert any(T_MARK in sql for sql in self.sql.values())

    def made_of(self, *wanted: str) -> list[str]:
        """The models named and those that they are made of, in an order in which they can be built."""
        found, left = set[str](), list(wanted)
        while left:
            if (name := left.pop()) not in found and name in self._parents:
                found.add(name)
                left += self._parents[name]
        return list(TopologicalSorter({n: sorted(self._parents[n] & found) for n in sorted(found)}).static_order())

    @contextmanager
    def database(
        self, raw: Mapping[str, Iterable[Row]], as_of: datetime, *wanted: str
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A database of rows of raw tables by name, the others without a row, and the models as tables as known then."""
        names = self.made_of(*wanted)
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            for table in sorted({parent for name in names for parent in self._parents[name]} - set(names)):
                _fill(connection, table, raw.get(table, ()))
            self.rebuild(connection, as_of, names)
            yield connection

    def build(
        self,
        connection: duckdb.DuckDBPyConnection,
        lake: Path,
        as_of: datetime,
        *wanted: str,
        only: str = "true",
        forgetful: Collection[str] = (),
    ) -> None:
        """The models named, all when none is, as tables of the current schema, from the rows of a lake for which `only` holds,
        as known then; `forgetful` ones see no T."""
        for folder in sorted(lake.iterdir()):
            if folder.name in TABLES:
                files = f"read_parquet('{folder}/*/data.parquet', hive_partitioning = false)"
                connection.execute(f"CREATE TABLE {folder.name} AS FROM {files} WHERE {only}")
        self.rebuild(connection, as_of, self.made_of(*(wanted or self.sql)), forgetful)

    def published(self, built: Path, file: Path) -> Path:
        """`file`, with those tables of a database file that are published."""
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"ATTACH '{built}' AS built (READ_ONLY)")
            for name in self.sql:
                if not name.startswith(("int_", "stg_")):
                    connection.execute(f"CREATE TABLE {name} AS FROM built.{name}")
        return file

    def rebuild(
        self,
        connection: duckdb.DuckDBPyConnection,
        as_of: datetime,
        names: Iterable[str],
        forgetful: Collection[str] = (),
    ) -> None:
        """These models, each after those that it is made of, from the tables that are there."""
        for name in names:
            if name in self.python:
                # Read to its end before the connection writes; dbt has two connections for it.
                made = self.python[name].model(SimpleNamespace(ref=connection.table), connection).read_all()
                connection.register("made", made)
                connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS FROM made')
                connection.unregister("made")
                continue
            moment = END_OF_TIME if name in forgetful else as_of
            text = self.sql[name].replace(T_MARK, f"{moment:%Y-%m-%d %H:%M:%S}")
            connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS {text}')

    def rows(self, raw: Mapping[str, Iterable[Row]], as_of: datetime, *wanted: str) -> dict[str, list[Row]]:
        """Rows of the models named, and of those that they are made of, in an order of their own."""
        with self.database(raw, as_of, *wanted) as connection:
            return {
                name: sorted(connection.table(name).to_arrow_table().to_pylist(), key=repr)
                for name in self.made_of(*wanted)
            }


def _fill(connection: duckdb.DuckDBPyConnection, name: str, rows: Iterable[Row]) -> None:
    table = TABLES[name]
    names = [column.name for column in table.columns]
    declared = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    connection.execute(f"CREATE TABLE {name} ({declared})")
    whole = [{**COMMON, **row} for row in rows]
    assert all(set(row) - set(COMMON) <= set(names) for row in whole), name
    if whole:
        schema = pa.schema([pa.field(column.name, column.type) for column in table.columns])
        frame = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in whole], schema=schema)
        connection.register("frame", frame)
        connection.execute(f"INSERT INTO {name} SELECT * FROM frame")
        connection.unregister("frame")
