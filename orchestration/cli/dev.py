"""`hashwatt dev`: Dagster's own page and scheduler on this machine. Nothing of hashwatt runs in this process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import click

from orchestration.cli.base import EXIT_CODES
from orchestration.errors import HashwattError
from orchestration.settings import Settings
from orchestration.webserver import command


@click.command(epilog=EXIT_CODES)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_obj
def dev(settings: Settings, port: int) -> None:
    """Open Dagster's pages on this machine only, with the daily schedule on. Ends with Ctrl-C."""
    from orchestration.pipeline.instance import DEFINITIONS, prepare_instance

    with prepare_instance(settings):
        pass
    environment = {
        **os.environ,
        **settings.environment,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    daemon = [sys.executable, "-m", "dagster._daemon", "run", "-m", DEFINITIONS]
    _together([command(port), daemon], environment)


def _together(commands: list[list[str]], environment: dict[str, str]) -> None:
    """Run all until a signal comes or one of them ends; then end all, and wait until they have closed what they started."""
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    # In sessions of their own a Ctrl-C comes to this process alone, which ends each of them once.
    running = [subprocess.Popen(one, env=environment, start_new_session=True) for one in commands]
    while not signals and all(process.poll() is None for process in running):
        time.sleep(0.2)
    for process in running:
        process.send_signal(signal.SIGINT)
    for process in running:
        process.wait()
    if not signals:
        raise HashwattError(
            "Dagster's pages or its scheduler ended by themselves",
            "what they printed says why; where the port is taken give another, --port NUMBER",
        )
