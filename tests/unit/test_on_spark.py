"""Tables of two engines held against each other; Spark's part is played by Parquet files in its layout."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from quality.sql import literal
from tests.tables import tables
from tools.on_spark import compare, compare_all, marts_asked_for

DATA = tables(__file__)

ROWS = {
    "MARA": "('MARA', DATE '2025-01-02', TIMESTAMP '2025-01-02 21:15:00', 16.5)",
    "RIOT": "('RIOT', DATE '2025-01-02', TIMESTAMP '2025-01-02 21:15:00', 1e6)",
    "nobody": "(NULL, DATE '2025-01-03', NULL, NULL)",
}
TYPED = "CAST(instrument AS VARCHAR) AS instrument, session_date, CAST(known_at_utc AS TIMESTAMP) AS known_at_utc, CAST(close_usd AS DOUBLE) AS close_usd"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    file = tmp_path / "hashwatt.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE fct AS {select(*ROWS.values())}")
    return file


def select(*rows: str) -> str:
    return f"SELECT {TYPED} FROM (VALUES {', '.join(rows)}) AS t (instrument, session_date, known_at_utc, close_usd)"


def by_spark(tmp_path: Path, *rows: str) -> Path:
    folder = tmp_path / "warehouse" / "main.db" / "fct"
    folder.mkdir(parents=True)
    for number, row in enumerate(rows):
        duckdb.sql(f"COPY ({select(row)}) TO {literal(folder / f'part-{number}.parquet')}")
    return tmp_path / "warehouse"


def test_the_same_rows_in_any_order_are_the_same(published: Path, tmp_path: Path) -> None:
    compared = compare(published, by_spark(tmp_path, *reversed(ROWS.values())), "fct")
    assert (compared.rows_duckdb, compared.rows_spark, compared.differs) == (3, 3, "")
    assert str(compared).split() == ["fct", "3", "the", "same"]


@pytest.mark.parametrize(("name", "was", "now", "differs"), DATA["differs"])
def test_what_differs_is_told(published: Path, tmp_path: Path, name: str, was: str, now: str, differs: str) -> None:
    rows = {**ROWS, name: ROWS[name].replace(was, now)}
    assert rows != ROWS
    assert compare(published, by_spark(tmp_path, *rows.values()), "fct").differs == differs


def test_a_row_that_is_missing_or_stands_twice_is_told(published: Path, tmp_path: Path) -> None:
    missing = compare(published, by_spark(tmp_path / "missing", ROWS["MARA"], ROWS["RIOT"]), "fct")
    assert missing.differs == "1 rows in DuckDB alone, 0 in Spark alone" and "3 / 2" in str(missing)
    twice = compare(published, by_spark(tmp_path / "twice", *ROWS.values(), ROWS["MARA"]), "fct")
    assert twice.differs == "0 rows in DuckDB alone, 1 in Spark alone"


def test_a_mart_that_was_asked_for_and_not_built_is_no_match(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {
        "model.hashwatt.mart_news": "skipped",
        "model.hashwatt.int_fx__usd": "success",
        "test.hashwatt.mart_news.a": "pass",
    }
    told = {"results": [{"unique_id": one, "status": status} for one, status in ended.items()]}
    (tmp_path / "run_results.json").write_text(json.dumps(told))
    asked = marts_asked_for(tmp_path)
    assert asked == ["mart_news"]
    assert not compare_all(published, tmp_path / "warehouse", asked)
    assert "mart_news" in capsys.readouterr().out
