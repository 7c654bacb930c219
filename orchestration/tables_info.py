"""What the current publication holds: tables, columns, freshness and checks, read from its own meta tables."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from orchestration.errors import QueryRefused
from orchestration.publication_build import text
from orchestration.publication_store import Publication
from orchestration.reader import Reading, read_current
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


@dataclass(frozen=True)
class Overview:
    """The state of the current publication: `checks` counts outcomes by status, `freshness` is meta_freshness."""

    publication: Publication
    checks: dict[str, int]
    freshness_columns: tuple[str, ...]
    freshness: tuple[tuple[Any, ...], ...]


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


def overview(settings: Settings) -> Overview:
    """The current publication with its checks and freshness; raises what read_current raises."""
    with read_current(settings) as reading:
        checks = reading.connection.execute("SELECT status, count(*) FROM meta_check GROUP BY 1 ORDER BY 1").fetchall()
        has_freshness = reading.connection.execute(
            "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'meta_freshness'"
        ).fetchone()
        rows: list[tuple[Any, ...]] = []
        columns: tuple[str, ...] = ()
        if has_freshness != (0,):
            rows = reading.connection.execute("FROM meta_freshness ORDER BY source_table").fetchall()
            columns = tuple(str(column[0]) for column in reading.connection.description or [])
        return Overview(reading.publication, dict(checks), columns, tuple(rows))
