"""What is printed for people steers no terminal, wherever it comes from: cells, file names, SQL, folders, sources' words."""

from __future__ import annotations

import ast
import csv
import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.cli.output import harmless, json_text
from orchestration.errors import GateRefused, HashwattError
from orchestration.settings import Settings
from tests.faults.publication_kit import make_candidate, publish_marker, settings_for

ROOT = Path(__file__).resolve().parents[2]
# Title of the window, colour, clear the screen, paste, bell, a C1 introducer, backspaces, carriage return, delete, right to left.
POISON = "\x1b]0;pwned\x07\x1b[31m\x1b[2J\x1b[?2004h\x07\x9b31m\x08\r\x7f\u202eevil\u202c\u2066x\u2069\u200e"
# What the path of a home may not have, is refused by name.
UNFIT = re.compile(r"[?*\[\\%]")
POISONED_SQL = "select " + " || ".join(f"chr({ord(one)})" for one in POISON)


def steers(text: str) -> list[str]:
    """The characters in `text` that would do something to a terminal but end a line or stand as a letter."""
    return sorted({one for one in text.replace("\r\n", "\n") if not one.isprintable() and one not in "\n "})


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home of a poisoned name in which everything that can be read was poisoned, and a ledger like it."""
    folder = tmp_path_factory.mktemp("poisoned")
    ledger = folder / f"ledger{POISON.replace('/', '')}"
    shutil.copytree(ROOT / "ingestion" / "ledger", ledger, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for file in ledger.glob("*.csv"):
        with file.open(newline="", encoding="utf-8") as opened:
            head, *rows = csv.reader(opened)
        with file.open("w", newline="", encoding="utf-8") as opened:
            csv.writer(opened).writerows([head, *([cell + POISON for cell in row] for row in rows[:3])])
    settings = replace(settings_for(folder / f"home{UNFIT.sub('', POISON)}"), ledger_dir=ledger)
    extra = (
        f"comment on table fct_day is '{POISON}'; update dim_issuer set current_name = current_name || '{POISON}';"
        f"insert into meta_freshness select 'raw_' || '{POISON}', 1, null, null, null;"
        f"create table fct_evil(\"{POISON}\" varchar primary key); insert into fct_evil values ('{POISON}')"
    )
    run = settings.builds / "run-1"
    run.mkdir(parents=True)
    publish_marker(
        settings, 1, candidate=make_candidate(run / "evil.duckdb", 1, extra=extra), edition=f"bundle{POISON}"
    )
    return settings


COMMANDS = {
    "table": ["query", "from fct_evil"],
    "csv": ["query", "from fct_evil", "--format", "csv"],
    "error of the data": ["query", f"select cast(({POISONED_SQL}) as integer)"],
    "refusal": ["query", f'from "{POISON}"'],
    "one table": ["tables", "fct_evil"],
    "status": ["status"],
    "doctor": ["doctor"],
    "no such publication": ["rollback", "--to", POISON],
    "ledger": ["check", "ledger"],
    "trace": ["--debug", "query", f'from "{POISON}"'],
}


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_steers_a_terminal(poisoned: Settings, command: str) -> None:
    shown = on_a_terminal(poisoned, *COMMANDS[command])
    assert shown.strip() and steers(shown) == []
    assert "evil" in shown or command == "doctor"


def on_a_terminal(settings: Settings, *arguments: str) -> str:
    """All that the command shows on a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, **settings.environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    command = [sys.executable, "-m", "orchestration.cli.main", *arguments]
    with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT) as process:
        os.close(theirs)
        shown = b"".join(_read(ours))
        process.wait(60)
    os.close(ours)
    return shown.decode("utf-8")


def _read(terminal: int) -> Iterator[bytes]:
    try:
        while part := os.read(terminal, 65536):
            yield part
    except OSError:
        # How Linux says that nobody writes any more.
        return


@pytest.mark.slow
def test_a_refused_home_steers_no_terminal(poisoned: Settings) -> None:
    shown = on_a_terminal(replace(poisoned, home=poisoned.home.with_name(f"home{POISON}")), "status")
    assert "cannot be used" in shown and steers(shown) == []


@pytest.mark.parametrize("error", [HashwattError, RuntimeError, GateRefused], ids=lambda one: one.__name__)
def test_no_error_steers_a_terminal(error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error(f"evil{POISON}", *([(f"reason{POISON}",), f"remedy{POISON}"] if error is GateRefused else ()))

    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path))
    monkeypatch.setattr("orchestration.pipeline.refresh.refresh", refuse)
    said = CliRunner().invoke(main, ["refresh"])
    assert "evil\\x1b]0;pwned\\x07" in said.stderr and steers(said.output) == []


def test_a_file_or_a_program_gets_the_rows_to_the_letter(poisoned: Settings) -> None:
    command = [sys.executable, "-m", "orchestration.cli.main", "query", "from fct_evil", "--format"]
    environment = {**os.environ, **poisoned.environment}
    answers = [
        subprocess.run([*command, style], env=environment, capture_output=True, check=True).stdout.decode()
        for style in ("csv", "json")
    ]
    assert POISON in answers[0]
    assert json.loads(answers[1]) == [{POISON: POISON}]


def test_what_is_harmless_stays() -> None:
    kept = "Ärger, naïve 文字 😀 a\u00a0b\u202f% –\nnext"
    assert harmless(kept) == kept
    assert harmless("\x1b[31m\u202e\udc80\t") == "\\x1b[31m\\u202e\\udc80\\t"
    assert json_text(["\x9b", "Ä", "\U000e0001"]) == '["\\u009b", "Ä", "\\udb40\\udc01"]'


def test_all_that_is_printed_goes_through_one_module() -> None:
    """A command that printed by itself would print what it was given."""
    found = [
        f"{file.name}:{node.lineno}"
        for file in sorted((ROOT / "orchestration" / "cli").glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if prints(node) and file.name != "output.py"
    ]
    assert found == []
    planted = ("click.echo('x')", "click.secho('x')", "print('x')", "sys.stdout.write('x')", "console.print('x')")
    assert all(any(map(prints, ast.walk(ast.parse(one)))) for one in planted)


def prints(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called.split(".")[-1] in ("echo", "secho", "print", "write", "writelines")
