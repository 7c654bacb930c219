"""The command line `hashwatt` and its commands; the larger ones are in the modules of their names.
Heavy libraries are imported when a command runs that needs them, so that a query stays quick."""

from __future__ import annotations

import gc
import re
import webbrowser
from datetime import date
from pathlib import Path

import click

from orchestration import __version__
from orchestration.cli.backfill import backfill
from orchestration.cli.base import (
    EXIT_CODES,
    Group,
    format_option,
    print_lines,
    utf8_output,
    wait_option,
    wanted_options,
)
from orchestration.cli.build import build
from orchestration.cli.check import check
from orchestration.cli.claims import claims, news
from orchestration.cli.doctor import doctor
from orchestration.cli.extract import evidence, extract, review, score_extraction
from orchestration.cli.output import say
from orchestration.cli.query import query, tables
from orchestration.cli.refresh import refresh
from orchestration.cli.serve import dev, serve
from orchestration.cli.status import EVERYTHING, publication_lines, status
from orchestration.errors import HashwattError, NothingPublished
from orchestration.export.commands import export
from orchestration.publish import store
from orchestration.publish.backup import back_up
from orchestration.publish.backup import restore as put_back
from orchestration.publish.reader import resolved
from orchestration.settings import Settings


@click.group(cls=Group, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hashwatt")
@click.option("--debug", is_flag=True, help="Show the full trace of an error.")
@click.option("--alone", is_flag=True, hidden=True)
@click.pass_context
def main(ctx: click.Context, debug: bool, alone: bool) -> None:
    """A warehouse of bitcoin miners and AI hosting: refresh it, ask it, keep it well.

    All files are in the folder HASHWATT_HOME; when not set, in .hashwatt of this
    folder or of the nearest one above that has one.

    \b
    Examples:
      hashwatt refresh
      hashwatt query "from mart_contracted_ai_book order by value_usd_m desc"
      hashwatt status
    """
    utf8_output()
    # What Dagster, dbt and Great Expectations make when they are imported stays to the end; Python would go through all of it
    # a dozen times to find that out, a quarter of the time they take.
    gc.set_threshold(50_000)
    ctx.obj = Settings.from_env()


for command in (
    backfill,
    build,
    check,
    claims,
    dev,
    doctor,
    evidence,
    export,
    extract,
    news,
    query,
    refresh,
    review,
    score_extraction,
    serve,
    status,
    tables,
):
    main.add_command(command)


@main.command(epilog=EXIT_CODES)
@click.argument("issuer")
@click.argument("metric")
@click.argument("quarter")
@format_option("text", "json", help="json: one object.")
@wanted_options
@click.pass_obj
def explain(settings: Settings, issuer: str, metric: str, quarter: str, style: str, wanted: str | date | None) -> None:
    """One number and all that is behind it: arithmetic, filings with their acceptance times, earlier vintages.

    QUARTER is a calendar quarter, YYYYQn; a fiscal quarter belongs to the one that holds its middle day.

    \b
    Examples:
      hashwatt explain GOOGL capex_cash 2025Q2
      hashwatt explain MSFT capex_cash 2025Q4 --format json
    """
    from orchestration.cli.explain import explain as find
    from orchestration.cli.explain import explanation_json
    from orchestration.cli.explain_text import explanation_lines

    found = find(settings, issuer, metric, _quarter(quarter), wanted)
    if style == "json":
        say(explanation_json(found), folded=False)
    else:
        print_lines(explanation_lines(found))


@main.command(epilog=EXIT_CODES)
@click.option("--open", "is_opened", is_flag=True, help="Open it in the browser of this machine.")
@wanted_options
@click.pass_obj
def report(settings: Settings, is_opened: bool, wanted: str | date | None) -> None:
    """The report of the current publication, or of another that is kept: prints the file to open. It needs no network and
    no server, and the folder it lies in may be copied or sent.

    \b
    Examples:
      hashwatt report --open
    """
    from orchestration.report.site import FIRST_PAGE, REPORT

    found = resolved(settings, wanted)
    page = found.path / REPORT / FIRST_PAGE
    if not page.is_file():
        raise NothingPublished(
            f"publication {found.id} has no report: an earlier version made it", "run `hashwatt refresh --force`"
        )
    say(str(page), folded=False)
    if is_opened and not webbrowser.open(page.as_uri()):
        raise HashwattError("no browser could be started on this machine", f"open {page.as_uri()} in one yourself")


@main.command(epilog=EXIT_CODES)
@click.option("--to", metavar="ID", help="Go to this publication instead of the one before the current one.")
@click.option("--list", "only_list", is_flag=True, help="Only list the publications.")
@click.pass_obj
def rollback(settings: Settings, to: str | None, only_list: bool) -> None:
    """Go back to an earlier publication, after checking its files. The next refresh moves on as usual."""
    if only_list:
        print_lines(publication_lines(settings))
        return
    target = store.rollback(settings, to)
    say(f"Readers now see {target.id} (edition {target.edition}, as of {target.as_of or EVERYTHING}).")


@main.command(epilog=EXIT_CODES)
@click.argument("target", metavar="FILE|FOLDER", type=click.Path(path_type=Path))
@wait_option
@click.pass_obj
def backup(settings: Settings, target: Path, wait: float) -> None:
    """Write the home into one new FILE, or into a new file in FOLDER: archive, lake, publications, the pointer. It may be in
    use: readers and the schedule go on, a refresh is waited for with --wait, and the next one waits.

    \b
    Examples:
      hashwatt backup /backups
      hashwatt backup /backups/before-the-move.tar --wait 600
    """
    file = back_up(settings, target, wait)
    say(f"{file}: {file.stat().st_size:,} bytes. `HASHWATT_HOME=... hashwatt restore {file}` makes a home of it.")


@main.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def restore(settings: Settings, file: Path) -> None:
    """Make the home, which must not hold anything yet, from FILE, after checking the publication that readers will see.

    \b
    Examples:
      HASHWATT_HOME=/srv/hashwatt hashwatt restore /backups/before-the-move.tar
    """
    say(f"{settings.home}: readers see {put_back(settings, file)}. The next refresh goes on from here.")


def _quarter(quarter: str) -> str:
    if not re.fullmatch(r"\d{4}Q[1-4]", quarter, flags=re.IGNORECASE):
        raise click.BadParameter(f"{quarter!r} is not a calendar quarter such as 2025Q2", param_hint="QUARTER")
    return quarter.upper()


if __name__ == "__main__":
    main()
