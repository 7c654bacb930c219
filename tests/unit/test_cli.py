"""The command line: arguments, output, exit codes. The daily job itself is proved end to end elsewhere."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from orchestration import __version__, errors
from orchestration.cli.base import EXIT_CODES
from orchestration.cli.main import main
from orchestration.publish.lock import writer_lock
from orchestration.settings import Settings
from tests.faults.publication_kit import ids, process_env, publish_marker, seen_marker, settings_for
from tests.tables import tables

DATA = tables(__file__)

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
HASHWATT = [sys.executable, "-m", "orchestration.cli.main"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with two publications; the tests leave it on the second."""
    settings = settings_for(tmp_path_factory.mktemp("home"))
    publish_marker(settings, 930)
    publish_marker(settings, 2)
    return settings


def run(settings: Settings, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, list(arguments), input=stdin)


def commands(group: click.Group = main, before: str = "hashwatt") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}", command


def section(command: str) -> str:
    """What the page says under the heading of `command`."""
    found = re.search(rf"^### `{command}[` ].*?(?=^##)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/cli.md has no heading for {command}"
    return found.group()


@pytest.mark.parametrize(
    ("name", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_command_explains_itself_here_and_on_the_page(
    settings: Settings, name: str, command: click.Command
) -> None:
    done = run(settings, *name.split()[1:], "-h")
    assert done.exit_code == 0 and "Exit codes:" in done.output
    said = section(name)
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            assert str(parameter.human_readable_name).upper() in said.splitlines()[0]
        else:
            assert any(f"`{option}" in said for option in parameter.opts), f"{parameter.opts[0]} of {name}"


def test_the_page_names_no_option_that_does_not_exist() -> None:
    for name, command in commands():
        known = {option for parameter in command.params for option in parameter.opts}
        written = set(re.findall(r"^\| `(--[a-z-]+)", section(name), re.MULTILINE))
        assert written <= known, name


def test_the_exit_codes_of_errors_help_and_page_are_the_same() -> None:
    known = {0, *(getattr(one, "exit_code", 0) for one in vars(errors).values())}
    assert set(map(int, re.findall(r"^  (\d) ", EXIT_CODES, re.MULTILINE))) == known
    assert set(map(int, re.findall(r"^\| (\d) \|", PAGE, re.MULTILINE))) == known


COMMENTED = "-- my capex question\nselect 1 as x"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        ([COMMENTED], "x\n-\n1\n"),
        ([COMMENTED, "--format", "csv"], "x\n1\n"),
        (["--format=csv", "--max-rows", "5", COMMENTED], "x\n1\n"),
        (["--a = 2\nselect 1 as x", "--format", "csv"], "x\n1\n"),
        (["--format", "csv", "--", COMMENTED], "x\n1\n"),
    ],
)
def test_sql_may_begin_with_a_comment(settings: Settings, arguments: list[str], answer: str) -> None:
    done = run(settings, "query", *arguments)
    assert (done.exit_code, done.output) == (0, answer)


def test_version_and_help(settings: Settings) -> None:
    assert run(settings, "--version").output.strip() == f"hashwatt, version {__version__}"
    text = run(settings, "--help").output
    assert "Exit codes:" in text and "Examples:" in text
    assert all(f"  {name} " in text for name in main.commands)


@pytest.mark.parametrize("arguments", DATA["wrong_usage"])
def test_wrong_usage_is_2(settings: Settings, arguments: list[str]) -> None:
    done = run(settings, *arguments)
    assert done.exit_code == 2 and "Error" in done.stderr


def test_a_long_table_is_cut_and_says_so_where_data_does_not_go(settings: Settings) -> None:
    done = run(settings, "query", "from fct_day", "--max-rows", "3")
    assert len(done.stdout.splitlines()) == 5
    assert "only the first 3 rows" in done.stderr and "--max-rows" in done.stderr
    assert len(run(settings, "query", "from fct_day", "--max-rows", "3", "--format", "csv").stdout.splitlines()) == 51


def test_a_refused_query_is_6_and_says_what_to_do(settings: Settings) -> None:
    done = run(settings, "query", "select * from mart_boook")
    assert done.exit_code == 6 and done.stdout == ""
    assert done.stderr.splitlines() == [
        "error: there is no table mart_boook; near names: mart_book, meta_check",
        "what to do: `hashwatt tables` lists all tables",
    ]


@pytest.mark.parametrize("arguments", [["query", "select 1"], ["status"], ["tables"], ["tables", "x"], ["rollback"]])
def test_before_the_first_refresh_it_is_5(tmp_path: Path, arguments: list[str]) -> None:
    done = run(settings_for(tmp_path), *arguments)
    assert done.exit_code == 5 and "what to do:" in done.stderr


def test_tables(settings: Settings) -> None:
    listed = run(settings, "tables").stdout
    assert re.search(r"mart_book +50 +One row per issuer; the owner's book", listed)
    assert "meta_column" in listed and "secret" not in listed
    shown = run(settings, "tables", "mart_book").stdout
    assert shown.startswith("mart_book: 50 rows. One row per issuer; the owner's book.\n")
    assert re.findall(r"^(\w+) +(?:VARCHAR|BIGINT|DOUBLE)", shown, re.MULTILINE) == ["issuer", "marker", "value_usd_m"]
    assert re.search(r"value_usd_m +DOUBLE +USD million +Contracted value\.", shown)
    assert re.search(r"issuer +VARCHAR +key", shown)
    wrong = run(settings, "tables", "mart_bok")
    assert wrong.exit_code == 6 and "mart_book" in wrong.stderr


def test_rollback_and_back(settings: Settings) -> None:
    first, second = ids(settings)
    listed = run(settings, "rollback", "--list").stdout
    assert re.search(rf"\* +{second}", listed) and first in listed
    done = run(settings, "rollback")
    assert done.exit_code == 0 and first in done.stdout and "2025-09-30" in done.stdout
    assert seen_marker(settings) == 930
    assert run(settings, "rollback").exit_code == 5
    assert run(settings, "rollback", "--to", "nonsense").exit_code == 5
    assert run(settings, "rollback", "--to", second).exit_code == 0
    assert seen_marker(settings) == 2


def test_a_query_says_when_current_is_not_the_newest_knowledge(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    publish_marker(settings, 2)
    first, second = ids(settings)
    asked = ("query", "select distinct marker from mart_book", "--format", "csv")

    def said() -> list[str]:
        done = run(settings, *asked)
        assert done.exit_code == 0 and done.stdout.startswith("marker\n")
        return done.stderr.splitlines()

    assert said() == []
    run(settings, "rollback")
    assert said() == [f"note: `current` was set back to {first}; the newest publication is {second}"]
    assert run(settings, *asked, "--publication", second).stderr == ""
    run(settings, "rollback", "--to", second)
    (settings.builds / "older").mkdir(parents=True, exist_ok=True)
    (settings.builds / "older" / "refused").write_text("1")
    assert said() == []
    (settings.builds / "older" / "refused").write_text("3")
    (note,) = said()
    assert note.startswith(f"note: a refresh since {second} was refused") and str(settings.builds / "older") in note
    assert run(settings, *asked, "--publication", "x").exit_code == 5
    beside = publish_marker(settings, 4, as_of=date(2025, 9, 30), is_beside=True).id
    assert run(settings, *asked, "--as-of", "2025-09-30").stdout == "marker\n4\n"
    run(settings, "rollback", "--to", beside)
    (note,) = said()
    assert "what was known on 2025-09-30" in note


def test_doctor_says_what_is_wrong_and_fixes_the_pointer(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    assert run(settings, "doctor").exit_code == 0
    settings.current.unlink()
    broken = run(settings, "doctor")
    assert broken.exit_code == 1 and re.search(r"^FAIL +current", broken.stdout, re.MULTILINE)
    assert "-> run `hashwatt doctor --fix`" in broken.stdout
    fixed = run(settings, "doctor", "--fix")
    assert fixed.exit_code == 0 and "current now names" in fixed.stdout
    assert seen_marker(settings) == 1


def test_a_refresh_while_another_runs_is_4(settings: Settings) -> None:
    with writer_lock(settings):
        done = run(settings, "refresh")
    assert done.exit_code == 4
    assert f"process {os.getpid()}" in done.stderr and "--wait" in done.stderr
    assert seen_marker(settings) == 2


def test_a_gates_refusal_is_3_and_an_unexpected_error_1(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: Exception = errors.GateRefused("raw_x refused", ["raw_x.positive: 3 rows"], "mend raw_x")

    def fall_over(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr("orchestration.pipeline.refresh.refresh", fall_over)
    done = run(settings, "refresh")
    assert done.exit_code == 3
    assert done.stderr.splitlines() == [
        "error: raw_x refused",
        "  - raw_x.positive: 3 rows",
        "what to do: mend raw_x",
        "Nothing was published; the last publication stays as it is.",
    ]
    raised = RuntimeError("unforeseen")
    done = run(settings, "refresh")
    assert done.exit_code == 1 and "RuntimeError: unforeseen" in done.stderr and "hashwatt doctor" in done.stderr
    assert run(settings, "--debug", "refresh").stderr.startswith("Traceback")


def test_a_query_is_quick_in_a_process_of_its_own(settings: Settings) -> None:
    command = [*HASHWATT, "query", "select count(*) as n from mart_book", "--format", "csv"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=process_env(settings), capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout == "n\n50\n"
    # Seconds of the processor, not of the clock: the machine may be busy, the imports must not be.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.7
