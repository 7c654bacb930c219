"""Queries: what is let in, what stays out, and how results are written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.cli.query import run_query
from orchestration.cli.query_output import number, write_csv, write_json, write_table
from orchestration.cli.tables_info import describe_table, list_tables
from orchestration.errors import NothingPublished, PublicationDamaged, QueryRefused
from orchestration.settings import Settings
from tests.faults.publication_kit import publish_marker, settings_for, snapshot

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = settings_for(tmp_path_factory.mktemp("home"))
    publish_marker(settings, 1)
    return settings


def ask(settings: Settings, sql: str, **options: Any) -> list[tuple[Any, ...]]:
    with run_query(settings, sql, **options) as result:
        return list(result.rows)


def test_rows_and_names(settings: Settings) -> None:
    with run_query(settings, "select issuer, value_usd_m from mart_book order by value_usd_m limit 2") as result:
        assert result.columns == ("issuer", "value_usd_m")
        assert list(result.rows) == [("I0", 0.5), ("I1", 1.5)]


@pytest.mark.parametrize(
    "sql",
    [
        "from mart_book limit 1",
        "with b as (select 1 as x) select x from b",
        "describe mart_book",
        "summarize mart_book",
        "show tables",
        "explain select 1",
        "values (1)",
        "select 1;",
        "select 1 -- a word; with a semicolon",
        "pivot mart_book on marker in (1) using count(*)",
    ],
)
def test_reading_statements_are_let_in(settings: Settings, sql: str) -> None:
    assert ask(settings, sql)


DOORS = (
    "copy mart_book to '{out}'",
    "copy (select 1) to '{out}' (format parquet)",
    "explain analyze copy mart_book to '{out}'",
    "export database '{out}'",
    "import database '{out}'",
    "select * from read_csv('{secret}')",
    "select * from read_text('{secret}')",
    "select * from read_blob('{secret}')",
    "select * from read_json('{secret}')",
    "select * from read_parquet('{secret}')",
    "select * from sniff_csv('{secret}')",
    "select * from glob('{secret}')",
    "select * from '{secret}'",
    "select * from query('select * from read_text(''{secret}'')')",
    "attach '{secret}' as other",
    "attach '{out}' as other",
    "detach hashwatt",
    "install httpfs",
    "load httpfs",
    "load json",
    "select * from read_csv('https://example.invalid/x.csv')",
    "pragma threads=4",
    "pragma enable_profiling",
    "set memory_limit='8GB'",
    "set enable_external_access=true",
    "reset memory_limit",
    "set variable x = 1",
    "create table t (i integer)",
    "create temp table t (i integer)",
    "create or replace view v as select 1",
    "create secret s (type s3)",
    "create macro m() as 1",
    "insert into mart_book values ('X', 1, 1)",
    "update mart_book set marker = 2",
    "delete from mart_book",
    "drop table mart_book",
    "alter table mart_book add column x integer",
    "truncate mart_book",
    "begin",
    "checkpoint",
    "vacuum",
    "use memory",
    "call pragma_version()",
    "prepare p as select 1",
    "explain analyze insert into mart_book values ('X', 1, 1)",
    "comment on table mart_book is 'x'",
)


@pytest.mark.parametrize("sql", DOORS)
def test_doors_are_shut(settings: Settings, sql: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("canary\n1\n")
    before = snapshot(settings)
    with pytest.raises(QueryRefused) as caught:
        ask(settings, sql.format(secret=secret, out=tmp_path / "out"))
    assert "canary" not in caught.value.message
    assert caught.value.remedy
    assert caught.value.exit_code == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv"]
    assert snapshot(settings) == before


def test_the_same_doors_stand_open_without_the_guards(tmp_path: Path) -> None:
    """The doors above would lead somewhere: a plain connection reads the file and writes one."""
    secret = tmp_path / "secret.csv"
    secret.write_text("canary\n1\n")
    with duckdb.connect() as connection:
        assert connection.execute(f"select * from read_text('{secret}')").fetchall()
        connection.execute(f"copy (select 1) to '{tmp_path / 'out'}'")
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize(("sql", "says"), [("select 1; select 2", "2 statements"), ("", "empty"), (" ; ", "empty")])
def test_one_statement_at_a_time(settings: Settings, sql: str, says: str) -> None:
    with pytest.raises(QueryRefused, match=says):
        ask(settings, sql)


def test_a_pivot_without_values_says_what_to_write(settings: Settings) -> None:
    with pytest.raises(QueryRefused) as caught:
        ask(settings, "pivot mart_book on marker using count(*)")
    assert "IN (...)" in caught.value.remedy


@pytest.mark.parametrize("wrong", ["mart_boook", "MART_BOK", "book"])
def test_an_unknown_table_brings_near_names(settings: Settings, wrong: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        ask(settings, f"select * from {wrong}")
    assert f"there is no table {wrong}" in caught.value.message and "mart_book" in caught.value.message
    assert "hashwatt tables" in caught.value.remedy


def test_an_unknown_column_brings_candidates(settings: Settings) -> None:
    with pytest.raises(QueryRefused) as caught:
        ask(settings, "select value_usd from mart_book")
    assert "value_usd_m" in caught.value.message and "LINE 1" not in caught.value.message


def test_a_syntax_error_is_short(settings: Settings) -> None:
    with pytest.raises(QueryRefused) as caught:
        ask(settings, "selec 1")
    assert "\n" not in caught.value.message


def test_a_long_query_is_stopped(settings: Settings) -> None:
    with pytest.raises(QueryRefused, match=r"stopped after 0\.2 seconds"):
        ask(settings, "select count(*) from range(1000000000000) a", timeout_seconds=0.2)


def test_a_hungry_query_is_stopped(settings: Settings) -> None:
    with pytest.raises(QueryRefused, match="memory"):
        ask(settings, "select list(i) from range(50000000) t(i)", memory_limit="50MB")
    assert sorted(p.name for p in settings.current.resolve().iterdir()) == [
        "hashwatt.duckdb",
        "manifest.json",
        "parquet",
    ]


def test_no_publication(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished) as caught:
        ask(settings_for(tmp_path), "select 1")
    assert "hashwatt refresh" in caught.value.remedy


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    published = publish_marker(settings, 1)
    database = published.path / "hashwatt.duckdb"
    database.write_bytes(database.read_bytes()[:5000])
    with pytest.raises(PublicationDamaged, match=published.id) as caught:
        ask(settings, "select 1")
    assert "rollback" in caught.value.remedy


def test_a_reading_stays_on_its_publication(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    with run_query(settings, "select marker from mart_book limit 1") as result:
        publish_marker(settings, 2)
        assert list(result.rows) == [(1,)]
    assert ask(settings, "select marker from mart_book limit 1") == [(2,)]


def written(write: Any, columns: Sequence[str], *rows: tuple[Any, ...]) -> str:
    out = io.StringIO()
    assert write(columns, iter(rows), out) == len(rows)
    return out.getvalue()


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-cmd", "'-cmd"),
        ("@sum", "'@sum"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ('=a,"b"', '"\'=a,""b"""'),
        ("a=b", "a=b"),
        (-5, "-5"),
        (-0.25, "-0.25"),
        (Decimal("-1.50"), "-1.50"),
        (1e300, "1e+300"),
        (None, ""),
        ("", '""'),
        ("a,b", '"a,b"'),
        ("a\nb", '"a\nb"'),
        (True, "true"),
        (date(2025, 9, 30), "2025-09-30"),
        (datetime(2025, 9, 30, 20), "2025-09-30T20:00:00"),
        ([1, None], '"[1, null]"'),
    ],
)
def test_csv_fields(value: Any, field: str) -> None:
    assert written(write_csv, ("a", "b"), (value, "end")) == f"a,b\n{field},end\n"


