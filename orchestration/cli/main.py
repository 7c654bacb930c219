"""The command line `hashwatt`: what it accepts, what it calls and its exit codes. How output looks is cli_render.py.
Heavy libraries are imported inside the commands that need them, so that a query stays quick."""

from __future__ import annotations

import sys

import click

from orchestration import __version__
from orchestration.cli.cli_base import EXIT_CODES, Group, utf8_output
from orchestration.cli.cli_sources import backfill, refresh
from orchestration.settings import Settings


@click.group(cls=Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
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
    utf8_output()
    ctx.obj = Settings.from_env()


main.add_command(refresh)
main.add_command(backfill)


@main.command(epilog=EXIT_CODES)
@click.pass_obj
def status(settings: Settings) -> None:
    """What is published: age, edition, checks, freshness of each source; where providers were asked, fail-overs, open
    circuits, gaps and disagreements; earlier publications, a running refresh."""
    from orchestration.cli.status_render import status_lines

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
    from orchestration.cli.query import run_query
    from orchestration.cli.query_output import write_csv, write_json, write_table

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
    from orchestration.cli.explain import explain as find
    from orchestration.cli.explain import explanation_json
    from orchestration.cli.explain_text import explanation_lines

    found = find(settings, issuer, metric, _quarter(quarter))
    for line in [explanation_json(found)] if style == "json" else explanation_lines(found):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@click.pass_obj
def tables(settings: Settings, name: str | None) -> None:
    """The published tables; with NAME, the columns of one: type, unit, meaning."""
    from orchestration.cli.cli_render import column_lines, table_lines

    for line in column_lines(settings, name) if name else table_lines(settings):
        click.echo(line)


@main.command(epilog=EXIT_CODES)
@click.option("--to", metavar="ID", help="Go to this publication instead of the one before the current one.")
@click.option("--list", "only_list", is_flag=True, help="Only list the publications.")
@click.pass_obj
def rollback(settings: Settings, to: str | None, only_list: bool) -> None:
    """Go back to an earlier publication, after checking its files. The next refresh moves on as usual."""
    from orchestration.cli.cli_render import publication_lines
    from orchestration.publish.publication_store import rollback as go_back

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
    from orchestration.cli.doctor import examine, fix_pointer

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
    from orchestration.cli.dev import run

    ctx.exit(run(ctx.obj, port))


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
