"""When each filing of a registrant was first known, by the archived answers in the order in which they came. What a later
answer adds never moves it; docs/decisions/0013 says why. Asks nobody and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from ingestion.edgar import submissions
from ingestion.edgar.acceptance import Acceptance, end_of_day_new_york
from ingestion.edgar.client import facts_source
from ingestion.fetch.archive import Archive, Fetch

BOUND_IS_LATE_BY = timedelta(hours=6)
"""A New York reading of what was UTC is five hours too late at most: facts of a filing may be there that long before."""
BEFORE_FILING_DAY = timedelta(days=4)
"""The same of a filing day alone: what is accepted on an evening before three days of rest carries the day after them."""


class FirstKnown:
    """What the archive says of one registrant."""

    def __init__(self, archive: Archive, cik: str) -> None:
        self._archive, self.facts = archive, archive.fetches(facts_source(cik))
        # The last ones are kept at hand: filings of one day ask for the same.
        self._bytes = lru_cache(maxsize=1)(archive.get)

    def acceptances(self, pages: Sequence[Fetch]) -> dict[str, Acceptance]:
        """The acceptance of every filing that an earlier answer than the newest ones, `pages`, listed: as it was read
        then, or the end of its filing day where its facts were there before the list named it."""
        answers = [fetch for page in pages for fetch in self._archive.fetches(page.source)]
        newest = max(page.fetched_at_utc for page in pages)
        if len(answers) <= len(pages) and (not self.facts or self.facts[0].fetched_at_utc >= newest):
            return {}
        answers.sort(key=lambda fetch: (fetch.fetched_at_utc, fetch.archived_at_utc, fetch.source))
        found = {}
        read = submissions.first_readings((fetch, self._archive.get(fetch.sha256)) for fetch in answers)
        for accession, (acceptance, listed, filed) in read.items():
            met = self._met(accession, acceptance.at_utc - BOUND_IS_LATE_BY, listed.fetched_at_utc)
            if met is not None:
                acceptance = replace(acceptance, zone="bound", at_utc=min(end_of_day_new_york(filed), met))
            found[accession] = acceptance
        return found

    def first_met(self, accession: str, end_of_filing_day: datetime) -> datetime:
        """When a filing that no list names was first met in facts; at the latest with the newest of them."""
        if len(self.facts) > 1:
            met = self._met(accession, end_of_filing_day - BEFORE_FILING_DAY, end_of_filing_day)
            if met is not None:
                return met
        return self.facts[-1].fetched_at_utc

    def _met(self, accession: str, since: datetime, before: datetime) -> datetime | None:
        """When the first of the answers fetched in between came in that has the accession."""
        for fetch in self.facts:
            if since <= fetch.fetched_at_utc < before and f'"{accession}"'.encode() in self._bytes(fetch.sha256):
                return fetch.fetched_at_utc
        return None
