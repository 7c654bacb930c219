"""Every example that a help text gives: run as a shell takes it, on the bundle; parsed, where it asks sources, opens a browser or never ends."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from tests.e2e.conftest import Home
from tests.e2e.live_world import copy_of
from tests.unit.test_cli import commands

ROOT = Path(__file__).resolve().parents[2]
UPDATE = "MARA Announces Bitcoin Production for March 2025. Bitcoin produced: 829 BTC in March 2025.\n"
# What these do is tested with servers of our own, which file the documents that some speak of, with signals, a browser and a database.
NOT_HERE = re.compile(r"--edition live|--open|hashwatt (backfill|serve|dev|evidence|export)\b|review --(accept|reject)")


def examples(command: click.Command) -> list[str]:
    """The lines under "Examples:" in the help of a command."""
    return [line.strip() for line in (command.help or "").partition("Examples:")[2].splitlines() if line.strip()]


EXAMPLES = list(dict.fromkeys(line for one in (main, *(one for _, one in commands())) for line in examples(one)))


@pytest.fixture(scope="module")
def place(first_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to work in: a home, and the files that examples name."""
    folder = tmp_path_factory.mktemp("examples")
    copy_of(first_home.settings, folder).home.rename(folder / ".hashwatt")
    program = folder / "hashwatt"
    program.write_text("""#!/bin/sh\nprintf '%s\\0' "$HASHWATT_HOME" "$@"\n""")
    program.chmod(0o755)
    shutil.copytree(first_home.settings.ledger_dir, folder / "my_ledger")
    shutil.copy(ROOT / "docs" / "claims_example.csv", folder / "my_claims.csv")
    (folder / "updates").mkdir()
    (folder / "backups").mkdir()
    for name in ("term_sheet.htm", "updates/march.txt"):
        (folder / name).write_text(UPDATE)
    return folder


def test_examples_are_found() -> None:
    assert len(EXAMPLES) > 20
    assert all(re.match(r"([A-Z_]+=\S+ )?hashwatt ", line) for line in EXAMPLES)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(
            line, marks=[pytest.mark.long] if re.search(r"hashwatt (refresh|build|claims check)\b", line) else []
        )
        for line in EXAMPLES
        if not NOT_HERE.search(line)
    ],
)
def test_an_example_runs(line: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the home and the arguments that a shell takes from it."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("PATH", f"{place}{os.pathsep}{os.environ['PATH']}")
    for folder in ("/backups", "/srv"):
        line = line.replace(folder, f"{place}{folder}")
    if "restore" in line and not any((place / "backups").glob("before*")):
        assert CliRunner().invoke(main, ["backup", "backups/before-the-move.tar"]).exit_code == 0
    command, _, file = line.partition(" > ")
    said = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, text=True, check=True).stdout
    home, *arguments = said.split("\0")[:-1]
    if file:
        process = [sys.executable, "-m", "orchestration.cli.main", *arguments]
        assert subprocess.run(process, stdout=subprocess.PIPE, check=True).stdout.strip()
    else:
        done = CliRunner(env={"HASHWATT_HOME": home or None}).invoke(main, arguments)
        assert done.exit_code == 0 and done.stdout.strip(), done.output


@pytest.mark.parametrize("line", [line for line in EXAMPLES if NOT_HERE.search(line)])
def test_an_example_that_asks_or_never_ends_is_understood(line: str) -> None:
    name, *arguments = shlex.split(line.partition("hashwatt ")[2])
    command = main.commands[name]
    while isinstance(command, click.Group):
        name, *arguments = arguments
        command = command.commands[name]
    # As below the group: a command keeps the help options of the first context that asks it.
    parent = click.Context(main, info_name="hashwatt", **main.context_settings)
    with command.make_context(name, list(arguments), parent=parent) as understood:
        assert understood.params
    with pytest.raises(click.UsageError):
        command.make_context(name, ["--no-such-option", *arguments], parent=parent)
