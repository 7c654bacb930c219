"""From what the archive holds of EDGAR to batches, one registrant at a time. Asks nobody and writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from functools import partial

import pyarrow as pa

from ingestion.contracts import DOCUMENT, FACT, FILING, NUMBER
from ingestion.contracts.contract import TEXT, TIMESTAMP, Table
from ingestion.edgar import companyfacts, filing_index, submissions
from ingestion.edgar.client import (
    document_source,
    facts_source,
    index_source,
    page_source,
    shipped_facts_source,
    submissions_source,
)
from ingestion.edgar.documents import hashes_of
from ingestion.edgar.filing_index import Hashes
from ingestion.edgar.first_known import FirstKnown
from ingestion.edgar.numbers import documents_of, read_numbers
from ingestion.errors import SourceMissing
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.delimited import unpack
from ingestion.landing.lake import Lake
from ingestion.universe import Registrant

ACCEPTED = pa.schema([("accession", TEXT), ("acceptance_zone", TEXT), ("known_at_utc", TIMESTAMP)])
SHIPPED = "bundle/"
ANSWERED = ("sec/submissions", "sec/companyfacts", "sec/filing_index", "sec/document")
PARSERS = {
    FILING.name: submissions.PARSER_VERSION,
    FACT.name: companyfacts.PARSER_VERSION,
    DOCUMENT.name: filing_index.PARSER_VERSION,
}


class SecFeed:
    """What the archive says about the registrants of a universe, by issuer."""

    def __init__(self, archive: Archive, registrants: Mapping[str, Registrant]) -> None:
        self._archive, self._registrants = archive, registrants
        self._older: dict[str, tuple[str, ...]] = {}

    def batches(self, table: Table, lake: Lake, issuers: Collection[str] | None = None) -> Iterator[Batch]:
        """A batch for every registrant of whom the archive says what `lake` has not taken in, in the order of names. Each is
        read when it is taken, facts one ahead of it."""
        if table == NUMBER:
            return self._numbers(lake, issuers)
        taken, (filings, _) = lake.applied(table), lake.facts(FILING)
        marks = {
            registrant: self._mark(table, registrant, filings.get(FILING.partition.of(registrant.cik), {}))
            for issuer, registrant in sorted(self._registrants.items())
            if issuers is None or issuer in issuers
        }
        due = [one for one, mark in marks.items() if mark and taken.get(one.cik) != mark]
        read = self._filings if table == FILING else self._documents
        batches = (
            companyfacts.read_ahead(partial(self._facts, one, lake) for one in due)
            if table == FACT
            else (read(one, self._fetches(table, one)) for one in due)
        )
        return (replace(batch, applied={one.cik: marks[one]}) for one, batch in zip(due, batches, strict=True))

    def inputs(self) -> dict[str, str]:
        """SHA-256 over all that EDGAR has answered, by kind; earlier answers say when a filing was first known."""
        return self._archive.contents(ANSWERED)

    def is_asked(self) -> bool:
        """Whether EDGAR has answered about anyone."""
        return bool(self.inputs())

    def shipped(self) -> frozenset[str]:
        """The issuers whose facts are those that ship, since EDGAR has not answered about them."""
        held = ((issuer, self._fetches(FACT, registrant)) for issuer, registrant in self._registrants.items())
        return frozenset(issuer for issuer, fetches in held if any(_is_shipped(fetch) for fetch in fetches))

    def _facts(self, registrant: Registrant, lake: Lake) -> Callable[[], Batch]:
        """Facts take their times from the filings in the lake, which are landed before them."""
        filings = FILING.partition.of(registrant.cik)
        accepted = (
            lake.read_partition(FILING, filings) if filings in lake.partitions(FILING) else ACCEPTED.empty_table()
        )
        (fetch,) = self._fetches(FACT, registrant)
        content = self._archive.get(fetch.sha256)
        met = FirstKnown(self._archive, registrant.cik)
        return companyfacts.parse_company_facts(
            fetch,
            unpack(fetch.source, content) if _is_shipped(fetch) else content,
            registrant.issuer,
            registrant.cik,
            accepted,
            names=registrant.names,
            first_met=met.first_met if met.facts else None,
        )

    def _filings(self, registrant: Registrant, fetches: list[Fetch]) -> Batch:
        pages = [(fetch, self._archive.get(fetch.sha256)) for fetch in fetches]
        first = FirstKnown(self._archive, registrant.cik).acceptances(fetches)
        return submissions.parse_submissions(
            pages, registrant.issuer, registrant.cik, names=registrant.names, first=first
        )

    def _documents(self, registrant: Registrant, fetches: list[Fetch]) -> Batch:
        """All index pages of the registrant as one batch, with the hashes of the documents that are archived."""
        records: list[Mapping[str, object]] = []
        rejected: list[Rejected] = []
        archived: dict[str, dict[str, Hashes]] = {}
        for fetch in self._newest_below(document_source(registrant.cik)):
            *_, accession, name = fetch.source.split("/")
            archived.setdefault(accession, {})[name] = hashes_of(self._archive, fetch)
        for fetch in fetches:
            accession = fetch.source.rsplit("/", 1)[1].removesuffix(".html")
            content = self._archive.get(fetch.sha256)
            page = filing_index.parse_filing_index(
                fetch, content, registrant.issuer, registrant.cik, accession, hashes=archived.get(accession)
            )
            records += page.records
            rejected += page.rejected
        partitions = frozenset({DOCUMENT.partition.of(registrant.cik)})
        return Batch(DOCUMENT, records, rejected, frozenset(f.source for f in fetches), partitions=partitions)

    def _numbers(self, lake: Lake, issuers: Collection[str] | None) -> Iterator[Batch]:
        """The documents of each registrant that were not read yet, or by other words."""
        marks = lake.applied(NUMBER)
        for issuer, registrant in sorted(self._registrants.items()):
            if issuers is None or issuer in issuers:
                held = self._newest_below(document_source(registrant.cik))
                due = [one for one in documents_of(registrant, held, lake) if marks.get(one.fetch.source) != one.mark]
                if due:
                    yield read_numbers(registrant, due, self._archive)

    def _fetches(self, table: Table, registrant: Registrant) -> list[Fetch]:
        """The archived answers behind the registrant's partition; none when EDGAR was never asked or has nothing."""
        cik = registrant.cik
        if table == DOCUMENT:
            return self._newest_below(index_source(cik))
        if table == FACT:
            facts = self._archive.latest(facts_source(cik)) or self._archive.latest(shipped_facts_source(cik))
            return [] if facts is None else [facts]
        main = self._archive.latest(submissions_source(cik))
        if main is None:
            return []
        if main.sha256 not in self._older:
            self._older[main.sha256] = submissions.older_pages(main.source, self._archive.get(main.sha256), cik)
        return [main, *(self._page(name) for name in self._older[main.sha256])]

    def _newest_below(self, folder: str) -> list[Fetch]:
        found = (self._archive.latest(source) for source in self._archive.sources(folder))
        return [fetch for fetch in found if fetch is not None]

    def _page(self, name: str) -> Fetch:
        fetch = self._archive.latest(page_source(name))
        if fetch is None:
            raise SourceMissing(
                page_source(name),
                "the archive does not hold this page of older filings, so the first load was cut short",
                "Run `hashwatt backfill sec` or `hashwatt refresh --edition live`; what is archived is not asked for again",
            )
        return fetch

    def _mark(self, table: Table, registrant: Registrant, filings: Mapping[str, object]) -> str:
        """What the registrant's partition of a table follows from; empty where nothing is archived. Facts take their times from
        the `filings` of the lake, of which the manifest's entry is given."""
        fetches = self._fetches(table, registrant)
        if not fetches:
            return ""
        if table == DOCUMENT:
            fetches += self._newest_below(document_source(registrant.cik))
        told = [PARSERS[table.name], *(f"{fetch.source} {fetch.sha256}" for fetch in fetches)]
        told += [str(filings.get("sha256"))] if table == FACT else []
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _is_shipped(fetch: Fetch) -> bool:
    return fetch.source.startswith(SHIPPED)
