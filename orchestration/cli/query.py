"""`hashwatt query`, one read-only SQL statement against the current publication, and `hashwatt tables`, what there is to ask."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from orchestration.alone import Alone, too_hungry, too_long
from orchestration.cli.base import EXIT_CODES, near_names, print_lines, wanted_options
from orchestration.cli.output import say, table_lines, write_rows
from orchestration.errors import QueryRefused
from orchestration.export.files import STYLES, write_arrow, write_xlsx
from orchestration.publish.reader import MEMORY_LIMIT, not_the_newest, read_publication
from orchestration.settings import Settings
from quality.sql import literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_FETCH = 2_000
_BATCH_ROWS = 20_000
_UNKNOWN_TABLE = re.compile(r"Table with name (.+?) does not exist")


def _memory(ctx: click.Context, param: click.Parameter, size: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,5}(MB|GB)", size, flags=re.IGNORECASE):
        raise click.BadParameter(f"{size!r} is not a size such as 500MB or 4GB")
    return size


# SQL may begin with a comment, `-- like this`, and is then no option.
@click.command(cls=Alone, epilog=EXIT_CODES, context_settings={"ignore_unknown_options": True})
@click.argument("sql")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "records", "csv", "json", *STYLES]),
    help="table, a line a row, and records, a line a column: for people; csv: formulas escaped; json: an array of objects; "
    "xlsx, parquet, arrow: files, to be redirected. "
    "When not given: a table, and records on a terminal too narrow for it.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Rows shown at most as table or records; the others give all rows.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up then.",
)
@click.option(
    "--memory",
    callback=_memory,
    default=MEMORY_LIMIT,
    show_default=True,
    metavar="SIZE",
    help="Memory the query may use, as 500MB or 4GB.",
)
@wanted_options
@click.pass_obj
def query(
    settings: Settings,
    sql: str,
    style: str | None,
    max_rows: int,
    timeout: float,
    memory: str,
    wanted: str | date | None,
) -> None:
    """Ask the current publication, or another that is kept, one read-only question in SQL; `-` reads it from standard
    input.

    \b
    Examples:
      hashwatt query "select issuer, value_usd_m from mart_contracted_ai_book order by 2 desc"
      hashwatt query "describe fct_bond_tranche"
      hashwatt query "from mart_hyperscaler_capex" --format csv > capex.csv
      hashwatt query "from mart_contracted_ai_book" --format xlsx > book.xlsx
    """
    if style in STYLES and sys.stdout.isatty():
        raise click.UsageError(f"--format {style} is no text for a terminal; redirect it, as in > result.{style}")
    if wanted is None and (said := not_the_newest(settings)):
        say(f"note: {said}", err=True)
    statement = _decoded(click.get_binary_stream("stdin").read() if sql == "-" else os.fsencode(sql))
    with run_query(settings, statement, wanted=wanted, timeout_seconds=timeout, memory_limit=memory) as found:
        columns, rows, batches = found
        if style in ("csv", "json"):
            write_rows(style, columns, rows)
            return
        if style == "xlsx":
            write_xlsx(columns, rows, sys.stdout.buffer)
            return
        if style in STYLES:
            write_arrow(style, batches(), sys.stdout.buffer)
            return
        print_lines(table_lines(columns, islice(rows, max_rows), shape=style))
        if next(rows, None) is not None:
            say(f"only the first {max_rows} rows are shown: give --max-rows, or --format csv for all", err=True)


@click.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@wanted_options
@click.pass_obj
def tables(settings: Settings, name: str | None, wanted: str | date | None) -> None:
    """The published tables; with NAME, the columns of one: type, unit, meaning."""
    with read_publication(settings, wanted) as (opened, connection):
        found = connection.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall()
        facts = opened.manifest.get("tables", {})
        published = {table: (table, facts.get(table, {}).get("rows", 0), comment or "") for table, comment in found}
        if name is None:
            print_lines(table_lines(("table", "rows", "description"), published.values()))
            return
        if name not in published:
            raise _no_such_table(name, published)
        columns = connection.execute(
            "SELECT column_name, data_type, coalesce(unit, ''), if(is_key, 'key', ''), coalesce(description, '') "
            f"FROM meta_column WHERE table_name = {literal(name)} ORDER BY position"
        ).fetchall()
        _, rows, description = published[name]
        print_lines((f"{name}: {rows:,} rows. {description}", ""))
        print_lines(table_lines(("column", "type", "unit", "key", "description"), columns))


def _decoded(sql: bytes) -> str:
    try:
        return sql.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QueryRefused(
            f"the SQL is not UTF-8: byte {error.start + 1} is {sql[error.start]:#04x}",
            "save it as UTF-8, or for instance `iconv -f latin1 -t utf-8 FILE | hashwatt query -`",
        ) from error


class Result(NamedTuple):
    """An open result: column names and rows, which are read as they are asked for, or in their place Arrow's batches."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    batches: Callable[[], pa.RecordBatchReader]


@contextmanager
def run_query(
    settings: Settings,
    sql: str,
    *,
    wanted: str | date | None = None,
    timeout_seconds: float = 60.0,
    memory_limit: str = MEMORY_LIMIT,
) -> Iterator[Result]:
    """Run one SELECT (or EXPLAIN, DESCRIBE, SHOW, SUMMARIZE) against the current publication, or the kept one `wanted`.

    The block reads `rows`; everything belongs to the publication resolved at the start.
    Raises QueryRefused with what to do, NothingPublished, or PublicationDamaged.
    """
    import duckdb

    with read_publication(settings, wanted, memory_limit) as (_, connection):
        _require_one_reading_statement(connection, sql)
        timer = threading.Timer(timeout_seconds, connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            connection.execute(sql)
            columns = tuple(str(column[0]) for column in connection.description or [])
            yield Result(columns, _rows(connection), partial(connection.to_arrow_reader, _BATCH_ROWS))
        except duckdb.Error as error:
            raise _refusal(connection, error, timeout_seconds) from error
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
            "use SELECT, DESCRIBE, SHOW TABLES, SUMMARIZE or EXPLAIN; to keep a result, redirect --format csv or parquet to a file",
        )


def _refusal(connection: duckdb.DuckDBPyConnection, error: duckdb.Error, timeout_seconds: float) -> QueryRefused:
    import duckdb

    said = _first_lines(error)
    match error:
        case duckdb.InterruptException():
            return too_long(timeout_seconds)
        case duckdb.OutOfMemoryException():
            return too_hungry()
        case duckdb.PermissionException():
            said = f"queries reach no file, no network and no extension: {said}"
            return QueryRefused(said, "read the published tables only; `hashwatt tables` lists them")
        case duckdb.CatalogException() if unknown := _UNKNOWN_TABLE.search(str(error)):
            known = connection.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
            return _no_such_table(unknown.group(1), [name for (name,) in known])
        case duckdb.CatalogException():
            return QueryRefused(said, "see DuckDB's list of functions, or `hashwatt tables` for tables")
    return QueryRefused(said, "`hashwatt tables NAME` shows the columns of a table")


def _no_such_table(name: str, known: Collection[str]) -> QueryRefused:
    """The error about table `name`, with the names among `known` that are near."""
    return QueryRefused(f"there is no table {name}{near_names(name, known)}", "`hashwatt tables` lists all tables")


def _first_lines(error: Exception) -> str:
    """The error without DuckDB's picture of the statement."""
    lines = str(error).split("\n\nLINE ")[0].splitlines()
    return " ".join(line.strip() for line in lines if line.strip())
