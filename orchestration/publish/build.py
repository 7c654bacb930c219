"""Builds the DuckDB file and the Parquet files of one publication inside a given folder. No pointer, no gate, no sync."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from orchestration.errors import PublicationFailed
from quality.sql import literal, quoted

if TYPE_CHECKING:
    import duckdb

DATABASE_NAME: Final = "hashwatt.duckdb"
STORAGE_VERSION: Final = "v1.4.0"
PREFIXES: Final = ("dim_", "fct_", "mart_", "meta_")
# Written afresh by each publication, so they say nothing about whether the data is the same.
VOLATILE: Final = ("meta_publication", "meta_check")

_INSERT_ROWS = 500
_ALLOWED_TYPE = re.compile(r"DATE|TIMESTAMP|BIGINT|DOUBLE|VARCHAR|BOOLEAN|DECIMAL\(\d+,\d+\)")


class MetaTable(NamedTuple):
    """A table that publication itself writes: columns as (name, type with constraint, sentence, unit)."""

    name: str
    description: str
    columns: tuple[tuple[str, str, str, str], ...]
    key: tuple[str, ...]

    def ddl(self) -> str:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind, _, _ in self.columns)
        return f"CREATE TABLE {quoted(self.name)} ({columns}, PRIMARY KEY ({', '.join(map(quoted, self.key))}))"


@cache
def meta_tables() -> tuple[MetaTable, ...]:
    """The tables of meta.yml, in its order."""
    import yaml

    told = yaml.load(Path(__file__).with_name("meta.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return tuple(
        MetaTable(
            name,
            table["description"],
            tuple(
                (column, kind, sentence, *(unit or [""]))
                for column, (kind, sentence, *unit) in table["columns"].items()
            ),
            tuple(table["key"]),
        )
        for name, table in told.items()
    )


def open_build(candidate: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the candidate attached read-only and a new publication file in use; raises duckdb.Error."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": str(folder / ".spill"),
        },
    )
    connection.execute(f"ATTACH {literal(candidate)} AS candidate (READ_ONLY)")
    connection.execute(f"ATTACH {literal(folder / DATABASE_NAME)} AS publication (STORAGE_VERSION '{STORAGE_VERSION}')")
    # One transaction for the whole build: hundreds of comments, each with a log entry of its own, would take seconds.
    connection.execute("USE publication.main; BEGIN")
    return connection


def copy_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Copy every table of the candidate's schema `main` with rows, constraints and comments.

    Raises PublicationFailed when the candidate holds a view, a foreign name or a type that BI tools do not read.
    """
    _refuse_unfit(connection)
    keys = keys_of(connection, "candidate")
    tables = connection.execute(
        "SELECT table_name, sql, comment FROM duckdb_tables() "
        "WHERE database_name = 'candidate' AND schema_name = 'main' ORDER BY 1"
    ).fetchall()
    for name, ddl, comment in tables:
        connection.execute(ddl)
        order = ", ".join(map(quoted, keys.get(name, ()))) or "ALL"
        connection.execute(f"INSERT INTO {quoted(name)} SELECT * FROM candidate.main.{quoted(name)} ORDER BY {order}")
        if comment:
            connection.execute(f"COMMENT ON TABLE {quoted(name)} IS {literal(comment)}")
    columns = connection.execute(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = 'candidate' AND schema_name = 'main' AND comment IS NOT NULL"
    ).fetchall()
    for table, column, comment in columns:
        connection.execute(f"COMMENT ON COLUMN {quoted(table)}.{quoted(column)} IS {literal(comment)}")


def write_meta_column(connection: duckdb.DuckDBPyConnection, units: Mapping[tuple[str, str], str]) -> None:
    """Create the three meta tables and fill meta_column from the comments of the file, with the `units` by table and column."""
    known = {**units, **{(meta.name, name): unit for meta in meta_tables() for name, _, _, unit in meta.columns}}
    for meta in meta_tables():
        connection.execute(meta.ddl())
        connection.execute(f"COMMENT ON TABLE {quoted(meta.name)} IS {literal(meta.description)}")
        for name, _, sentence, _ in meta.columns:
            connection.execute(f"COMMENT ON COLUMN {quoted(meta.name)}.{quoted(name)} IS {literal(sentence)}")
    columns = connection.execute(
        "SELECT table_name, column_name, column_index, data_type, comment FROM duckdb_columns() "
        "WHERE database_name = 'publication' AND schema_name = 'main' ORDER BY 1, 2"
    ).fetchall()
    keys = keys_of(connection, "publication")
    rows = [
        (table, column, index, kind, column in keys.get(table, ()), known.get((table, column)) or None, comment)
        for table, column, index, kind, comment in columns
    ]
    insert(connection, "meta_column", rows)


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert rows of texts, whole numbers, flags, dates and nulls, in the order of the table's columns."""
    # Many rows in one statement: a thousand checks one by one would take seconds.
    for start in range(0, len(rows), _INSERT_ROWS):
        values = ", ".join(f"({', '.join(map(_literal, row))})" for row in rows[start : start + _INSERT_ROWS])
        connection.execute(f"INSERT INTO {quoted(table)} VALUES {values}")


