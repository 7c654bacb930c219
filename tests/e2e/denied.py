"""A process that neither itself nor with its children has a network. No test lives here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
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


def environment(settings: Settings, **more: str) -> dict[str, str]:
    """Nothing from around this test says that usage is not to be told."""
    silent = ("DO_NOT_TRACK", "DAGSTER_DISABLE_TELEMETRY", "DBT_SEND_ANONYMOUS_USAGE_STATS", "ANONYMIZED_TELEMETRY")
    return {**{k: v for k, v in os.environ.items() if k not in silent}, **settings.environment, **more}


def without_network(settings: Settings, folder: Path, code: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Python code that has run in `folder`, and what it and its children tried to ask; where the system lets a test take the
    network away, not even the libraries that are no Python have it."""
    guard, tried = folder / "guard", folder / "tried.txt"
    guard.mkdir(parents=True)
    (guard / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    unshare = shutil.which("unshare")
    is_let = unshare and subprocess.run([unshare, "-rn", "true"], check=False).returncode == 0
    named = environment(settings, PYTHONPATH=f"{guard}{os.pathsep}{ROOT}", TRIED=str(tried))
    command = [*([unshare, "-rn"] if unshare and is_let else []), sys.executable, "-c", code]
    done = subprocess.run(command, env=named, cwd=folder, capture_output=True, text=True, check=False)
    return done, tried.read_text(encoding="utf-8") if tried.exists() else ""
