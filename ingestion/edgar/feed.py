"""From what the archive holds of EDGAR to batches, one registrant at a time. Asks nobody and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts import DOCUMENT, FACT, FILING
from ingestion.contracts.contract import Table
from ingestion.edgar import companyfacts, filing_index, submissions
from ingestion.edgar.asking import facts_source, index_folder, page_source, submissions_source
from ingestion.edgar.documents import document_folder, hashes_of, noted_hashes
from ingestion.edgar.filing_index import Hashes
from ingestion.edgar.first_known import first_acceptances, first_met
from ingestion.errors import SourceMissing
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.lake import Lake
from ingestion.universe import Registrant

ORIGIN = ("source", "source_sha256", "parser_version")
PARSERS = {
    FILING.name: submissions.PARSER_VERSION,
    FACT.name: companyfacts.PARSER_VERSION,
    DOCUMENT.name: filing_index.PARSER_VERSION,
}


class SecFeed:
    """What the archive says about the registrants of a universe, by issuer."""

    def __init__(self, archive: Archive, registrants: Mapping[str, Registrant]) -> None:
        self._archive, self._registrants = archive, registrants

    def batches(self, table: Table, lake: Lake, issuers: Collection[str] | None = None) -> Iterator[Batch]:
        """A batch for every registrant whose partition of `lake` is not what the archive says, in the order of names.
        Each is read when it is taken."""
        return (
            self._batch(table, registrant)
            for issuer, registrant in sorted(self._registrants.items())
            if (issuers is None or issuer in issuers) and not self._is_current(table, registrant, lake)
        )

    def inputs(self) -> dict[str, str]:
        """SHA-256 of every archived document that the tables are made of, by source."""
        found: dict[str, str] = {}
        for registrant in self._registrants.values():
            for table in (FILING, FACT, DOCUMENT):
                for fetch in self._fetches(table, registrant):
                    # Answers before the newest one say when a filing was first known.
                    found[fetch.source] = " ".join((fetch.sha256, *self._archive.earlier(fetch.source)))
            found |= {fetch.source: fetch.sha256 for fetch in self._archived_documents(registrant)}
        return found

    def _batch(self, table: Table, registrant: Registrant) -> Batch:
        fetches = self._fetches(table, registrant)
        if table == FILING:
            return self._filings(registrant, fetches)
        if table == FACT:
            (fetch,) = fetches
            filings = self._fetches(FILING, registrant)
            known = self._filings(registrant, filings).records if filings else []
            columns = {
                "accession": pa.array([row["accession"] for row in known], pa.string()),
                "acceptance_zone": pa.array([row["acceptance_zone"] for row in known], pa.string()),
                "known_at_utc": pa.array([row["known_at_utc"] for row in known], pa.timestamp("us")),
            }
            return companyfacts.parse_company_facts(
                fetch,
                self._archive.get(fetch.sha256),
                registrant.issuer,
                registrant.cik,
                pa.table(columns),
                names=registrant.names,
                first_met=first_met(self._archive, registrant.cik),
            )
        return self._documents(registrant, fetches)

    def _filings(self, registrant: Registrant, fetches: list[Fetch]) -> Batch:
        pages = [(fetch, self._archive.get(fetch.sha256)) for fetch in fetches]
        first = first_acceptances(self._archive, registrant.cik, fetches)
        return submissions.parse_submissions(
            pages, registrant.issuer, registrant.cik, names=registrant.names, first=first
        )

    def _documents(self, registrant: Registrant, fetches: list[Fetch]) -> Batch:
        """All index pages of the registrant as one batch, with the hashes of the documents that are archived."""
        records: list[Mapping[str, object]] = []
        rejected: list[Rejected] = []
        archived: dict[str, dict[str, Hashes]] = {}
        for fetch in self._archived_documents(registrant):
            *_, accession, name = fetch.source.split("/")
            noted = noted_hashes(fetch.sha256, self._archive.remembered(fetch.source))
            found = noted or hashes_of(fetch.sha256, self._archive.get(fetch.sha256))
            archived.setdefault(accession, {})[name] = found
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

    def _fetches(self, table: Table, registrant: Registrant) -> list[Fetch]:
        """The archived answers behind the registrant's partition; none when EDGAR was never asked or has nothing."""
        cik = registrant.cik
        if table == FACT:
            fetch = self._archive.latest(facts_source(cik))
            return [] if fetch is None else [fetch]
        if table == DOCUMENT:
            found = (self._archive.latest(source) for source in self._archive.sources(index_folder(cik)))
            return [fetch for fetch in found if fetch is not None]
        main = self._archive.latest(submissions_source(cik))
        if main is None:
            return []
        names = submissions.older_pages(main.source, self._archive.get(main.sha256), cik)
        return [main, *(self._page(name) for name in names)]

    def _archived_documents(self, registrant: Registrant) -> list[Fetch]:
        """The newest answer of each document of the registrant's filings."""
        found = (self._archive.latest(source) for source in self._archive.sources(document_folder(registrant.cik)))
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

    def _is_current(self, table: Table, registrant: Registrant, lake: Lake) -> bool:
        """Whether the lake's partition was read from exactly these answers by this parser."""
        expected = {(f.source, f.sha256, PARSERS[table.name]) for f in self._fetches(table, registrant)}
        if not expected:
            return True
        name = table.partition.of(registrant.cik)
        rows = lake.partition(table, name, ORIGIN)
        if rows is None or _distinct(rows) != expected:
            return False
        if table == DOCUMENT:
            return self._has_current_hashes(registrant, lake)
        return table != FACT or self._has_current_times(registrant, lake)

    def _has_current_hashes(self, registrant: Registrant, lake: Lake) -> bool:
        """Whether the lake names every document that is archived of the filings it lists."""
        rows = lake.partition(DOCUMENT, DOCUMENT.partition.of(registrant.cik), ("accession", "file_name", "sha256"))
        if rows is None:
            return False
        listed = {(accession, name): sha256 for accession, name, sha256 in _distinct(rows)}
        for fetch in self._archived_documents(registrant):
            *_, accession, name = fetch.source.split("/")
            if listed.get((accession, name), fetch.sha256) != fetch.sha256:
                return False
        return True

    def _has_current_times(self, registrant: Registrant, lake: Lake) -> bool:
        """Facts take their time from the filings: whether they still agree with those of the lake."""
        columns = ("accession", "known_at_utc")
        filings = lake.partition(FILING, FILING.partition.of(registrant.cik), columns)
        facts = lake.partition(FACT, FACT.partition.of(registrant.cik), (*columns, "known_at_basis"))
        if filings is None or facts is None:
            return False
        accepted = dict(zip(*(filings[name].to_pylist() for name in columns), strict=True))
        for accession, known_at, basis in _distinct(facts):
            if accepted.get(accession) != (None if basis == "filed_date" else known_at):
                return False
        return True


def _distinct(rows: pa.Table) -> set[tuple[object, ...]]:
    """The distinct rows of a table of few."""
    grouped = rows.group_by(rows.column_names, use_threads=False).aggregate([])
    return set(zip(*(pc.cast(grouped[n], grouped[n].type).to_pylist() for n in rows.column_names), strict=True))