def _literal(value: object) -> str:
    # Values stand in the SQL: a bound parameter would make DuckDB's client import pandas, half a second of the build. SQL knows no NUL.
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else literal(str(value).replace("\0", ""))


def table_facts(connection: duckdb.DuckDBPyConnection, *, volatile: bool) -> dict[str, tuple[int, str]]:
    """Rows and content hash of the published tables that are, or are not, VOLATILE.

    The hash covers the definition and the rows, not their order.
    """
    tables = connection.execute(
        "SELECT table_name, sql FROM duckdb_tables() "
        f"WHERE database_name = 'publication' AND (table_name IN {VOLATILE}) = {volatile} ORDER BY 1"
    ).fetchall()
    facts: dict[str, tuple[int, str]] = {}
    for name, ddl in tables:
        row = connection.execute(
            "SELECT count(*), coalesce(string_agg(digest, '' ORDER BY digest), '') "
            f"FROM (SELECT sha256(to_json(t)::VARCHAR) AS digest FROM {quoted(name)} AS t)"
        ).fetchone()
        assert row is not None
        facts[name] = (int(row[0]), hashlib.sha256(f"{ddl}\n{row[1]}".encode()).hexdigest())
    return facts


def content_sha256(facts: dict[str, tuple[int, str]]) -> str:
    """One hash over tables, of those that are not volatile: equal for equal content, whenever it was published."""
    stable = {name: digest for name, (_, digest) in facts.items()}
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()


def close_file(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Commit, checkpoint and close the file, then see that no write-ahead log is left."""
    connection.execute("COMMIT; USE memory.main; CHECKPOINT publication; DETACH publication")
    if (folder / f"{DATABASE_NAME}.wal").exists():
        raise PublicationFailed(f"{folder / DATABASE_NAME} was closed but left a write-ahead log", "run again")


def write_parquet(folder: Path, expected_rows: dict[str, int]) -> None:
    """Reopen the file as a reader would, read every table, and write `parquet/<table>.parquet`.

    Raises PublicationFailed when a table does not hold the rows it was given.
    """
    import duckdb

    (folder / "parquet").mkdir()
    with duckdb.connect(str(folder / DATABASE_NAME), read_only=True) as connection:
        for name, rows in sorted(expected_rows.items()):
            target = folder / "parquet" / f"{name}.parquet"
            connection.execute(f"COPY {quoted(name)} TO {literal(target)} (FORMAT parquet, COMPRESSION zstd)")
            found = connection.execute(
                f"SELECT (SELECT count(*) FROM {quoted(name)}), (SELECT count(*) FROM read_parquet({literal(target)}))"
            ).fetchone()
            if found != (rows, rows):
                raise PublicationFailed(f"{name} has {rows} rows, but reading it back gave {found}", "run again")


def keys_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """Columns of the primary key, in order, of every table of schema `main` that has one."""
    found = connection.execute(
        "SELECT table_name, constraint_column_names FROM duckdb_constraints() "
        f"WHERE database_name = {literal(database)} AND schema_name = 'main' AND constraint_type = 'PRIMARY KEY'"
    ).fetchall()
    return {str(table): list(columns) for table, columns in found}


def _refuse_unfit(connection: duckdb.DuckDBPyConnection) -> None:
    objects = connection.execute(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_catalog = 'candidate' AND table_schema = 'main' ORDER BY 1"
    ).fetchall()
    problems = [] if objects else ["schema main holds no table"]
    for name, kind in objects:
        if kind != "BASE TABLE":
            problems.append(f"{name} is a {kind.lower()}; only tables are published")
        if not name.startswith(PREFIXES):
            problems.append(f"{name} does not start with {', '.join(PREFIXES)}")
        if name in {meta.name for meta in meta_tables()}:
            problems.append(f"{name} is written by publication itself")
    columns = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'candidate' AND schema_name = 'main' AND NOT internal ORDER BY 1, column_index"
    ).fetchall()
    problems += [
        f"{table}.{column} is {kind}; cast it to DATE, TIMESTAMP, BIGINT, DOUBLE, DECIMAL, VARCHAR or BOOLEAN"
        for table, column, kind in columns
        if not _ALLOWED_TYPE.fullmatch(kind)
    ]
    if problems:
        raise PublicationFailed(
            "the candidate cannot be published: " + "; ".join(problems), "change the dbt model named above"
        )
