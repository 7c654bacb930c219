"""The command line `hashwatt`: what it accepts, what it calls and its exit codes. How output looks is cli_render.py.
Heavy libraries are imported inside the commands that need them, so that a query stays quick."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Any

import click

from orchestration import __version__
from orchestration.errors import GateRefused, HashwattError
from orchestration.settings import Settings

EXIT_CODES = """\b
Exit codes:
  0  done
  1  an unexpected error, or `doctor` found something that fails
  2  wrong usage
  3  a gate refused; nothing was published, the last publication stays
  4  another refresh is running
  5  nothing is published yet, or there is nothing to roll back to
  6  the query was refused or failed, or there is no such number to explain
  7  EDGAR could not be asked, or did not answer as it should; the last publication stays
"""


class _Group(click.Group):
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


def _utf8_output() -> None:
    """Names of issuers are not ASCII; a terminal that cannot show a letter gets a question mark, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


@click.group(cls=_Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hashwatt")
@click.option("--debug", is_flag=True, help="Show the full trace of an error.")
@click.pass_context
def main(ctx: click.Context, debug: bool) -> None:
    """A warehouse of bitcoin miners and AI hosting: refresh it, ask it, keep it well.

    All files are in the folder HASHWATT_HOME, ./.hashwatt when not set.

    \b
    Examples:
      hashwatt refresh
      hashwatt query "from mart_contracted_ai_book order by value_usd_m desc"
      hashwatt status
    """
    _utf8_output()
    ctx.obj = Settings.from_env()


@main.command(epilog=EXIT_CODES)
@click.option(
    "--edition",
    type=click.Choice(["bundle", "live", "replay"]),
    default="bundle",
    show_default=True,
    help="bundle: the ledger and the frozen market and network excerpt; live: that and SEC EDGAR, which needs "
    "HASHWATT_CONTACT; replay: the existing archive only.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Build what could be known by the end of this day (YYYY-MM-DD, UTC).",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for another refresh to end; without it, say so and stop.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress lines; the summary is still printed.")
@click.pass_obj
def refresh(settings: Settings, edition: str, as_of: datetime | None, wait: float, quiet: bool) -> None:
    """Take in, check, build and publish. Only edition live needs a network, and none needs a key. When EDGAR and all
    other inputs are as they were, edition live says so and builds nothing.

    \b
    Examples:
      hashwatt refresh
      HASHWATT_CONTACT=you@example.org hashwatt refresh --edition live
      hashwatt refresh --as-of 2025-09-30
      hashwatt refresh --wait 600
    """
    day = as_of.date() if as_of else None
    _refuse_future(day)
    from orchestration.cli_render import answer_lines, nothing_new_line, summary_lines
    from orchestration.refresh import NothingNew
    from orchestration.refresh import refresh as run_refresh

    summary = run_refresh(
        settings, edition=edition, as_of=day, wait_seconds=wait, progress=None if quiet else _progress
    )
    if isinstance(summary, NothingNew):
        click.echo(nothing_new_line(summary))
        return
    for line in summary_lines(summary, settings):
        click.echo(line)
    for line in answer_lines(settings):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.argument("source", type=click.Choice(["sec"]))
@click.option("--issuer", "issuers", multiple=True, metavar="NAME", help="Only this issuer; may be given again.")
@click.option(
    "--per-issuer", is_flag=True, help="Never take the nightly archives of all registrants, several gigabytes."
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait this long for another refresh to end; without it, say so and stop.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
@click.pass_obj
def backfill(
    settings: Settings, source: str, issuers: tuple[str, ...], per_issuer: bool, wait: float, quiet: bool
) -> None:
    """Bring the history of SEC EDGAR into the archive; what is archived is not asked for again, so it may be interrupted.

    The first load of the whole universe comes from EDGAR's nightly archives, later ones and --issuer from one request
    a document. Publishes nothing: `hashwatt refresh --edition live` or `replay` does that afterwards.

    \b
    Examples:
      HASHWATT_CONTACT=you@example.org hashwatt backfill sec
      hashwatt backfill sec --issuer MARA --issuer RIOT
    """
    from orchestration.cli_render import backfill_line
    from orchestration.live import backfill as fill
    from orchestration.progress import listening

    with listening(None if quiet else _progress):
        click.echo(backfill_line(fill(settings, issuers, per_issuer, wait)))


@main.command(epilog=EXIT_CODES)
@click.pass_obj
def status(settings: Settings) -> None:
    """What is published: age, edition, freshness, checks, earlier publications, a running refresh."""
    from orchestration.cli_render import status_lines

    for line in status_lines(settings):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.argument("sql")
@click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="table: for people; csv: formulas escaped; json: an array of objects.",
)
@click.option(
    "--max-rows",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="Rows a table shows at most; csv and json give all rows.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up then.",
)
@click.option(
    "--memory", default="1GB", show_default=True, metavar="SIZE", help="Memory the query may use, as 500MB or 4GB."
)
@click.pass_obj
def query(settings: Settings, sql: str, style: str, max_rows: int, timeout: float, memory: str) -> None:
    """Ask the current publication one read-only question in SQL; `-` reads it from standard input.

    \b
    Examples:
      hashwatt query "select issuer, value_usd_m from mart_contracted_ai_book order by 2 desc"
      hashwatt query "describe fct_bond_tranche"
      hashwatt query "from mart_hyperscaler_capex" --format csv > capex.csv
    """
    from orchestration.query import run_query
    from orchestration.query_output import write_csv, write_json, write_table

    statement = click.get_text_stream("stdin").read() if sql == "-" else sql
    with run_query(settings, statement, timeout_seconds=timeout, memory_limit=_memory(memory)) as result:
        if style == "csv":
            write_csv(result.columns, result.rows, sys.stdout)
        elif style == "json":
            write_json(result.columns, result.rows, sys.stdout)
        else:
            shown, more = write_table(
                result.columns, result.rows, sys.stdout, max_rows=max_rows, rich=sys.stdout.isatty()
            )
            if more:
                click.echo(f"only the first {shown} rows are shown: give --max-rows, or --format csv for all", err=True)


@main.command(epilog=EXIT_CODES)
@click.argument("issuer")
@click.argument("metric")
@click.argument("quarter")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="json: one object.",
)
@click.pass_obj
def explain(settings: Settings, issuer: str, metric: str, quarter: str, style: str) -> None:
    """One number and all that is behind it: arithmetic, filings with their acceptance times, earlier vintages.

    QUARTER is a calendar quarter, YYYYQn; a fiscal quarter belongs to the one that holds its middle day.

    \b
    Examples:
      hashwatt explain GOOGL capex_cash 2025Q2
      hashwatt explain NVDA revenue 2025Q4 --format json
    """
    from orchestration.explain import explain as find
    from orchestration.explain_json import explanation_json
    from orchestration.explain_render import explanation_lines

    found = find(settings, issuer, metric, _quarter(quarter))
    for line in [explanation_json(found)] if style == "json" else explanation_lines(found):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@click.pass_obj
def tables(settings: Settings, name: str | None) -> None:
    """The published tables; with NAME, the columns of one: type, unit, meaning."""
    from orchestration.cli_render import column_lines, table_lines

    for line in column_lines(settings, name) if name else table_lines(settings):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.option("--to", metavar="ID", help="Go to this publication instead of the one before the current one.")
@click.option("--list", "only_list", is_flag=True, help="Only list the publications.")
@click.pass_obj
def rollback(settings: Settings, to: str | None, only_list: bool) -> None:
    """Go back to an earlier publication, after checking its files. The next refresh moves on as usual."""
    from orchestration.cli_render import publication_lines
    from orchestration.publication_store import rollback as go_back

    if only_list:
        for line in publication_lines(settings):
            click.echo(line)
        return
    target = go_back(settings, to)
    click.echo(f"Readers now see {target.id} (edition {target.edition}, as of {target.as_of or 'everything known'}).")


@main.command(epilog=EXIT_CODES)
@click.option(
    "--fix", is_flag=True, help="Point `current` at the newest intact publication when it is lost or damaged."
)
@click.pass_context
def doctor(ctx: click.Context, fix: bool) -> None:
    """Look for what is wrong and say what to do about it; exit 1 when something FAILs."""
    from orchestration.doctor import examine, fix_pointer

    settings: Settings = ctx.obj
    if fix:
        click.echo(fix_pointer(settings))
    failed = False
    for finding in examine(settings):
        failed = failed or finding.grade == "FAIL"
        click.echo(f"{finding.grade:<5} {finding.subject:<13} {finding.detail}")
        if finding.remedy:
            click.echo(f"{'':<19} -> {finding.remedy}")
    ctx.exit(1 if failed else 0)


@main.command(epilog=EXIT_CODES)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_context
def dev(ctx: click.Context, port: int) -> None:
    """Open Dagster's pages on this machine only, with the daily schedule on. Ends with Ctrl-C."""
    from orchestration.dev import run

    ctx.exit(run(ctx.obj, port))


def _progress(line: str) -> None:
    click.echo(line, err=True)


def _refuse_future(day: date | None) -> None:
    if day is not None and day > datetime.now(UTC).date():
        raise click.BadParameter(f"{day} is in the future", param_hint="--as-of")


def _quarter(quarter: str) -> str:
    import re

    if not re.fullmatch(r"\d{4}Q[1-4]", quarter, flags=re.IGNORECASE):
        raise click.BadParameter(f"{quarter!r} is not a calendar quarter such as 2025Q2", param_hint="QUARTER")
    return quarter.upper()


def _memory(size: str) -> str:
    import re

    if not re.fullmatch(r"[1-9]\d{0,5}(MB|GB)", size, flags=re.IGNORECASE):
        raise click.BadParameter(f"{size!r} is not a size such as 500MB or 4GB", param_hint="--memory")
    return size


if __name__ == "__main__":
    main()
