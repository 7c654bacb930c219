"""The dbt models over providers' answers, compiled once and run by DuckDB alone on small worlds at any T. No expectations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contracts import TABLES
from tests.dbt.conftest import RunDbt

Row = Mapping[str, Any]

T_MARK = "7777-07-07 07:07:07"
RAW = (
    "raw_network__day",
    "raw_macro__observation",
    "raw_feed__request",
    "raw_ledger__provider",
    "raw_ledger__series",
    "raw_ledger__feed",
)
IN_ORDER = (
    "dim_provider",
    "dim_series",
    "int_feed__priority",
    "int_network__measured",
    "int_network__compared",
    "fct_macro_observation",
    "mart_provider_health",
)
REGISTRY = datetime(2020, 1, 1)
COMMON: Row = {
    "ingested_at_utc": datetime(2026, 11, 20),
    "source": "a test",
    "source_sha256": "a" * 64,
    "parser_version": "1",
    "known_at_utc": REGISTRY,
    "valid_from_date": date(2020, 1, 1),
}


class FeedModels:
    """SQL of the models by name, with T still open. No dataclass: it would be printed with every failing example."""

    def __init__(self, sql: Mapping[str, str]) -> None:
        self.sql = sql

    @classmethod
    def compiled(cls, run_dbt: RunDbt, lake: Path, home: Path) -> FeedModels:
        """Compiles with the project's own dbt; `home` is a folder of its own."""
        choice = ("--select", *IN_ORDER, "--vars", f"{{as_of: '{T_MARK}'}}")
        finished = run_dbt(home / "models.duckdb", lake, "compile", *choice, target=home / "target")
        assert finished.returncode == 0, finished.stdout[-4000:]
        found = {path.stem: path for path in (home / "target" / "compiled" / "hashwatt" / "models").rglob("*.sql")}
        sql = {}
        for name in IN_ORDER:
            # Each relation by its bare name, whatever file and schema it would have in a build.
            sql[name] = re.sub(r'"models"\."\w+"\."(\w+)"', r'"\1"', found[name].read_text(encoding="utf-8"))
            assert '"models"' not in sql[name]
        assert any(T_MARK in text for text in sql.values())
        return cls(sql)

    def rows(self, raw: Mapping[str, Iterable[Row]], as_of: datetime, *wanted: str) -> dict[str, list[dict[str, Any]]]:
        """Rows of the models named, in the order in which they are stored, from rows of raw tables by name."""
        with duckdb.connect(":memory:", config={"threads": 1}) as connection:
            for name in RAW:
                _fill(connection, name, raw.get(name, ()))
            for name in IN_ORDER:
                text = self.sql[name].replace(T_MARK, f"{as_of:%Y-%m-%d %H:%M:%S}")
                connection.execute(f'CREATE TABLE "{name}" AS {text}')
            return {name: connection.table(name).to_arrow_table().to_pylist() for name in wanted}


def _fill(connection: duckdb.DuckDBPyConnection, raw: str, rows: Iterable[Row]) -> None:
    table = TABLES[raw]
    names = [column.name for column in table.columns]
    declared = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    connection.execute(f"CREATE TABLE {raw} ({declared})")
    whole = [{**COMMON, **row} for row in rows]
    assert all(set(row) - set(COMMON) <= set(names) for row in whole), raw
    if whole:
        schema = pa.schema([pa.field(column.name, column.type) for column in table.columns])
        frame = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in whole], schema=schema)
        connection.register("frame", frame)
        connection.execute(f"INSERT INTO {raw} SELECT * FROM frame")
        connection.unregister("frame")
