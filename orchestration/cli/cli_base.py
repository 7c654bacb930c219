"""What the parts of the command line share: errors to exit codes, progress, options. No command lives here."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import click

from orchestration.errors import GateRefused, HashwattError

EXIT_CODES = """\b
Exit codes:
  0  done
  1  an unexpected error, `doctor` found something that fails, or `check` an error
  2  wrong usage
  3  a gate refused; nothing was published, the last publication stays
  4  another refresh is running
  5  nothing is published yet, or there is nothing to roll back to
  6  the query was refused or failed, or there is no such number to explain
  7  a source could not be asked, or did not answer as it should; the last publication stays
"""


wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for another refresh to end; without it, say so and stop.",
)


class Group(click.Group):
    """Turns known errors into a message, a remedy and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HashwattError as error:
            if ctx.params.get("debug"):
                raise
            _say_error(error)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"error: {type(error).__name__}: {error}", err=True)
            click.echo("what to do: run `hashwatt doctor`; `hashwatt --debug ...` shows where it happened", err=True)
            ctx.exit(1)


def _say_error(error: HashwattError) -> None:
    click.echo(f"error: {error.message}", err=True)
    if isinstance(error, GateRefused):
        for reason in error.reasons:
            if reason not in error.message:
                click.echo(f"  - {reason}", err=True)
    if error.remedy:
        click.echo(f"what to do: {error.remedy}", err=True)
    if isinstance(error, GateRefused) and "last publication" not in error.remedy:
        click.echo("Nothing was published; the last publication stays as it is.", err=True)


def utf8_output() -> None:
    """Names of issuers are not ASCII; a terminal that cannot show a letter gets a question mark, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def progress(line: str) -> None:
    click.echo(line, err=True)


def refuse_future(day: date | None, option: str) -> None:
    if day is not None and day > datetime.now(UTC).date():
        raise click.BadParameter(f"{day} is in the future", param_hint=option)
