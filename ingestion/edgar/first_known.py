"""When each filing of a registrant was first known, by the archived answers in the order in which they came. What a later
answer adds never moves it; docs/decisions/0013 says why. Asks nobody and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from ingestion.edgar import submissions
from ingestion.edgar.acceptance import Acceptance, end_of_day_new_york
from ingestion.edgar.asking import facts_source, page_source, submissions_source
from ingestion.edgar.companyfacts import FirstMet
from ingestion.fetch.archive import Archive, Fetch

BOUND_IS_LATE_BY = timedelta(hours=6)
"""A New York reading of what was UTC is five hours too late at most: facts of a filing may be there that long before."""
BEFORE_FILING_DAY = timedelta(days=4)
"""The same of a filing day alone: what is accepted on an evening before three days of rest carries the day after them."""


def first_acceptances(archive: Archive, cik: str, pages: list[Fetch]) -> dict[str, Acceptance]:
    """The acceptance of every filing that an earlier answer than the newest ones, `pages`, listed: as it was read then,
    or the end of its filing day where its facts were there before the list named it."""
    sources = [submissions_source(cik), *(page_source(fetch.source.rsplit("/", 1)[1]) for fetch in pages[1:])]
    answers = [fetch for source in sources for fetch in archive.fetches(source)]
    facts = archive.fetches(facts_source(cik))
    if len(answers) <= len(pages) and (not facts or facts[0].fetched_at_utc >= max(f.fetched_at_utc for f in pages)):
        return {}
    answers.sort(key=lambda fetch: (fetch.fetched_at_utc, fetch.archived_at_utc, fetch.source))
    read = submissions.first_readings((fetch, archive.get(fetch.sha256)) for fetch in answers)
    found = {}
    held = _reader(archive)
    for accession, (acceptance, listed, filed) in read.items():
        met = _met(held, facts, accession, acceptance.at_utc - BOUND_IS_LATE_BY, listed.fetched_at_utc)
        found[accession] = acceptance if met is None else _by_filing_day(acceptance, filed, met)
    return found


def first_met(archive: Archive, cik: str) -> FirstMet | None:
    """When filings that no list names were first met in facts; None where the archive holds one answer only."""
    facts = archive.fetches(facts_source(cik))
    if len(facts) < 2:
        return None

    held = _reader(archive)

    def met(accession: str, end_of_filing_day: datetime) -> datetime:
        first = _met(held, facts, accession, end_of_filing_day - BEFORE_FILING_DAY, end_of_filing_day)
        return facts[-1].fetched_at_utc if first is None else first

    return met


def _reader(archive: Archive) -> Callable[[str], bytes]:
    """Archived bytes by their hash, the last ones kept at hand: filings of one day ask for the same."""
    return lru_cache(maxsize=1)(archive.get)


def _met(
    held: Callable[[str], bytes], facts: list[Fetch], accession: str, since: datetime, before: datetime
) -> datetime | None:
    """When the first of the answers fetched in between came in that has the accession."""
    for fetch in facts:
        if since <= fetch.fetched_at_utc < before and f'"{accession}"'.encode() in held(fetch.sha256):
            return fetch.fetched_at_utc
    return None


def _by_filing_day(acceptance: Acceptance, filed: date, met: datetime) -> Acceptance:
    return replace(acceptance, zone="bound", at_utc=min(end_of_day_new_york(filed), met))
