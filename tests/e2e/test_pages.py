"""The pages tell the truth: each query they show prints, on the bundle edition, exactly the answer they show."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from orchestration import alone
from orchestration.cli.main import main
from orchestration.cli.refresh import questions
from tools.page_outputs import PAGES, ROOT, Block, blocks, fill, written_sql

BLOCKS = {page.name: blocks(page.read_text(encoding="utf-8")) for page in PAGES}
SHOWN = [pytest.param(b, id=f"{name}-{n}") for name, found in BLOCKS.items() for n, b in enumerate(found, 1)]


def test_the_readme_shows_three_queries_and_every_answer_has_rows() -> None:
    assert len(BLOCKS["README.md"]) == 3
    assert [b.command for found in BLOCKS.values() for b in found if len(b.answer.splitlines()) < 3] == []


def test_the_first_questions_are_what_a_refresh_answers() -> None:
    said = [shlex.split(block.command)[2] for block in BLOCKS["questions.md"]]
    assert [" ".join(sql.split()) for sql in said[:3]] == [" ".join(sql.split()) for sql in questions().values()]


def test_questions_are_numbered_and_every_question_of_a_reader_has_its_answers() -> None:
    text = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. .+\?$", text, re.M)]
    assert numbers == [*range(1, len(BLOCKS["questions.md"]) + 1)] and len(numbers) >= 40
    asked = re.findall(r"^\| .+\? \| ([\d, ]+) \| (answered|in part|not here)\b", text, re.M)
    assert len(asked) == 23
    assert {int(number) for answers, _ in asked for number in answers.split(", ")} <= {*numbers}


@pytest.mark.e2e
@pytest.mark.parametrize("block", SHOWN)
def test_a_query_prints_what_the_page_shows(block: Block, first_home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, which is neither to be ended nor kept small: that a query has one of its own, test_query_limits proves."""
    monkeypatch.setattr(alone, "_limit", lambda *_: None)
    monkeypatch.chdir(ROOT)
    _, *arguments = shlex.split(block.command)
    done = CliRunner(env={"HASHWATT_HOME": str(first_home.settings.home)}).invoke(main, ["--alone", *arguments])
    assert (done.exit_code, done.stdout) == (0, block.answer)


@pytest.mark.e2e
def test_every_table_without_a_row_has_its_reason_on_the_page_of_coverage(first_home: Any) -> None:
    page = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    with duckdb.connect(str(first_home.settings.home / "current" / "hashwatt.duckdb"), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        empty = [name for name in tables if not connection.execute(f"select count(*) from {name}").fetchall()[0][0]]
    assert sorted(empty) == re.findall(r"^\| `(\w+)` \| \w[^|]{20,} \|$", page, re.M)


ZONES = ("UTC", "America/New_York", "Asia/Tokyo")
SQL = {
    f"{page.relative_to(ROOT)}: {' '.join(sql.split())}": sql
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for sql in written_sql(page.read_text(encoding="utf-8"))
}


def test_sql_is_found_wherever_a_page_writes_it() -> None:
    text = '```sql\nselect 1\n```\n```sh\nhashwatt query "from\n a" --format csv\nhashwatt status\n```\nthe `select 3`, `from b`, `from`, '
    assert written_sql(text + '`hashwatt query "from c"`; ```sql\nfrom {{ ref("d") }}\n```') == [
        "select 1",
        "from\n a",
        "from c",
        "select 3",
        "from b",
    ]
    assert len(SQL) > 10


ASKED = """
import json, sys
from orchestration.cli.query import run_query
from orchestration.settings import Settings
answers = []
for sql in json.load(sys.stdin):
    with run_query(Settings.from_env(), sql) as result:
        answers.append([str(row) for row in result.rows])
print(json.dumps(answers))
"""


def in_zone(zone: str, home: Path) -> list[list[str]]:
    """The answers to all SQL of the pages from a process whose clock is in `zone`."""
    env = {**os.environ, "TZ": zone, "HASHWATT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command, asked = [sys.executable, "-c", ASKED], json.dumps([*SQL.values(), "select current_setting('TimeZone')"])
    done = subprocess.run(command, env=env, input=asked, stdout=subprocess.PIPE, text=True, check=True)
    answers: list[list[str]] = json.loads(done.stdout)
    assert answers.pop() == [f"('{zone}',)"]
    return answers


def of_session(zone: str, home: Path) -> list[list[str]]:
    """The answers of a session that has set DuckDB's time zone, as a BI tool may."""
    with duckdb.connect(str(home / "current" / "hashwatt.duckdb"), read_only=True) as connection:
        connection.execute(f"set TimeZone = '{zone}'")
        return [[str(row) for row in connection.execute(sql).fetchall()] for sql in SQL.values()]


@pytest.mark.e2e
@pytest.mark.parametrize("ask", [in_zone, of_session])
def test_sql_of_the_pages_answers_the_same_in_every_zone(
    ask: Callable[[str, Path], list[list[str]]], first_home: Any
) -> None:
    def told() -> list[dict[str, list[str]]]:
        return [dict(zip(SQL, ask(zone, first_home.settings.home), strict=True)) for zone in ZONES]

    first, *others = told()
    # The full hour of the alert's age may end between two of the zones.
    if any(other != first for other in others):
        first, *others = told()
    for other in others:
        assert other == first


PAGE = """before
```sh
hashwatt query "select 1 as x"
```

```text
old
```
after
"""


def test_answers_are_replaced_and_nothing_else() -> None:
    asked: list[str] = []

    def answer(command: str) -> str:
        asked.append(command)
        return "new\\1\n"

    assert fill(PAGE, answer) == PAGE.replace("old\n", "new\\1\n")
    assert asked == ['hashwatt query "select 1 as x"']


def test_a_block_that_is_not_understood_is_an_error() -> None:
    with pytest.raises(ValueError, match="answer"):
        blocks(PAGE.replace("```text", "```"))
