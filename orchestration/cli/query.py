"""Runs one read-only SQL statement against the current publication. How results look is query_output.py."""

from __future__ import annotations

import difflib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.cli.reader import MEMORY_LIMIT, Reading, read_current
from orchestration.errors import QueryRefused
from orchestration.publish.publication_store import Publication
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

_FETCH = 2_000
_UNKNOWN_TABLE = re.compile(r"Table with name (.+?) does not exist")


@dataclass(frozen=True)
class Result:
    """An open result: column names and rows, which are read as they are asked for."""

    publication: Publication
    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


@contextmanager
def run_query(
    settings: Settings, sql: str, *, timeout_seconds: float = 60.0, memory_limit: str = MEMORY_LIMIT
) -> Iterator[Result]:
    """Run one SELECT (or EXPLAIN, DESCRIBE, SHOW, SUMMARIZE) against the current publication.

    The block reads `rows`; everything belongs to the publication resolved at the start.
    Raises QueryRefused with what to do, NothingPublished, or PublicationDamaged.
    """
    with read_current(settings, memory_limit) as reading:
        _require_one_reading_statement(reading.connection, sql)
        timer = threading.Timer(timeout_seconds, reading.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            with _explained(reading, timeout_seconds):
                reading.connection.execute(sql)
                columns = tuple(str(column[0]) for column in reading.connection.description or [])
                yield Result(reading.publication, columns, _rows(reading.connection))
        finally:
            timer.cancel()


def _rows(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while chunk := connection.fetchmany(_FETCH):
        yield from chunk


def _require_one_reading_statement(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryRefused(_first_lines(error), "check the SQL; DuckDB's dialect applies") from error
    if not statements:
        raise QueryRefused("the query is empty", 'give one SELECT, for example `hashwatt query "from dim_issuer"`')
    if len(statements) > 1:
        raise QueryRefused(
            f"{len(statements)} statements were given; a query is one statement",
            "send them one by one (a PIVOT counts as several unless it lists its values: PIVOT ... IN (...))",
        )
    if statements[0].type not in (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN):
        raise QueryRefused(
            f"{statements[0].type.name} is not allowed: publications are read-only",
            "use SELECT, DESCRIBE, SHOW TABLES, SUMMARIZE or EXPLAIN; to keep a result, redirect --format csv to a file",
        )


@contextmanager
def _explained(reading: Reading, timeout_seconds: float) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        raise QueryRefused(
            f"the query was stopped after {timeout_seconds:g} seconds", "ask for less, or give --timeout SECONDS"
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise QueryRefused(
            "the query needs more memory than it may use", "aggregate or filter first, or give --memory 4GB"
        ) from error
    except duckdb.PermissionException as error:
        raise QueryRefused(
            f"queries reach no file, no network and no extension: {_first_lines(error)}",
            "read the published tables only; `hashwatt tables` lists them",
        ) from error
    except duckdb.CatalogException as error:
        raise QueryRefused(*_unknown_name(reading.connection, error)) from error
    except duckdb.Error as error:
        raise QueryRefused(_first_lines(error), "`hashwatt tables NAME` shows the columns of a table") from error


def _unknown_name(connection: duckdb.DuckDBPyConnection, error: Exception) -> tuple[str, str]:
    unknown = _UNKNOWN_TABLE.search(str(error))
    if unknown is None:
        return _first_lines(error), "see DuckDB's list of functions, or `hashwatt tables` for tables"
    name = unknown.group(1)
    tables = [row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
    near = difflib.get_close_matches(name.lower(), tables, n=3, cutoff=0.4)
    near += [table for table in tables if name.lower() in table and table not in near][:3]
    message = f"there is no table {name}"
    if near:
        message += f"; near names: {', '.join(near)}"
    return message, "`hashwatt tables` lists all tables"


def _first_lines(error: Exception) -> str:
    """The error without DuckDB's picture of the statement."""
    lines = str(error).split("\n\nLINE ")[0].splitlines()
    return " ".join(line.strip() for line in lines if line.strip())
