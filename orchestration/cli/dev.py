"""`hashwatt dev`: Dagster's own page and scheduler on this machine. Nothing of hashwatt runs in this process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from orchestration.cli.base import EXIT_CODES
from orchestration.errors import HashwattError
from orchestration.settings import Settings

HOST = "127.0.0.1"


@click.command(epilog=EXIT_CODES)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_context
def dev(ctx: click.Context, port: int) -> None:
    """Open Dagster's pages on this machine only, with the daily schedule on. Ends with Ctrl-C."""
    ctx.exit(serve(ctx.obj, port))


def serve(settings: Settings, port: int) -> int:
    """Serve Dagster at http://127.0.0.1:`port` with the schedule running, until interrupted; returns its exit code.

    Dagster has no login, so it listens on the loopback interface only. Raises HashwattError when it is not installed.
    """
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
