"""The dbt models over EDGAR facts, compiled once and run by DuckDB alone on small worlds at any T. No expectations here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.contracts import TABLES
from tests.dbt.conftest import RunDbt

Row = Mapping[str, Any]

T_MARK = "7777-07-07 07:07:07"
END_OF_TIME = datetime(9999, 12, 31)
IN_ORDER = (
    "int_concept__mapped",
    "int_fact__filed",
    "int_fact__vintage",
    "int_fact__run",
    "int_fiscal__quarter",
    "int_fiscal__operand",
    "int_cashflow__quarter",
    "int_financial__instant",
    "int_financial__quarter",
    "fct_financial_xbrl",
    "mart_restatement",
    "fct_financial_quarter",
    "mart_number_evidence",
)
COMMON: Row = {
    "ingested_at_utc": datetime(2026, 1, 1),
    "source": "a test",
    "source_sha256": "a" * 64,
    "parser_version": "1",
}


@dataclass(frozen=True)
class SecModels:
    """SQL of the models by name, with T still open."""

    sql: Mapping[str, str]

    @classmethod
    def compiled(cls, run_dbt: RunDbt, lake: Path, home: Path) -> SecModels:
        """Compiles with the project's own dbt; `home` is a folder of its own."""
        choice = ("--select", *IN_ORDER, "--vars", f"{{as_of: '{T_MARK}'}}")
        finished = run_dbt(home / "models.duckdb", lake, "compile", *choice, target=home / "target")
        assert finished.returncode == 0, finished.stdout[-4000:]
        found = {path.stem: path for path in (home / "target" / "compiled" / "hashwatt" / "models").rglob("*.sql")}
        sql = {}
        for name in IN_ORDER:
            text = found[name].read_text(encoding="utf-8")
            # Each relation by its bare name, whatever file and schema it would have in a build.
            sql[name] = re.sub(r'"models"\."\w+"\."(\w+)"', r'"\1"', text)
            assert '"models"' not in sql[name]
        assert any(T_MARK in text for text in sql.values())
        return cls(sql)

    def tables(
        self, facts: Sequence[Row], concepts: Sequence[Row], issuers: Sequence[Row], as_of: datetime = END_OF_TIME
    ) -> dict[str, list[tuple[Any, ...]]]:
        """Rows of every model, sorted, in a database of their own; columns as in `columns`."""
        with self.database(facts, concepts, issuers, as_of) as connection:
            return {
                name: sorted(connection.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr) for name in IN_ORDER
            }

    def database(
        self,
        facts: Sequence[Row],
        concepts: Sequence[Row],
        issuers: Sequence[Row],
        as_of: datetime = END_OF_TIME,
        ledger: Sequence[Row] = (),
    ) -> duckdb.DuckDBPyConnection:
        """A connection in which every model is a table; `ledger` are rows of its capex quarters, in USD million."""
        connection = duckdb.connect(":memory:", config={"threads": 1})
        _fill(connection, "raw_sec__fact", facts)
        _fill(connection, "raw_ledger__concept", concepts)
        _fill(connection, "raw_ledger__capex_quarter", ledger)
        connection.execute(
            "CREATE VIEW stg_ledger__capex_quarter AS SELECT *, value AS value_usd_m FROM raw_ledger__capex_quarter"
        )
        connection.execute(
            "CREATE TABLE dim_issuer (issuer VARCHAR, taxonomy VARCHAR, reporting_currency VARCHAR, business_start_date DATE,"
            " cik VARCHAR DEFAULT '0000000042')"
        )
        for issuer in issuers:
            values = [issuer["issuer"], issuer["taxonomy"], issuer["reporting_currency"], issuer["business_start_date"]]
            connection.execute("INSERT INTO dim_issuer VALUES (?, ?, ?, ?, DEFAULT)", values)
        for name in IN_ORDER:
            text = self.sql[name].replace(T_MARK, f"{as_of:%Y-%m-%d %H:%M:%S}")
            connection.execute(f'CREATE TABLE "{name}" AS {text}')
        return connection


def _fill(connection: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Row]) -> None:
    table = TABLES[name]
    declared = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    connection.execute(f"CREATE TABLE {name} ({declared})")
    if rows:
        schema = pa.schema([pa.field(c.name, c.type) for c in table.columns])
        frame = pa.Table.from_pylist([dict(COMMON) | dict(row) for row in rows], schema=schema)
        connection.register("frame", frame)
        connection.execute(f"INSERT INTO {name} SELECT * FROM frame")
        connection.unregister("frame")
