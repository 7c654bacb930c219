"""`hashwatt refresh`, and what it says at its end: what it did, and three answers from what it has published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from orchestration.cli.base import EXIT_CODES, as_of_option, print_lines, progress, wait_option, when_interrupted
from orchestration.cli.output import say, table_lines
from orchestration.cli.status import checks_text, warned_lines
from orchestration.export.commands import copied_line, export_address
from orchestration.export.postgres import copy
from orchestration.live import News
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.reader import read_publication
from orchestration.publish.store import list_publications
from orchestration.questions import silence
from orchestration.settings import SOURCES, Settings

if TYPE_CHECKING:
    from ingestion.load import Edition
    from orchestration.pipeline.refresh import RefreshSummary


@click.command(epilog=EXIT_CODES)
@click.option(
    "--edition",
    type=click.Choice(["bundle", "live", "replay"]),
    default="bundle",
    show_default=True,
    help="bundle: the ledger and the frozen market and network excerpt; live: that and what the sources say now; "
    "replay: the existing archive only.",
)
@click.option(
    "--source",
    "sources",
    type=click.Choice(SOURCES),
    multiple=True,
    help="Edition live asks only this source; may be given again. All four when not given. sec is SEC EDGAR and needs "
    "HASHWATT_CONTACT, the others need nothing.",
)
@as_of_option
@click.option(
    "--make-current", is_flag=True, help="With --as-of: let readers see that day in the place of what is known now."
)
@click.option("--force", is_flag=True, help="Build and publish although nothing is new.")
@click.option(
    "--then-export",
    is_flag=True,
    help="Then copy the current publication into the database that HASHWATT_EXPORT names.",
)
@wait_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines; the summary is still printed.")
@click.pass_obj
def refresh(
    settings: Settings,
    edition: str,
    sources: tuple[str, ...],
    as_of: date | None,
    make_current: bool,
    force: bool,
    then_export: bool,
    wait: float,
    quiet: bool,
) -> None:
    """Take in, check, build and publish. Only edition live needs a network, and none needs a key. When no source says
    anything new and all other inputs are as they were, it says so and builds nothing.

    A publication as of an earlier day stands beside the current one; ask it with `hashwatt query --as-of DATE`.

    \b
    Examples:
      hashwatt refresh
      HASHWATT_CONTACT=you@example.org hashwatt refresh --edition live
      hashwatt refresh --edition live --source market --source network --source macro
      hashwatt refresh --as-of 2025-09-30
      hashwatt refresh --wait 600
    """
    if sources and edition != "live":
        raise click.UsageError(f"--source is for --edition live; edition {edition} asks nobody")
    if make_current and as_of is None:
        raise click.UsageError("--make-current is for --as-of; without it the publication becomes current anyhow")
    address = export_address(settings) if then_export else None
    before = {one.id for one in list_publications(settings)}

    def standing() -> str:
        made = [one.id for one in list_publications(settings) if one.id not in before]
        return f"{made[0]} was published" if made else "nothing was published"

    when_interrupted(standing)
    from orchestration.pipeline.refresh import refresh as run_refresh

    summary = run_refresh(
        settings,
        edition=cast("Edition", edition),
        as_of=as_of,
        wait_seconds=wait,
        progress=None if quiet else progress,
        sources=sources or SOURCES,
        make_current=make_current,
        force=force,
    )
    if isinstance(summary, News):
        say(nothing_new_line(summary))
        told = silence(summary.outcomes)
    else:
        print_lines(summary_lines(summary, settings, as_of))
        told = summary.silence
    print_lines(answer_lines(settings, summary.publication_id))
    if told:
        print_lines(["", told])
    if address is not None:
        say(copied_line(copy(settings, address)))


def summary_lines(summary: RefreshSummary, settings: Settings, as_of: date | None = None) -> Iterator[str]:
    """What a refresh did: rows by layer, checks by status, seconds by stage, what is published where."""
    layers = [(layer, f"{rows:,}") for layer, rows in summary.rows_by_layer.items()]
    tables = [(table, f"{rows:,}") for table, rows in sorted(summary.rows.items())]
    stages = [*summary.seconds.items(), ("all steps", sum(summary.seconds.values()))]
    yield ""
    yield "Rows"
    yield from table_lines(("layer", "rows"), layers, indent=2)
    yield "Published tables"
    yield from table_lines(("table", "rows"), tables, indent=2)
    yield "Seconds"
    yield from table_lines(("stage", "seconds"), [(name, f"{seconds:.1f}") for name, seconds in stages], indent=2)
    yield f"Checks: {checks_text(summary.checks)}"
    yield from warned_lines(summary.newly_warned)
    yield f"Published: {summary.publication_id}"
    yield f"  {summary.path / DATABASE_NAME}"
    if summary.is_current:
        yield f"  readers open {settings.current / DATABASE_NAME}"
    else:
        yield f"  it stands beside the current one: `hashwatt query --as-of {as_of} SQL` asks it"


def nothing_new_line(found: News) -> str:
    """What a refresh did that had nothing to build from."""
    asked = [f"{found.requests} requests about {len(found.asked)} issuers"] if len(found.asked) else []
    if len(found.outcomes):
        asked.append(f"{len(found.outcomes)} questions to providers")
    said = f"{' and '.join(asked)} in {found.seconds:.1f} s" if asked else "nobody had to be asked"
    return f"Nothing new: {said}, and every input is that of {found.publication_id}."


def questions() -> dict[str, str]:
    """What the three answers at the end of a refresh are asked by, in SQL, by their title."""
    from quality.read import read_yml

    return read_yml(Path(__file__).with_name("answers.yml"))


def answer_lines(settings: Settings, publication_id: str) -> Iterator[str]:
    """Three answers from a publication, which is opened once; raises what read_publication raises."""
    with read_publication(settings, publication_id) as reading:
        for title, sql in questions().items():
            rows = reading.rows(sql)
            yield ""
            yield title
            yield from (
                table_lines([*rows[0]], [[*row.values()] for row in rows], indent=2)
                if rows
                else ["  nothing in this publication"]
            )
