"""A whole refresh by the command line without a network, and one without enough memory."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.settings import Settings
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
REFRESH = [sys.executable, "-m", "orchestration.cli.main", "refresh"]
# Python looks for it in every process that starts: whoever asks for a name or an address is written down, and refused.
GUARD = """
import os, socket

def refuse(*asked, **_):
    with open(os.environ["TRIED"], "a") as tried:
        tried.write(f"{asked[-1]!r} of {asked[:1]!r}\\n")
    raise OSError("the network is denied")

class Guarded(socket.socket):
    def connect(self, address):
        return super().connect(address) if self.family == socket.AF_UNIX else refuse(address)

    def connect_ex(self, address):
        return super().connect_ex(address) if self.family == socket.AF_UNIX else refuse(address)

    def sendto(self, *given):
        return super().sendto(*given) if self.family == socket.AF_UNIX else refuse(given[-1])

socket.socket = Guarded
socket.getaddrinfo = socket.gethostbyname = socket.create_connection = refuse
"""
MEMORY = 250 << 20


@dataclass(frozen=True)
class Denied:
    settings: Settings
    done: subprocess.CompletedProcess[str]
    tried: str


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Nothing from around this test says that usage is not to be told."""
    silent = ("DO_NOT_TRACK", "DAGSTER_DISABLE_TELEMETRY", "DBT_SEND_ANONYMOUS_USAGE_STATS", "ANONYMIZED_TELEMETRY")
    return {**{k: v for k, v in os.environ.items() if k not in silent}, **settings.environment, **more}


@pytest.fixture(scope="module")
def denied(tmp_path_factory: pytest.TempPathFactory) -> Denied:
    """A first refresh in which neither this process's children nor theirs have a network; where the system lets a test
    take it away, not even the libraries that are no Python."""
    folder = tmp_path_factory.mktemp("denied")
    (folder / "guard").mkdir()
    (folder / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    settings, tried = Settings.from_env({"HASHWATT_HOME": str(folder / "home")}), folder / "tried.txt"
    unshare = shutil.which("unshare")
    without = (
        [unshare, "-rn"] if unshare and not subprocess.run([unshare, "-rn", "true"], check=False).returncode else []
    )
    named = environment(settings, PYTHONPATH=f"{folder / 'guard'}{os.pathsep}{ROOT}", TRIED=str(tried))
    done = subprocess.run([*without, *REFRESH], env=named, cwd=folder, capture_output=True, text=True, check=False)
    return Denied(settings, done, tried.read_text(encoding="utf-8") if tried.exists() else "")


def test_a_refresh_of_the_bundle_asks_nobody(denied: Denied) -> None:
    assert denied.tried == ""
    assert denied.done.returncode == 0, denied.done.stderr
    assert readers_see(denied.settings)


def test_the_guard_sees_who_asks(denied: Denied, tmp_path: Path) -> None:
    """In a child of a child, too."""
    guard = denied.settings.home.parent / "guard"
    asks = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ASKS!r}])"
    named = environment(denied.settings, PYTHONPATH=str(guard), TRIED=str(tmp_path / "tried.txt"))
    subprocess.run([sys.executable, "-c", asks], env=named, capture_output=True, check=True)
    assert "127.0.0.1" in (tmp_path / "tried.txt").read_text(encoding="utf-8")


ASKS = "import socket; socket.socket().connect(('127.0.0.1', 9))"


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system keeps to no limit of a process's memory")
def test_a_refresh_without_enough_memory_leaves_readers_what_they_had(denied: Denied) -> None:
    before = readers_see(denied.settings)
    done = subprocess.run(
        [*REFRESH, "--force"],
        env=environment(denied.settings, PYTHONPATH=str(ROOT)),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "error: " in done.stderr and "what to do: " in done.stderr
    assert readers_see(denied.settings) == before
