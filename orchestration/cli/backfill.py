"""`hashwatt backfill`: the history of a source into the archive. What is heavy is imported when it runs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, cast

import click

from orchestration.cli.base import EXIT_CODES, Day, print_lines, progress, wait_option
from orchestration.cli.output import say
from orchestration.progress import listening
from orchestration.settings import SEC, SOURCES, Settings

if TYPE_CHECKING:
    from ingestion.providers.rows import Domain

PUBLISH = "Publish them with `hashwatt refresh --edition replay`, or with `--edition live` and what is newer."


@click.command(epilog=EXIT_CODES)
@click.argument("source", type=click.Choice(SOURCES))
@click.option(
    "--from",
    "since",
    type=Day(),
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
    type=Day(),
    metavar="DATE",
    help="sec: the documents of 8-K, 6-K, FWP and 424B filings from this filing day on (YYYY-MM-DD), also in later "
    "refreshes. When not given: as before, or from 45 days before the issuer was first asked about.",
)
@click.option(
    "--bulk",
    is_flag=True,
    help="sec: first take the nightly archives of all registrants, several gigabytes, and from them what is not archived yet.",
)
@wait_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
@click.pass_obj
def backfill(
    settings: Settings,
    source: str,
    since: date | None,
    instruments: tuple[str, ...],
    issuers: tuple[str, ...],
    documents_from: date | None,
    bulk: bool,
    wait: float,
    quiet: bool,
) -> None:
    """Bring the history of a source into the archive: sec is SEC EDGAR, market are bars and actions, network the bitcoin
    network, macro the series. What is archived is not asked for again, so it may be interrupted and repeated.

    Publishes nothing: `hashwatt refresh --edition live` or `replay` does that afterwards. EDGAR is asked issuer
    by issuer, one request a document, about a hundred for the shipped universe; --bulk is for a universe of thousands.

    \b
    Examples:
      hashwatt backfill market --from 2019-01-01
      hashwatt backfill market --from 2019-01-01 --instrument MARA --instrument BTC-USD
      hashwatt backfill macro --from 2015-01-01
      HASHWATT_CONTACT=you@example.org hashwatt backfill sec
      hashwatt backfill sec --issuer MARA --issuer RIOT
      hashwatt backfill sec --issuer MARA --documents-from 2024-01-01
    """
    if source == SEC and (since or instruments):
        raise click.UsageError(
            "--from and --instrument are for market, network and macro; sec takes --issuer and --documents-from"
        )
    if source != SEC and (issuers or bulk or documents_from):
        raise click.UsageError("--issuer, --documents-from and --bulk are for sec")
    if source != "market" and instruments:
        raise click.UsageError("--instrument is for market")
    from orchestration.live import asking, backfill_filings, fill
    from orchestration.questions import outcome_lines

    if source == SEC:
        with listening(None if quiet else progress):
            news = backfill_filings(settings, issuers, bulk, wait, documents_from)
        new = sum(one.new for one in news.asked)
        say(f"Archived: {new} new documents of {len(news.asked)} issuers by {news.requests} requests. {PUBLISH}")
        return
    with listening(None if quiet else progress), asking(settings, wait):
        outcomes = fill(settings, cast("Domain", source), since, instruments)
    if not outcomes:
        say("Nothing to ask: every day that the providers can be asked about is archived.")
        return
    print_lines(outcome_lines(outcomes))
    answered = sum(one.outcome == "answered" for one in outcomes)
    say(f"Archived: the answers to {answered} of {len(outcomes)} questions. {PUBLISH}")
