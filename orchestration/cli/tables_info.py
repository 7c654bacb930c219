"""What the current publication holds: tables and columns, read from its own meta tables."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from orchestration.cli.reader import Reading, read_current
from orchestration.errors import QueryRefused
from orchestration.publish.publication_build import text
from orchestration.settings import Settings


@dataclass(frozen=True)
class TableInfo:
    """A published table: rows and what one row is."""

    name: str
    rows: int
    description: str


@dataclass(frozen=True)
class ColumnInfo:
    """A published column; `unit` is empty for names, dates and flags."""

    name: str
    type: str
    unit: str
    is_key: bool
    description: str


def list_tables(settings: Settings) -> list[TableInfo]:
    """All published tables by name; raises what read_current raises."""
    with read_current(settings) as reading:
        return _tables(reading)


def describe_table(settings: Settings, name: str) -> tuple[TableInfo, list[ColumnInfo]]:
    """Table `name` and its columns in order; raises QueryRefused with near names when there is no such table."""
    with read_current(settings) as reading:
        tables = {table.name: table for table in _tables(reading)}
        if name not in tables:
            near = difflib.get_close_matches(name.lower(), list(tables), n=3, cutoff=0.4)
            hint = f"; near names: {', '.join(near)}" if near else ""
            raise QueryRefused(f"there is no table {name}{hint}", "`hashwatt tables` lists all tables")
        # A bound parameter would make DuckDB's client import pandas; the name is one that the file itself gave.
        found = reading.connection.execute(
            "SELECT column_name, data_type, coalesce(unit, ''), is_key, coalesce(description, '') "
            f"FROM meta_column WHERE table_name = {text(name)} ORDER BY position"
        ).fetchall()
        return tables[name], [ColumnInfo(*row) for row in found]


def _tables(reading: Reading) -> list[TableInfo]:
    tables = reading.connection.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall()
    counts = reading.publication.manifest.get("tables", {})
    return [TableInfo(name, int(counts.get(name, {}).get("rows", 0)), comment or "") for name, comment in tables]
