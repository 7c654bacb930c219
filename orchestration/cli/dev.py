"""`hashwatt dev`: Dagster's own page and scheduler on this machine. Nothing of hashwatt runs in this process."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from orchestration.cli.base import EXIT_CODES
from orchestration.errors import HashwattError
from orchestration.settings import Settings

HOST = "127.0.0.1"


@click.command(epilog=EXIT_CODES)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_obj
def dev(settings: Settings, port: int) -> NoReturn:
    """Open Dagster's pages on this machine only, with the daily schedule on. Ends with Ctrl-C."""
    from orchestration.pipeline.instance import DEFINITIONS, prepare_instance

    with prepare_instance(settings):
        pass
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
    # Dagster has no login, so it listens on the loopback interface only. It takes the place of this process: a signal, from
    # a terminal or a supervisor, reaches it, and it closes the processes that it started.
    os.execve(beside, [str(beside), "dev", "-m", DEFINITIONS, "-h", HOST, "-p", str(port)], environment)
