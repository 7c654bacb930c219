"""The commands that ask sources: `hashwatt refresh` and `hashwatt backfill`. Heavy libraries are imported inside them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, cast

import click

from orchestration.cli.cli_base import EXIT_CODES, progress, refuse_future, wait_option
from orchestration.settings import Settings
from orchestration.sources import SOURCES

if TYPE_CHECKING:
    from ingestion.providers.rows import Domain


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
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Build what could be known by the end of this day (YYYY-MM-DD, UTC).",
)
@wait_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines; the summary is still printed.")
@click.pass_obj
def refresh(
    settings: Settings, edition: str, sources: tuple[str, ...], as_of: datetime | None, wait: float, quiet: bool
) -> None:
    """Take in, check, build and publish. Only edition live needs a network, and none needs a key. When no source says
    anything new and all other inputs are as they were, edition live says so and builds nothing.

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
    day = as_of.date() if as_of else None
    refuse_future(day, "--as-of")
    from orchestration.cli.cli_render import answer_lines, nothing_new_line, summary_lines
    from orchestration.cli.refresh import NothingNew
    from orchestration.cli.refresh import refresh as run_refresh

    summary = run_refresh(
        settings,
        edition=edition,
        as_of=day,
        wait_seconds=wait,
        progress=None if quiet else progress,
        sources=sources or SOURCES,
    )
    if isinstance(summary, NothingNew):
        click.echo(nothing_new_line(summary))
        return
    for line in summary_lines(summary, settings):
        click.echo(line)
    for line in answer_lines(settings):
        click.echo(line)


@click.command(epilog=EXIT_CODES)
@click.argument("source", type=click.Choice(SOURCES))
@click.option(
    "--from",
    "since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="market, network, macro: from this day on (YYYY-MM-DD), also in later refreshes. When not given: as before, "
    "or from the day after the frozen excerpt ends.",
)
@click.option(
    "--instrument", "instruments", multiple=True, metavar="NAME", help="market: only this one; may be given again."
)
@click.option("--issuer", "issuers", multiple=True, metavar="NAME", help="sec: only this issuer; may be given again.")
@click.option(
    "--documents-from",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="sec: the documents of 8-K, 6-K, FWP and 424B filings from this filing day on (YYYY-MM-DD), also in later "
    "refreshes. When not given: as before, or from 45 days before the issuer was first asked about.",
)
@click.option(
    "--per-issuer", is_flag=True, help="sec: never take the nightly archives of all registrants, several gigabytes."
)
@wait_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
@click.pass_obj
def backfill(
    settings: Settings,
    source: str,
    since: datetime | None,
    instruments: tuple[str, ...],
    issuers: tuple[str, ...],
    documents_from: datetime | None,
    per_issuer: bool,
    wait: float,
    quiet: bool,
) -> None:
    """Bring the history of a source into the archive: sec is SEC EDGAR, market are bars and actions, network the bitcoin
    network, macro the series. What is archived is not asked for again, so it may be interrupted and repeated.

    Publishes nothing: `hashwatt refresh --edition live` or `replay` does that afterwards. The first load of the whole
    universe from EDGAR comes from its nightly archives, later ones and --issuer from one request a document.

    \b
    Examples:
      hashwatt backfill market --from 2019-01-01
      hashwatt backfill market --from 2019-01-01 --instrument MARA --instrument BTC-USD
      hashwatt backfill macro --from 2015-01-01
      HASHWATT_CONTACT=you@example.org hashwatt backfill sec
      hashwatt backfill sec --issuer MARA --issuer RIOT
      hashwatt backfill sec --issuer MARA --documents-from 2024-01-01
    """
    if source == "sec" and (since or instruments):
        raise click.UsageError(
            "--from and --instrument are for market, network and macro; sec takes --issuer and --documents-from"
        )
    if source != "sec" and (issuers or per_issuer or documents_from):
        raise click.UsageError("--issuer, --documents-from and --per-issuer are for sec")
    if source != "market" and instruments:
        raise click.UsageError("--instrument is for market")
    day = since.date() if since else None
    refuse_future(day, "--from")
    filed_from = documents_from.date() if documents_from else None
    refuse_future(filed_from, "--documents-from")
    from orchestration.backfill import backfill_feed, backfill_filings
    from orchestration.cli.cli_render import backfill_line, feed_backfill_lines
    from orchestration.progress import listening

    with listening(None if quiet else progress):
        if source == "sec":
            click.echo(backfill_line(backfill_filings(settings, issuers, per_issuer, wait, filed_from)))
            return
        for line in feed_backfill_lines(backfill_feed(settings, cast("Domain", source), day, instruments, wait)):
            click.echo(line)
