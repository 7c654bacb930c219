"""Dagster's own page and scheduler on this machine. Nothing of hashwatt runs in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from orchestration.errors import HashwattError
from orchestration.pipeline.instance import DEFINITIONS, write_dagster_home
from orchestration.settings import Settings

HOST = "127.0.0.1"


def run(settings: Settings, port: int) -> int:
    """Serve Dagster at http://127.0.0.1:`port` with the schedule running, until interrupted; returns its exit code.

    Dagster has no login, so it listens on the loopback interface only. Raises HashwattError when it is not installed.
    """
    write_dagster_home(settings)
    beside = Path(sys.executable).with_name("dagster")
    if not beside.exists():
        raise HashwattError(
            "Dagster's command line is not installed beside this Python",
            "run `make refresh` once, or install hashwatt again",
        )
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "HASHWATT_HOME": str(settings.home),
        "HASHWATT_LEDGER": str(settings.ledger_dir),
        "HASHWATT_BUNDLE": str(settings.bundle_dir),
    }
    command = [str(beside), "dev", "-m", DEFINITIONS, "-h", HOST, "-p", str(port)]
    process = subprocess.Popen(command, env=environment)
    interrupted = False
    while True:
        try:
            code = process.wait()
            return 0 if interrupted else code
        except KeyboardInterrupt:
            # The terminal interrupts Dagster too; killing it before it has closed its own processes would orphan them.
            interrupted = True
