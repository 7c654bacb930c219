"""The first refresh of all had no network and asked nobody; one without enough memory harms nobody."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.e2e.conftest import Home
from tests.e2e.denied import ROOT, environment, without_network
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e

MEMORY = 250 << 20
# In a child of a child, too.
ASKS = "import socket; socket.socket().connect(('127.0.0.1', 9))"
CHILD_ASKS = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ASKS!r}])"


def test_a_refresh_of_the_bundle_asks_nobody(first_home: Home) -> None:
    assert first_home.tried == ""


def test_the_guard_sees_who_asks(tmp_path: Path) -> None:
    _, tried = without_network(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")}), tmp_path, CHILD_ASKS)
    assert "127.0.0.1" in tried


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system keeps to no limit of a process's memory")
def test_a_refresh_without_enough_memory_leaves_readers_what_they_had(copied: Callable[[], Settings]) -> None:
    settings = copied()
    before = readers_see(settings)
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli.main", "refresh", "--force"],
        env=environment(settings, PYTHONPATH=str(ROOT)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "error: " in done.stderr and "what to do: " in done.stderr
    assert readers_see(settings) == before