def test_csv_escapes_the_header_too() -> None:
    assert written(write_csv, ("=a",)) == "'=a\n"


def test_json_values() -> None:
    row = (1.5, float("nan"), float("inf"), None, date(2025, 1, 2), Decimal("2.50"), "Ä", True, {"k": [float("nan")]})
    names = ("a", "b", "c", "d", "e", "f", "g", "h", "i")
    text = written(write_json, names, row, row)
    found = json.loads(text)
    assert found[0] == dict(
        zip(names, (1.5, None, None, None, "2025-01-02", 2.5, "Ä", True, {"k": [None]}), strict=True)
    )
    assert len(found) == 2 and len(text.splitlines()) == 4


def test_json_of_nothing_and_of_twins() -> None:
    assert written(write_json, ("a",)) == "[]\n"
    assert json.loads(written(write_json, ("a", "a", "a"), (1, 2, 3))) == [{"a": 1, "a_2": 2, "a_3": 3}]


def test_a_plain_table() -> None:
    out = io.StringIO()
    rows = iter([("IREN", 9700.0, None), ("\x1b[31mred\nline", 0.00012345, True)])
    assert write_table(("issuer", "usd", "ok"), rows, out, max_rows=10, rich=False) == (2, False)
    assert out.getvalue().splitlines() == [
        "issuer                   usd  ok",
        "-----------------  ---------  ----",
        "IREN                    9700  NULL",
        "\\x1b[31mred\\nline  0.0001234  true",
    ]


def test_a_table_says_when_it_is_cut() -> None:
    out = io.StringIO()
    assert write_table(("i",), iter([(i,) for i in range(4)]), out, max_rows=3, rich=False) == (3, True)
    assert out.getvalue().splitlines() == ["i", "-", "0", "1", "2"]


def test_a_rich_table_takes_values_literally() -> None:
    out = io.StringIO()
    write_table(("[bold]a",), iter([("[red]x[/red]",)]), out, max_rows=3, rich=True)
    assert "[red]x[/red]" in out.getvalue() and "[bold]a" in out.getvalue()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (2.5, "2.5"),
        (1234567.891234, "1234567.8912"),
        (0.004567, "0.004567"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


def test_tables_and_columns_come_from_the_publication(settings: Settings) -> None:
    found = {table.name: table for table in list_tables(settings)}
    assert found["mart_book"].rows == 50 and found["mart_book"].description == "One row per issuer; the owner's book."
    assert "secret" not in found and "meta_column" in found
    table, described = describe_table(settings, "mart_book")
    assert table == found["mart_book"]
    columns = {column.name: column for column in described}
    assert columns["value_usd_m"].unit == "USD million" and columns["issuer"].is_key
    assert list(columns) == ["issuer", "marker", "value_usd_m"]
    with pytest.raises(QueryRefused, match="mart_book"):
        describe_table(settings, "mart_bok")


HEAVY = {
    "dagster",
    "dagster_dbt",
    "dbt",
    "great_expectations",
    "pandas",
    "pyarrow",
    "numpy",
    "rich",
    "filelock",
    "quality",
}
LIGHT = """
import sys
from click.testing import CliRunner
from orchestration.cli.main import main
outcome = CliRunner().invoke(main, ["query", "select count(*) as n from mart_book"])
assert outcome.exit_code == 0, outcome.output
assert "50" in outcome.output
for arguments in (["tables"], ["tables", "mart_book"], ["rollback", "--list"]):
    assert CliRunner().invoke(main, arguments).exit_code == 0
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_a_query_imports_nothing_heavy(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT],
        env={**os.environ, "HASHWATT_HOME": str(settings.home), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert {"duckdb", "click", "orchestration"} <= loaded
    assert loaded & HEAVY == set()
