"""One signal ends a refresh at any stage: within seconds, by its name, with nothing published, no process and no folder left."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from orchestration.publish.lock import running_refresh
from orchestration.publish.store import leftovers
from orchestration.settings import Settings
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e

HASHWATT = [sys.executable, "-c", "from orchestration.cli.main import main; main()"]
REFRESH = ("refresh", "--force")
ROOT = Path(__file__).resolve().parents[2]
# Far more than it takes on an idle machine, far less than the rest of a refresh on a busy one.
SECONDS = 20.0
INT, TERM = signal.SIGINT, signal.SIGTERM
# The beginning of the line after which the signal is sent.
LOADING, RAW, DBT, MODELS, GATES, PUBLISHING = (
    "loading Dagster",
    "raw: ",
    "dbt: all models",
    "dbt: 50 of",
    "gates: ",
    "publication: ",
)


@contextmanager
def begun(settings: Settings, *command: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`hashwatt COMMAND` in a process group of its own, as a shell starts it."""
    named: Mapping[str, str] = {**os.environ, **settings.environment, **environment}
    # Whoever runs the tests in the background may have had SIGINT ignored.
    deaf = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        running = subprocess.Popen(
            [*HASHWATT, *command],
            cwd=ROOT,
            env=named,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, deaf)
    with running:
        try:
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


def wait_for(running: subprocess.Popen[str], until: str) -> None:
    assert running.stderr is not None
    assert any(line.startswith(until) for line in running.stderr)


def ended_by(running: subprocess.Popen[str], number: signal.Signals) -> str:
    """What the command says after the signal, its last line."""
    sent = time.monotonic()
    # A terminal sends Ctrl-C to the whole group, a supervisor SIGTERM to the process it knows.
    os.killpg(running.pid, number) if number is INT else running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert time.monotonic() - sent < SECONDS
    assert running.returncode == 128 + number
    assert "failed" not in said and "error" not in said
    return said.splitlines()[-1]


def started_by(running: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(running.pid).children(recursive=True)


def all_gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=5)
    return not alive


@pytest.mark.parametrize(
    ("stage", "number"),
    [
        pytest.param(LOADING, INT, marks=pytest.mark.long),
        pytest.param(LOADING, TERM, marks=pytest.mark.long),
        (RAW, INT),
        pytest.param(RAW, TERM, marks=pytest.mark.long),
        pytest.param(DBT, TERM, marks=pytest.mark.long),
        pytest.param(MODELS, INT, marks=pytest.mark.long),
        pytest.param(GATES, INT, marks=pytest.mark.long),
        pytest.param(GATES, TERM, marks=pytest.mark.long),
        pytest.param(PUBLISHING, INT, marks=pytest.mark.long),
    ],
    ids=lambda value: value.strip(": ") if isinstance(value, str) else value.name,
)
def test_one_signal_ends_a_refresh(copied: Callable[[], Settings], stage: str, number: signal.Signals) -> None:
    settings = copied()
    published, folders = readers_see(settings), sorted(settings.publications.iterdir())
    with begun(settings, *REFRESH) as running:
        wait_for(running, stage)
        children = started_by(running)
        assert children or stage not in (DBT, MODELS)
        assert ended_by(running, number) == f"interrupted by {number.name}; nothing was published"
    assert all_gone(children)
    assert (readers_see(settings), sorted(settings.publications.iterdir())) == (published, folders)
    assert not list(settings.builds.glob("*")) and leftovers(settings) == [] and running_refresh(settings) is None


@pytest.mark.parametrize("number", [TERM, signal.SIGKILL], ids=lambda number: number.name)
def test_dbt_ends_with_a_build(copied: Callable[[], Settings], number: signal.Signals) -> None:
    """By a signal that leaves nothing behind, and with a parent that is killed."""
    settings = copied()
    with begun(settings, "build", "mart_contracted_ai_book") as running:
        wait_for(running, "dbt: ")
        while not (children := started_by(running)):
            time.sleep(0.05)
        if number is TERM:
            assert ended_by(running, number) == "interrupted by SIGTERM"
            assert not list(settings.builds.glob("*"))
        else:
            running.send_signal(number)
            running.wait()
    assert all_gone(children)


def test_one_signal_ends_a_backfill_that_waits_for_an_answer(tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        asked = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with begun(
            settings, "backfill", "network", "--from", "2026-08-03", HASHWATT_TESTING="1", HASHWATT_FEEDS_URL=asked
        ) as running:
            connection, _ = silent.accept()
            with connection:
                assert ended_by(running, INT) == "interrupted by SIGINT"
    assert running_refresh(settings) is None
