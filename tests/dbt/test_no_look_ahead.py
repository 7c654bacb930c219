"""Nothing looks ahead: as of a moment, every published table and claim is the same whether what became known later is in the lake or
not. Over a year of the bundle, and with a model that forgets T, which is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from tests.dbt.models import Models

BUSY = datetime(2025, 11, 3, 12)
"""Deals, bonds and results of one week stand on both sides of this noon."""
YEAR = [datetime(2025, month, day, 21, 30) for month, day in ((2, 28), (5, 9), (8, 15), (11, 24), (12, 31))]


@contextmanager
def built(models: Models, lake: Path, at: datetime) -> Iterator[duckdb.DuckDBPyConnection]:
    """All models as of `at` in schema `whole`, of all raw rows, and in `cut`, of those known by then."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        for schema, known in (("cut", f"known_at_utc <= TIMESTAMP '{at}'"), ("whole", "true")):
            connection.execute(f"CREATE SCHEMA {schema}; USE {schema}")
            models.build(connection, lake, at, only=known)
        yield connection


@pytest.fixture(scope="module")
def busy(models: Models, lake: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with built(models, lake, BUSY) as connection:
        yield connection


def looking_ahead(connection: duckdb.DuckDBPyConnection, models: Models, at: datetime) -> dict[str, int]:
    """Published tables with rows that only one of the two lakes gives, or that were known after `at`, and how many."""
    found = {}
    for name in sorted(one for one in models.sql if not one.startswith(("int_", "stg_"))):
        one, other = (
            f"SELECT * FROM {a}.{name} EXCEPT ALL SELECT * FROM {b}.{name}"
            for a, b in (("whole", "cut"), ("cut", "whole"))
        )
        rows = connection.execute(f"SELECT count(*) FROM (({one}) UNION ALL ({other}))").fetchone()
        column = "last_known_at_utc" if name == "meta_freshness" else "known_at_utc"
        late = connection.execute(f"SELECT count(*) FROM whole.{name} WHERE {column} > TIMESTAMP '{at}'").fetchone()
        assert rows is not None and late is not None
        if rows[0] or late[0]:
            found[name] = rows[0] + late[0]
    return found


def test_nothing_looks_ahead(models: Models, busy: duckdb.DuckDBPyConnection) -> None:
    later = busy.execute("SELECT (SELECT count(*) FROM mart_claims), (SELECT count(*) FROM fct_ai_deal)").fetchone()
    assert later is not None and min(later) > 0
    assert looking_ahead(busy, models, BUSY) == {}


@pytest.mark.long
@pytest.mark.parametrize("at", YEAR, ids=str)
def test_nothing_looks_ahead_over_a_year(at: datetime, models: Models, lake: Path) -> None:
    with built(models, lake, at) as connection:
        assert looking_ahead(connection, models, at) == {}


def test_a_model_that_forgets_the_moment_is_found(models: Models, busy: duckdb.DuckDBPyConnection) -> None:
    forgets = "int_ai_deal__booked"
    models.rebuild(
        busy, BUSY, [one for one in models.made_of(*models.sql) if forgets in models.made_of(one)], {forgets}
    )
    found = looking_ahead(busy, models, BUSY)
    assert {"fct_ai_deal", "mart_contracted_ai_book", "mart_claims"} <= found.keys()
