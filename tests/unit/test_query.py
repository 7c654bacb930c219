"""Queries: what is let in, what stays out, and how results are written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import duckdb
import pytest

from orchestration.cli.output import csv_lines, json_lines, table_lines
from orchestration.cli.query import run_query
from orchestration.errors import PublicationDamaged, QueryRefused
from orchestration.publish.build import open_build
from orchestration.publish.reader import MEMORY_LIMIT, read_publication
from orchestration.settings import Settings
from tests.faults.publication_kit import make_candidate, publish_marker, settings_for, snapshot
from tests.tables import tables

DATA = tables(__file__)

ROOT = Path(__file__).resolve().parents[2]


def ask(settings: Settings, sql: str, **options: Any) -> list[tuple[Any, ...]]:
    with run_query(settings, sql, **options) as result:
        return list(result.rows)


@pytest.mark.parametrize("sql", DATA["let_in"])
def test_reading_statements_are_let_in(settings: Settings, sql: str) -> None:
    assert ask(settings, sql)


@pytest.mark.parametrize("sql", DATA["doors"])
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


def test_a_reader_is_shut_and_stays_so(settings: Settings) -> None:
    """Behind the look at the statement, which lets no SET in, stands the engine, which takes none."""
    with read_publication(settings) as (_, connection):
        for setting, value in DATA["shut"].items():
            assert connection.execute(f"select current_setting('{setting}')::varchar").fetchone() == (value,)
        for statement in ("set temp_directory = 'x'", "reset lock_configuration", "set memory_limit = '8GB'"):
            with pytest.raises(duckdb.InvalidInputException, match="configuration has been locked"):
                connection.execute(statement)


def test_a_reader_has_the_memory_it_was_given(settings: Settings) -> None:
    for given, shown in ((MEMORY_LIMIT, "953.6 MiB"), ("50MB", "47.6 MiB")):
        with read_publication(settings, None, given) as (_, connection):
            assert connection.execute("select current_setting('memory_limit')").fetchone() == (shown,)


def test_what_makes_a_publication_loads_no_extension_and_spills_into_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    candidate = make_candidate(tmp_path / "candidate.duckdb", 1)
    with open_build(candidate, tmp_path / "build") as connection:
        for setting, wanted in (
            ("autoload_known_extensions", "false"),
            ("autoinstall_known_extensions", "false"),
            ("temp_directory", str(tmp_path / "build" / ".spill")),
        ):
            assert connection.execute(f"select current_setting('{setting}')::varchar").fetchone() == (wanted,)


def test_the_same_doors_stand_open_without_the_guards(tmp_path: Path) -> None:
    """The doors above would lead somewhere: a plain connection reads the file and writes one."""
    secret = tmp_path / "secret.csv"
    secret.write_text("canary\n1\n")
    with duckdb.connect() as connection:
        assert connection.execute(f"select * from read_text('{secret}')").fetchall()
        connection.execute(f"copy (select 1) to '{tmp_path / 'out'}'")
    assert (tmp_path / "out").exists()


@pytest.mark.parametrize(("sql", "says", "remedy"), DATA["wrong"])
def test_what_is_wrong_is_said_in_one_line(settings: Settings, sql: str, says: str, remedy: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        ask(settings, sql)
    assert says in caught.value.message and remedy in caught.value.remedy
    assert "\n" not in caught.value.message and "LINE 1" not in caught.value.message


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
        (-0.25, "-0.25"),
        (Decimal("-1.50"), "-1.50"),
        (None, ""),
        ("", '""'),
        ("a\nb", '"a\nb"'),
        (True, "true"),
        (date(2025, 9, 30), "2025-09-30"),
        (datetime(2025, 9, 30, 20), "2025-09-30T20:00:00"),
        ([1, None], '"[1, null]"'),
    ],
)
def test_csv_fields(value: Any, field: str) -> None:
    assert "".join(csv_lines(("=a", "b"), [(value, "end")])) == f"'=a,b\n{field},end\n"


def test_json_values() -> None:
    row = (1.5, float("nan"), None, date(2025, 1, 2), Decimal("2.50"), "Ä", True, {"k": [float("inf")]})
    wanted = (1.5, None, None, "2025-01-02", 2.5, "Ä", True, {"k": [None]})
    text = "".join(json_lines("aabcdefg", [row, row]))
    names = ("a", "a_2", "b", "c", "d", "e", "f", "g")
    assert json.loads(text) == [dict(zip(names, wanted, strict=True))] * 2
    assert len(text.splitlines()) == 4 and "Ä" in text
    assert "".join(json_lines("a", [])) == "[]\n"


def test_a_plain_table() -> None:
    rows = [("IREN", 9700.0, None), ("\x1b[31mred\nline", 0.00012345, True), ("", 1234567.891234, float("nan"))]
    assert table_lines(("issuer", "usd", "ok"), rows, indent=1) == [
        " issuer                      usd    ok",
        " -----------------  ------------  ----",
        " IREN                       9700  NULL",
        " \\x1b[31mred\\nline     0.0001234  true",
        "                    1234567.8912   nan",
    ]


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, *args: Any, **given: Any) -> list[str]:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    return [click.unstyle(line).rstrip() for line in table_lines(*args, **given)]


WIDE = ("issuer", "value_attributable_usd_m", "note"), [("APLD", 23500.0, "many words of text"), ("WULF", None, "few")]


def test_a_terminal_too_narrow_for_a_table_gets_records(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, rows = WIDE
    assert on_a_terminal(monkeypatch, 40, (*columns, "third"), [(*row, "x" * 9) for row in rows], indent=2) == [
        "  -- 1 ---------------------",
        "  issuer                    APLD",
        "  value_attributable_usd_m  23500",
        "  note                      many words",
        "                            of text",
        "  third                     xxxxxxxxx",
        "  -- 2 ---------------------",
        "  issuer                    WULF",
        "  value_attributable_usd_m  NULL",
        "  note                      few",
        "  third                     xxxxxxxxx",
    ]


def test_either_form_can_be_had_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, records = table_lines(*WIDE), table_lines(*WIDE, shape="records")
    assert plain[0].split() == list(WIDE[0]) and "note                      many words of text" in records
    assert on_a_terminal(monkeypatch, 12, *WIDE, shape="table") == plain
    assert on_a_terminal(monkeypatch, 200, *WIDE, shape="records") == records


HEAVY = {
    *[
        "dagster",
        "dagster_dbt",
        "dbt",
        "great_expectations",
        "pandas",
        "pyarrow",
        "numpy",
        "rich",
        "filelock",
        "yaml",
    ]
}
LIGHT = """
import sys
from click.testing import CliRunner
from orchestration.cli.main import main
outcome = CliRunner().invoke(main, ["--alone", "query", "select count(*) as n from mart_book"])
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
