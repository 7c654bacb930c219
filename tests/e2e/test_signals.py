"""One signal ends a refresh at any stage: within seconds, by its name, with nothing published, no process and no folder left."""

from __future__ import annotations

import os
import signal
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
ROOT = Path(__file__).resolve().parents[2]
# Far more than it takes on an idle machine, far less than the rest of a refresh on a busy one.
SECONDS = 20.0
INT, TERM = signal.SIGINT, signal.SIGTERM
# The beginning of the line after which the signal is sent.
LOADING, RAW, DBT, MODELS, GATES, PUBLISHING = (
    "loading Dagster",
    "raw: raw_sec__fact",
    "dbt: all models",
    "dbt: 50 of",
    "gates: ",
    "publication: ",
)


@contextmanager
def refreshing(settings: Settings, until: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`hashwatt refresh` in a process group of its own, as a shell starts it, when it has said `until`."""
    named: Mapping[str, str] = {**os.environ, "HASHWATT_HOME": str(settings.home), **environment}
    # Whoever runs the tests in the background may have had SIGINT ignored.
    deaf = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        running = subprocess.Popen(
            [*HASHWATT, "refresh", "--force"],
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
        assert running.stderr is not None
        try:
            assert any(line.startswith(until) for line in running.stderr)
            yield running
        finally:
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)


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
        pytest.param(RAW, INT, marks=pytest.mark.long),
        pytest.param(RAW, TERM, marks=pytest.mark.long),
        (DBT, TERM),
        pytest.param(MODELS, INT, marks=pytest.mark.long),
        (GATES, INT),
        pytest.param(GATES, TERM, marks=pytest.mark.long),
        pytest.param(PUBLISHING, INT, marks=pytest.mark.long),
    ],
    ids=lambda value: value.split(" ")[-1] if isinstance(value, str) else value.name,
)
def test_one_signal_ends_a_refresh(copied: Callable[[], Settings], stage: str, number: signal.Signals) -> None:
    settings = copied()
    published, folders = readers_see(settings), sorted(settings.publications.iterdir())
    with refreshing(settings, stage) as running:
        children = started_by(running)
        assert children or stage not in (DBT, MODELS)
        sent = time.monotonic()
        # A terminal sends Ctrl-C to the whole group, a supervisor SIGTERM to the process it knows.
        os.killpg(running.pid, number) if number is INT else running.send_signal(number)
        _, said = running.communicate(timeout=60)
        assert time.monotonic() - sent < SECONDS
    assert running.returncode == 128 + number
    assert said.splitlines()[-1] == f"interrupted by {number.name}; nothing was published"
    assert "failed" not in said and "error" not in said
    assert all_gone(children)
    assert (readers_see(settings), sorted(settings.publications.iterdir())) == (published, folders)
    assert not list(settings.builds.glob("*")) and leftovers(settings) == [] and running_refresh(settings) is None


def test_dbt_ends_with_a_refresh_that_is_killed(copied: Callable[[], Settings]) -> None:
    with refreshing(copied(), MODELS) as running:
        children = started_by(running)
        assert children
        running.kill()
        running.wait()
        assert all_gone(children)
