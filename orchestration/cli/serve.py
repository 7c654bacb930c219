"""`hashwatt serve` and `hashwatt dev`: Dagster's daemon and pages on this machine, for good or for the person before the screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import click

from orchestration import clock
from orchestration.cli.base import EXIT_CODES, progress
from orchestration.progress import listening
from orchestration.settings import Settings
from orchestration.standing import standing, tell

_port = click.option(
    "--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1."
)


@click.command(epilog=EXIT_CODES)
@_port
@click.pass_obj
def serve(settings: Settings, port: int) -> None:
    """Run unattended: Dagster's daemon with the daily schedule, and its pages, on which nothing can be changed.

    Ends with one signal, and then all that it started. What dies is started anew; what dies at once ends everything with
    exit code 1, for a supervisor such as systemd to see. The folder deploy/ of the sources has its units.

    \b
    Examples:
      hashwatt serve
      hashwatt serve --port 3100
    """
    _supervise(settings, port, read_only=True)


@click.command(epilog=EXIT_CODES)
@_port
@click.pass_obj
def dev(settings: Settings, port: int) -> None:
    """Open Dagster's pages on this machine only, with the daily schedule on; runs can be started there. Ends with Ctrl-C."""
    _supervise(settings, port, read_only=False)


def _supervise(settings: Settings, port: int, *, read_only: bool) -> None:
    from orchestration.pipeline.services import supervise

    with listening(progress):
        supervise(settings, port, read_only=read_only, tend=_age_teller(settings))


def _age_teller(settings: Settings) -> Callable[[], None]:
    """Tells once a day of a publication that is older than wanted."""
    told_on: list[date] = []

    def tend() -> None:
        now_utc = clock.now_utc()
        said = standing(settings)
        if said["state"] == "stale" and now_utc.date() not in told_on:
            told_on[:] = [now_utc.date()]
            tell(settings, "stale", f"nothing newer than {said['known_utc']} is known to be published", **said)

    return tend
