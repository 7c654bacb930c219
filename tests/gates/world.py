"""A small good world that keeps every rule: each raw table from a file of rows in world/, and the published models made of
them by marts_world.sql, in one DuckDB connection. No mutations here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from ingestion.contracts import TABLES
from ingestion.contracts.contract import Table
from ingestion.extract.reread import offer
from quality.suites import MART_SUITES

HERE = Path(__file__).parent
NOW = datetime(2025, 8, 1, 12)

# What the columns hold that a file of rows leaves out: of every table, and of those that are read from the ledger.
COMMON = {
    "known_at_utc": "2020-01-01",
    "ingested_at_utc": "2025-07-20",
    "source": "here",
    "source_sha256": "0" * 63 + "a",
    "parser_version": "1",
}
EVIDENCE = {"citation": "a filing", "confidence": "high", "known_at_basis": "filing", "source_line": "2"}


def raw_world() -> duckdb.DuckDBPyConnection:
    """A connection in which raw.<table> is a table with the contract's columns and a handful of rows."""
    connection = duckdb.connect(":memory:")
    connection.execute("SET threads = 1")
    connection.execute("CREATE SCHEMA raw")
    offer(connection)
    for table in TABLES.values():
        _fill(connection, table)
    return connection


def _fill(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    declared = ", ".join(f'"{column.name}" {column.sql_type}' for column in table.columns)
    connection.execute(f"CREATE TABLE raw.{table.name} ({declared})")
    rows = connection.read_csv(HERE / "world" / f"{table.name}.csv", header=True, all_varchar=True, na_values="")
    defaults = {**COMMON, **(EVIDENCE if table.group == "ledger" else {})}
    more = [f"'{value}' AS {name}" for name, value in defaults.items() if name not in rows.columns]
    rows.create_view("given")
    connection.execute(f"INSERT INTO raw.{table.name} BY NAME SELECT {', '.join(['*', *more])} FROM given")
    connection.execute("DROP VIEW given")


def marts_world() -> duckdb.DuckDBPyConnection:
    """A connection with the raw world and, in schema main, every published model as a table: one that no own rule reads as
    its key and the moment it was known, in one row."""
    connection = raw_world()
    listed = " UNION ALL ".join(
        f"SELECT '{name}' AS source_table, count(*) AS rows, DATE '2025-01-01' AS first_date, DATE '2025-07-31' AS last_date,"
        f" TIMESTAMP '2025-07-31' AS last_known_at_utc FROM raw.{name}"
        for name in TABLES
    )
    connection.execute(f"CREATE TABLE meta_freshness AS {listed}")
    connection.execute((HERE / "marts_world.sql").read_text(encoding="utf-8"))
    for name, suite in MART_SUITES.items():
        keys = ", ".join(f"'{column}' AS {column}" for column in suite.key)
        connection.execute(
            f"CREATE TABLE IF NOT EXISTS {name} AS SELECT {keys}, TIMESTAMP '2025-07-31' AS known_at_utc"
        )
    return connection
