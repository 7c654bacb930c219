"""What the commands share: exit codes, errors as messages with a remedy, options. No command lives here."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from functools import wraps
from typing import Any

import click

from orchestration import clock
from orchestration.cli.output import say
from orchestration.errors import GateRefused, HashwattError
from orchestration.faults import plain
from orchestration.interruption import Interrupted, interruptible

EXIT_CODES = """\b
Exit codes:
  0  done
  1  an unexpected error, or `doctor` or `check` found something that fails
  2  wrong usage
  3  a gate refused; nothing was published, the last publication stays
  4  another refresh is running, or has published meanwhile
  5  nothing is published yet, or there is nothing to roll back to
  6  the query was refused or failed, or there is no such number to explain
  7  a source could not be asked, or did not answer as it should; nothing was
     published, the last publication stays
  8  a copy could not be made; what its readers see is as it was
  130, 143  ended by Ctrl-C or by SIGTERM
"""

_STANDING = "hashwatt.standing"


class Day(click.DateTime):
    """A day up to today (UTC), written YYYY-MM-DD; commands get it as a date."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        day: date = super().convert(value, param, ctx).date()
        if day > clock.now_utc().date():
            self.fail(f"{day} is in the future", param, ctx)
        return day


as_of_option = click.option(
    "--as-of",
    type=Day(),
    metavar="DATE",
    help="Build what could be known by the end of this day (YYYY-MM-DD, UTC).",
)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for another refresh to end; without it, say so and stop.",
)


def wanted_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that reads a publication. It gets what they come to as `wanted`: an id, the day whose
    knowledge it holds, or None for the current one."""

    @click.option("--publication", metavar="ID", help="Read this publication instead of the current one.")
    @click.option(
        "--as-of", type=Day(), metavar="DATE", help="Read the newest publication kept as of this day (YYYY-MM-DD)."
    )
    @wraps(command)
    def given(*args: Any, publication: str | None, as_of: date | None, **kwargs: Any) -> None:
        if publication is not None and as_of is not None:
            raise click.UsageError("--publication and --as-of name two publications; give one")
        command(*args, wanted=publication or as_of, **kwargs)

    return given


def format_option(*styles: str, help: str) -> Callable[..., Any]:
    """The option of a command that prints in one of `styles`, the first where none is given, which it gets as `style`."""
    kinds = click.Choice(styles)
    return click.option("--format", "style", type=kinds, default=styles[0], show_default=True, help=help)


class Group(click.Group):
    """Turns errors into a message, a remedy and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with interruptible(lambda error: _say_interrupted(error, ctx)):
                return super().invoke(ctx)
        except Interrupted as error:
            _say_interrupted(error, ctx)
            ctx.exit(error.exit_code)
        except click.ClickException as error:
            shown = io.StringIO()
            error.show(shown)
            say(shown.getvalue().rstrip("\n"), err=True, folded=False)
            ctx.exit(error.exit_code)
        except (click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            told = error if isinstance(error, HashwattError) else plain(error, ctx.obj) or error
            for line in traceback.format_exception(error) if ctx.params.get("debug") else _error_lines(told):
                say(line, err=True)
            ctx.exit(told.exit_code if isinstance(told, HashwattError) else 1)


def when_interrupted(standing: Callable[[], str]) -> None:
    """What the line that a signal leaves behind says of how things stand; for the command that runs."""
    click.get_current_context().meta[_STANDING] = standing


def _say_interrupted(error: Interrupted, ctx: click.Context) -> None:
    standing = ctx.meta.get(_STANDING)
    say(f"{error}; {standing()}" if standing else str(error), err=True)


def _error_lines(error: Exception) -> Iterator[str]:
    if not isinstance(error, HashwattError):
        yield f"error: {type(error).__name__}: {error}"
        yield "what to do: run `hashwatt doctor`; `hashwatt --debug ...` shows where it happened"
        return
    yield f"error: {error.message}"
    if isinstance(error, GateRefused):
        yield from (f"  - {reason}" for reason in error.reasons if reason not in error.message)
    if error.remedy:
        yield f"what to do: {error.remedy}"
    if isinstance(error, GateRefused) and "last publication" not in error.remedy:
        yield "Nothing was published; the last publication stays as it is."


def utf8_output() -> None:
    """Names of issuers are not ASCII; a terminal that cannot show a letter gets a question mark, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def progress(line: str) -> None:
    """Where a waiting person sees how far a command is: standard error."""
    say(line, err=True)


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        say(line)


def near_names(name: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: those among `known` that it may have meant, nothing where none is near."""
    import difflib

    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.4)
    near += [one for one in known if name.lower() in one and one not in near][:3]
    return f"; near names: {', '.join(near)}" if near else ""
