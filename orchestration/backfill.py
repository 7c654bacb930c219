"""Filling the archive with the history of a source; publishes nothing. Light: it loads no Dagster, no dbt, no Great Expectations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from orchestration import clock
from orchestration.errors import HashwattError
from orchestration.live import News, asking, edgar_client, feed_client, lake_of, open_ingestion
from orchestration.progress import report
from orchestration.settings import Settings

if TYPE_CHECKING:
    from ingestion.outcomes import Outcome
    from ingestion.providers.rows import Domain


def backfill_filings(
    settings: Settings,
    issuers: Collection[str],
    bulk: bool,
    wait_seconds: float,
    documents_from: date | None = None,
) -> News:
    """Bring what EDGAR has of `issuers`, or of the whole universe, into the archive; what is archived is not asked again.
    Documents are those of filings since `documents_from`, a filing day, which is noted for later runs, too; when not given
    as before.

    With `bulk` what is not archived yet is first taken from the nightly archives of all registrants, gigabytes each. Raises
    as `look` does, and HashwattError for an issuer that is in no universe.
    """
    from ingestion.edgar.asking import Asking

    client = edgar_client(settings)
    with asking(settings, wait_seconds):
        sources = open_ingestion(settings, "live", clock.now_utc())
        chosen = sources.registrants(issuers or None)
        if unknown := sorted(set(issuers) - {one.issuer for one in chosen}):
            raise HashwattError(
                f"no issuer of the universe: {', '.join(unknown)}",
                f"choose among {', '.join(one.issuer for one in sources.registrants())}",
            )
        edgar = Asking(client, sources.archive, sources.now_utc)
        if bulk:
            edgar.bulk(chosen, report)
        return News(tuple(edgar.everything(chosen, report, only_missing=True, documents_from=documents_from)))


def fill(settings: Settings, feed: Domain, since: date | None, subjects: Collection[str]) -> list[Outcome]:
    """Bring what the providers of `feed` have from `since` on into the archive; what is archived is not asked again.
    `subjects` are instruments, all when empty. For whoever holds the writer lock.

    Raises IngestionError, and HashwattError for an instrument that is in no universe.
    """
    sources = open_ingestion(settings, "live", clock.now_utc(), None, feed_client(settings), (feed,))
    known = sorted(sources.universe.instruments)
    if unknown := sorted(set(subjects) - set(known)):
        raise HashwattError(f"no instrument of the universe: {', '.join(unknown)}", f"choose among {', '.join(known)}")
    return sources.ask_feeds(
        lake_of(settings), report, domains=(feed,), subjects=tuple(subjects) or None, since=since, only_missing=True
    )
