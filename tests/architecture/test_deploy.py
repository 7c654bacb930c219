"""The files of deploy/: systemd takes them, and the commands in them exist and keep the schedule's hour."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from orchestration.cli.main import main
from orchestration.clock import DAILY_CRON, TIMEZONE
from tests.architecture.syntax import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(path.name for path in DEPLOY.glob("hashwatt*.*") if path.suffix in (".service", ".timer"))
PROGRAM = "/opt/hashwatt/.venv/bin/hashwatt"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def complaints(folder: Path, unit: str) -> str:
    """What systemd says of a unit, whose program stands where the file expects it."""
    for name in UNITS:
        text = (DEPLOY / name).read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (folder / name).write_text(text, encoding="utf-8")
    if unit not in UNITS:
        (folder / unit).write_text("[Service]\nExecStart=/bin/true\nRestartt=always\n", encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(folder / unit)], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit code {done.returncode}")


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units(tmp_path: Path, unit: str) -> None:
    assert unit not in complaints(tmp_path, unit)


@needs_systemd
def test_systemd_would_say_so(tmp_path: Path) -> None:
    assert "Restartt" in complaints(tmp_path, "wrong.service")


def commands() -> list[list[str]]:
    """The arguments of every command line in deploy/."""
    found = []
    for path in sorted(DEPLOY.glob("hashwatt*")):
        for line in re.findall(rf"{PROGRAM} ([^>|&\n]*)", path.read_text(encoding="utf-8")):
            found.append(shlex.split(line))
    return found


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_the_commands_exist(arguments: list[str]) -> None:
    command = main.commands[arguments[0]]
    assert isinstance(command, click.Command)
    # As below the group: a command keeps the help options of the first context that asks it.
    parent = click.Context(main, info_name="hashwatt", **main.context_settings)
    command.make_context(arguments[0], arguments[1:], parent=parent)


def test_every_file_starts_something_and_at_the_hour_of_the_schedule() -> None:
    assert {arguments[0] for arguments in commands()} == {"serve", "refresh", "status"}
    minute, hour, *_ = DAILY_CRON.split()
    timer = (DEPLOY / "hashwatt-refresh.timer").read_text(encoding="utf-8")
    cron = (DEPLOY / "hashwatt.cron").read_text(encoding="utf-8")
    assert f"OnCalendar=*-*-* {hour}:{minute}:00 {TIMEZONE}" in timer
    assert f"CRON_TZ={TIMEZONE}\n" in cron and re.search(rf"^{re.escape(DAILY_CRON)} ", cron, re.MULTILINE)
