"""Copies a publication into a schema of a PostgreSQL database: it is made in a schema beside, which takes the place of the one
before in one transaction. Readers see the copy before or this one, and a copy that was killed is thrown away by the next one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orchestration.errors import ExportFailed
from orchestration.export.address import fit, without_secrets
from orchestration.progress import report
from orchestration.publish.build import DATABASE_NAME, keys_of
from orchestration.publish.reader import read_publication
from orchestration.settings import Settings
from quality.sql import literal, quoted

if TYPE_CHECKING:
    import duckdb
    from adbc_driver_postgresql.dbapi import Connection

SCHEMA: Final = "hashwatt"
READER: Final = "hashwatt_reader"
WAIT_SECONDS: Final = 300.0
_OURS: Final = "hashwatt publication "
_TYPES: Final = {"DOUBLE": "double precision", "VARCHAR": "text"}
_BATCH_ROWS: Final = 100_000
# An attempt to lock the tables ends before a server's deadlock_timeout of one second: where a query and the swap wait for
# each other it is the swap that gives way.
_PATIENCE_MS: Final = 500
_REMEDIES: Final = {
    "2BP01": "move what is named out of the schema, and make views over its tables anew after each copy, or keep their SQL in "
    "the tool that asks it",
    "42501": "connect as the role that made the schema; a new schema needs CREATE on the database, and a new role CREATEROLE, "
    "without which --reader takes one that exists",
    "55P03": "queries kept the copy before open all the while: end them (pg_stat_activity lists them), or give a longer --wait",
}
_ELSE: Final = "see that the server runs, the database exists and the role may log in, and run the command again"


@dataclass(frozen=True)
class Copied:
    """A copy that stands: how many tables and rows it has. It is not new where the same publication was there already."""

    publication_id: str
    schema: str
    tables: int
    rows: int
    seconds: float
    is_new: bool


def copy(
    settings: Settings,
    address: str,
    *,
    schema: str = SCHEMA,
    reader: str = READER,
    wanted: str | date | None = None,
    wait_seconds: float = WAIT_SECONDS,
) -> Copied:
    """Make `schema` the current publication, or the kept one `wanted`, for role `reader` to read. Queries that still read the
    copy before are waited for. `address` is what libpq connects to.

    Raises ExportFailed, NothingPublished or PublicationDamaged; what readers of the database see is then as it was.
    """
    began = time.monotonic()
    with read_publication(settings, wanted) as (publication, source), _connected(address) as target:
        tables, new, old = _tables(source), f"{schema}_next", f"{schema}_before"

        def copied(*, is_new: bool) -> Copied:
            rows = sum(int(facts["rows"]) for facts in publication.manifest["tables"].values())
            return Copied(publication.id, schema, len(tables), rows, time.monotonic() - began, is_new)

        standing = _standing(target, schema)
        _drop_copy(target, old, wait_seconds)
        if standing == publication.id:
            return copied(is_new=False)
        _drop_copy(target, new, wait_seconds)
        number = _make(source, target, new, tables, publication.id, reader, settings)
        try:
            if standing is not None:
                _set_aside(target, schema, old, number, wait_seconds)
                settings.reach("old_set_aside")
            _run(target, f"ALTER SCHEMA {quoted(new)} RENAME TO {quoted(schema)}")
            settings.reach("schema_swapped")
            target.commit()
        except Exception:
            target.rollback()
            _run(target, f"DROP SCHEMA {quoted(new)} CASCADE")
            target.commit()
            raise
        settings.reach("swap_committed")
        with suppress(target.Error):  # who still reads the copy before may go on: the next copy drops it
            _drop_copy(target, old, wait_seconds)
        return copied(is_new=True)


def _make(
    source: duckdb.DuckDBPyConnection,
    target: Connection,
    schema: str,
    tables: list[_Table],
    publication_id: str,
    reader: str,
    settings: Settings,
) -> str:
    """Fill a new `schema` and commit it; the number of the transaction."""
    _run(target, f"CREATE SCHEMA {quoted(schema)}")
    _run(target, f"COMMENT ON SCHEMA {quoted(schema)} IS {literal(_OURS + publication_id)}")
    settings.reach("schema_made")
    for table in tables:
        report(f"copying {table.name}")
        _run(target, table.ddl(schema))
        with target.cursor() as cursor:
            rows = source.execute(f"FROM {quoted(table.name)}").to_arrow_reader(_BATCH_ROWS)
            cursor.adbc_ingest(table.name, rows, mode="append", db_schema_name=schema)
        settings.reach("table_loaded")
    for table in tables:
        for statement in table.finish(schema):
            _run(target, statement)
    settings.reach("tables_finished")
    if not _run(target, f"SELECT 1 FROM pg_roles WHERE rolname = {literal(reader)}"):
        _run(target, f"CREATE ROLE {quoted(reader)} NOLOGIN")
    _run(target, f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(reader)}")
    _run(target, f"GRANT SELECT ON ALL TABLES IN SCHEMA {quoted(schema)} TO {quoted(reader)}")
    ((number,),) = _run(target, "SELECT pg_current_xact_id()::xid::text")
    settings.reach("reader_let_in")
    target.commit()
    settings.reach("copy_committed")
    return str(number)


class _Table(NamedTuple):
    """A published table: columns as (name, PostgreSQL type with NOT NULL, comment)."""

    name: str
    comment: str | None
    columns: list[tuple[str, str, str | None]]
    key: list[str]

    def ddl(self, schema: str) -> str:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind, _ in self.columns)
        return f"CREATE TABLE {quoted(schema)}.{quoted(self.name)} ({columns})"

    def finish(self, schema: str) -> Iterator[str]:
        """What is quicker once the rows are there: key, comments, statistics for the planner."""
        place = f"{quoted(schema)}.{quoted(self.name)}"
        if self.key:
            yield f"ALTER TABLE {place} ADD PRIMARY KEY ({', '.join(map(quoted, self.key))})"
        if self.comment:
            yield f"COMMENT ON TABLE {place} IS {literal(self.comment)}"
        for name, _, comment in self.columns:
            if comment:
                yield f"COMMENT ON COLUMN {place}.{quoted(name)} IS {literal(comment)}"
        yield f"ANALYZE {place}"


def _tables(source: duckdb.DuckDBPyConnection) -> list[_Table]:
    keys = keys_of(source, Path(DATABASE_NAME).stem)
    columns: dict[str, list[tuple[str, str, str | None]]] = {}
    for table, name, kind, is_nullable, comment in source.execute(
        "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
        "WHERE schema_name = 'main' AND NOT internal ORDER BY table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append(
            (name, f"{_TYPES.get(kind, kind)}{'' if is_nullable else ' NOT NULL'}", comment)
        )
    comments = source.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall()
    return [_Table(name, comment, columns[name], keys.get(name, [])) for name, comment in comments]


@contextmanager
def _connected(address: str) -> Iterator[Connection]:
    """A connection, in transactions. What the server says is told as an ExportFailed, without a password of the address."""
    from adbc_driver_postgresql import dbapi

    try:
        with dbapi.connect(fit(address)) as connection:
            yield connection
    except dbapi.Error as error:
        said = {name.removeprefix("PG_DIAG_"): value for name, value in _details(error)}
        told = "; ".join(filter(None, (said.get("MESSAGE_PRIMARY"), said.get("MESSAGE_DETAIL"))))
        told = told or str(error).partition("[libpq] ")[2] or str(error)
        told = without_secrets(" ".join(told.replace("Failed to connect: ", "").split()), address)
        raise ExportFailed(f"PostgreSQL: {told}", _REMEDIES.get(error.sqlstate or "", _ELSE)) from None


def _details(error: Any) -> Iterator[tuple[str, str]]:
    for name, value in error.details:
        yield (name if isinstance(name, str) else name.decode()), value.decode(errors="replace")


def _run(target: Connection, sql: str) -> list[tuple[Any, ...]]:
    with target.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


def _standing(target: Connection, schema: str) -> str | None:
    """The publication of the copy that stands there, None where there is no such schema. As long as this connection is open no
    other copy goes into the schema."""
    ((is_free,),) = _run(target, f"SELECT pg_try_advisory_lock(hashtext({literal(_OURS + schema)}))")
    if not is_free:
        raise ExportFailed(f"another copy into schema {schema} is being made", "wait until it has ended")
    return _publication_of(target, schema)


def _publication_of(target: Connection, schema: str) -> str | None:
    found = _run(
        target, f"SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = {literal(schema)}"
    )
    if found and not str(found[0][0]).startswith(_OURS):
        raise ExportFailed(f"schema {schema} was not made by a copy, and would be lost", "give --schema another name")
    return str(found[0][0]).removeprefix(_OURS) if found else None


def _drop_copy(target: Connection, schema: str, wait_seconds: float) -> None:
    """Drop a copy, if there is one: not finished, or replaced. Queries that found it are waited for."""
    if _publication_of(target, schema) is not None:
        _lock(target, schema, "SELECT tablename FROM pg_tables WHERE schemaname = " + literal(schema), wait_seconds)
        _run(target, f"DROP SCHEMA {quoted(schema)} CASCADE")
        target.commit()


def _set_aside(target: Connection, schema: str, old: str, number: str, wait_seconds: float) -> None:
    """Give the copy before the name `old`. All its tables are locked: a query that has found one of them finds all of them old,
    and one that waits for them looks the names up again and finds all of them new. Its tables stay until that is committed,
    since a query that still knows the schema by its old name must find what it can wait for."""
    _run(target, _in_its_language("until_all_see_it", number=number, seconds=wait_seconds))
    tables = _lock(target, schema, f"SELECT DISTINCT table_name FROM {quoted(schema)}.meta_column", wait_seconds)
    # Dropping them is tried now, so that what others hang on them is told before anything has changed.
    _run(target, "SAVEPOINT untouched")
    _run(target, f"DROP TABLE {', '.join(tables)}")
    _run(target, f"DROP SCHEMA {quoted(schema)}")
    _run(target, "ROLLBACK TO SAVEPOINT untouched")
    _run(target, f"ALTER SCHEMA {quoted(schema)} RENAME TO {quoted(old)}")


def _lock(target: Connection, schema: str, named: str, wait_seconds: float) -> list[str]:
    """Lock the tables that the query `named` names, which are returned, against every query."""
    tables = sorted(f"{quoted(schema)}.{quoted(name)}" for (name,) in _run(target, named))
    literals = ", ".join(map(literal, tables))
    _run(target, _in_its_language("lock_tables", tables=literals, seconds=wait_seconds, patience=_PATIENCE_MS))
    return tables


def _in_its_language(name: str, **given: object) -> str:
    """A wait in the server's own language, in which an attempt in vain lets all its locks go."""
    return Path(__file__).with_name(f"{name}.sql").read_text(encoding="utf-8").format(**given)
