"""Great Expectations' own SQL engine on a DuckDB connection of ours: the one place that knows how the two are joined.

Importing this module takes seconds; judge.py does it when the first table is judged. A native DuckDB engine of Great
Expectations would replace this module alone.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from duckdb_sqlalchemy import ConnectionWrapper
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    import duckdb


class _Borrowed(ConnectionWrapper):
    """The caller's connection as the SQL engine holds it.

    The engine opens nothing of its own, so a file is never opened in two configurations, which DuckDB refuses, and
    tables in memory or inside a transaction are judged as the caller sees them. It ends nothing either: Great
    Expectations gives a connection back before it fetches, and rolling back would lose the rows.
    """

    def begin(self) -> None: ...

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


@contextmanager
def batch_of(connection: duckdb.DuckDBPyConnection, schema: str, table: str) -> Iterator[Any]:
    """The table or view `schema.table` of `connection` as a batch that suites can be validated against."""
    sources = context().data_sources
    name = uuid.uuid4().hex
    source = sources.add_sql(
        name,
        connection_string="duckdb://",
        create_temp_table=False,
        kwargs={"creator": lambda: _Borrowed(connection), "poolclass": StaticPool},
    )
    try:
        asset = source.add_query_asset(table, query=f"SELECT * FROM {schema}.{table}")
        yield asset.add_batch_definition_whole_table("as it stands").get_batch()
    finally:
        sources.delete(name)


@cache
def context() -> Any:
    """The one ephemeral context of the process, with analytics and progress bars off."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    found: Any = gx.get_context(mode="ephemeral", project_config=config)
    # It would write all of itself out as YAML, to keep nowhere, with each table, query and batch that is added: a third of the time.
    found._save_project_config = lambda: None
    return found


class _Kept(property):
    """A property that remembers what it made of the last object, as long as the object's fields are the same."""

    _last: tuple[Any, dict[str, Any], Any] = (None, {}, None)

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        last, fields, made = self._last
        if owner is None or owner is not last or fields != vars(owner):
            made = super().__get__(owner, kind)
            self._last = (owner, {} if owner is None else dict(vars(owner)), made)
        return made


# An expectation makes its configuration anew each time it is asked for one of its arguments, sixty times for each judgement: a
# third of the time of a gate.
_expectation: Any = Expectation
_expectation.configuration = _Kept(_expectation.configuration.fget)
