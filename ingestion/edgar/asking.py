"""What EDGAR is asked about the registrants of the universe, and what not again. Fills the archive; reads of the answers
only what says what to ask next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from queue import SimpleQueue

from ingestion.edgar import documents
from ingestion.edgar.bulk import Bulk, read_bulk
from ingestion.edgar.client import (
    EdgarClient,
    document_source,
    facts_source,
    index_source,
    page_source,
    submissions_source,
)
from ingestion.edgar.documents import SINCE, Filed
from ingestion.edgar.filing_index import parse_filing_index
from ingestion.edgar.submissions import older_pages
from ingestion.errors import IngestionError
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.http_errors import NotFound
from ingestion.universe import Registrant

AT_ONCE = 4
"""Requests under way together: with fewer, a slow line would leave places of the rate limit unused."""
TOLD_SECONDS = 1.0
"""How long a line about progress may wait for the thread that tells it."""
TOLD_FILINGS = 10
"""Filings between two lines about the documents of one registrant."""
SETTLED_DAYS = 2
"""Company facts follow a filing by minutes, at times by a day; until then they are asked for although no filing is new."""
BULK_AGE = timedelta(days=1)
"""The entries of a nightly archive are older than the archive itself."""
HTTP_DATE = "%a, %d %b %Y %H:%M:%S GMT"

Report = Callable[[str], None]


@dataclass(frozen=True)
class Asked:
    """What asking about one registrant came to: requests sent, how many of the answers were new, and the hash of the
    list of its newest filings."""

    issuer: str
    requests: int
    new: int
    answer_sha256: str


class Asking:
    """Asks `client` about registrants and keeps the answers in `archive`. Times are naive UTC."""

    def __init__(self, client: EdgarClient, archive: Archive, now_utc: datetime) -> None:
        self._client, self._archive, self._now = client, archive, now_utc

    def everything(
        self,
        registrants: Iterable[Registrant],
        report: Report,
        *,
        only_missing: bool = False,
        documents_from: date | None = None,
    ) -> list[Asked]:
        """Filings, company facts, index pages and documents of each; with `only_missing` nothing that the archive holds is
        asked for again. `documents_from` is a filing day: documents since then are wanted, now and by every later call.
        Stops at the first error, which is raised; what was archived before stays."""
        listed = list(registrants)
        if documents_from is not None:
            # Written down before anything is asked; it only ever moves back.
            for name in (_notes(registrant.cik) for registrant in listed):
                notes = self._archive.remembered(name)
                if documents_from.isoformat() < notes.get(SINCE, "9999"):
                    self._archive.remember(name, {**notes, SINCE: documents_from.isoformat()})
        return self._all(listed, report, lambda one: one.everything(only_missing))

    def filings(self, registrants: Iterable[Registrant], report: Report) -> list[Asked]:
        """Only the newest filings of each, one conditional request a registrant."""
        return self._all(list(registrants), report, _Questions.filings)

    def bulk(self, registrants: Iterable[Registrant], report: Report) -> int:
        """Fill the archive from the nightly archives where it holds nothing yet; the number of documents taken."""
        ciks = {registrant.cik for registrant in registrants}
        return self._bulk("submissions", ciks, report) + self._bulk("companyfacts", ciks, report)

    def _all(self, registrants: list[Registrant], report: Report, ask: Callable[[_Questions], Fetch]) -> list[Asked]:
        # Whoever listens to `report` listens in this thread, so the others leave their lines here.
        lines: SimpleQueue[str] = SimpleQueue()

        def job(registrant: Registrant) -> Asked:
            questions = _Questions(self._client, self._archive, self._now, registrant, lines.put)
            main = ask(questions)
            return Asked(registrant.issuer, questions.requests, questions.new, main.sha256)

        found: list[Asked] = []
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="edgar") as pool:
            waiting = {pool.submit(job, registrant) for registrant in registrants}
            try:
                while waiting:
                    done, waiting = wait(waiting, TOLD_SECONDS, FIRST_COMPLETED)
                    while not lines.empty():
                        report(lines.get())
                    for asked in [one.result() for one in done]:
                        found.append(asked)
                        news = f"{asked.new} new" if asked.new else "unchanged"
                        place = f"({len(found)} of {len(registrants)})"
                        report(f"EDGAR: {asked.issuer} {news}, {asked.requests} requests {place}")
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return sorted(found, key=lambda asked: asked.issuer)

    def _bulk(self, kind: Bulk, ciks: set[str], report: Report) -> int:
        report(f"EDGAR: {kind}.zip, the nightly archive of all registrants")
        fetch = self._client.bulk(kind)
        taken = 0
        with open(self._archive.path(fetch.sha256), "rb") as archived:
            for name, content in read_bulk(fetch.source, archived, kind, ciks):
                source = f"sec/{kind}/{name}"
                if self._archive.held(source) is not None:
                    continue
                request = _request_of_entry(fetch)
                self._archive.put(source, content, fetched_at_utc=fetch.fetched_at_utc, request=request)
                taken += 1
                report(f"EDGAR: {name} taken from {kind}.zip")
        return taken


class _Questions:
    """The questions about one registrant: `requests` were sent, `new` of the answers were not there before."""

    def __init__(
        self, client: EdgarClient, archive: Archive, now_utc: datetime, registrant: Registrant, tell: Report
    ) -> None:
        self._client, self._archive, self._today, self._tell = client, archive, now_utc.date(), tell
        self._issuer, self._cik = registrant.issuer, registrant.cik
        self.requests = self.new = 0

    def filings(self) -> Fetch:
        return self._ask(submissions_source(self._cik))

    def everything(self, only_missing: bool) -> Fetch:
        main = self._archive.held(submissions_source(self._cik)) if only_missing else None
        main = main or self.filings()
        content = self._archive.get(main.sha256)
        notes = self._archive.remembered(_notes(self._cik))
        is_same = notes.get("submissions") == main.sha256
        older = older_pages(main.source, content, self._cik)
        for name in older:
            if not (is_same or only_missing) or self._archive.held(page_source(name)) is None:
                self._ask(page_source(name))
        recent = documents.filed_on(main.source, content)
        facts, asked_on = notes.get("facts", ""), notes.get("facts_asked", "")
        newest = max((one.filed_date for one in recent), default=date.min)
        is_settled = is_same and asked_on >= (newest + timedelta(days=SETTLED_DAYS)).isoformat()
        has_facts = facts == "none" or self._archive.held(facts_source(self._cik)) is not None
        if not has_facts or not (is_settled or only_missing):
            found = self._ask_if_there(facts_source(self._cik))
            facts, asked_on = "none" if found is None else "some", self._today.isoformat()
        first_asked = self._archive.open(self._archive.records(main.source)[0]).archived_at_utc.date()
        since = documents.since_when(notes, first_asked, self._today)
        state = f"{main.sha256} {since}"
        whole, done = notes.get("documents", "").split(), notes.get("documents_done", "")
        if done != state:
            wanted = documents.announcing(recent, (self._filed_on(name) for name in older), since)
            whole = self._announcements(wanted, set(whole))
            done = state if len(whole) == len(wanted) else ""
        noted = {
            **{name: value for name, value in notes.items() if name == SINCE},
            "submissions": main.sha256,
            "facts": facts,
            "facts_asked": asked_on,
            "documents": " ".join(whole),
            "documents_done": done,
        }
        if noted != notes:
            self._archive.remember(_notes(self._cik), noted)
        return main

    def _ask(self, source: str) -> Fetch:
        before = self._archive.held(source)
        self.requests += 1
        fetch = self._client.ask(source)
        self.new += before is None or fetch.sha256 != before.sha256
        return fetch

    def _ask_if_there(self, source: str) -> Fetch | None:
        """The answer, or None where EDGAR has nothing at the address."""
        try:
            return self._ask(source)
        except NotFound:
            return None

    def _filed_on(self, page: str) -> list[Filed]:
        """What an archived page of older filings lists."""
        fetch = self._archive.held(page_source(page))
        return [] if fetch is None else documents.filed_on(fetch.source, self._archive.get(fetch.sha256))

    def _announcements(self, wanted: list[Filed], whole: Collection[str]) -> list[str]:
        """Ask for what the archive lacks of the documents of `wanted`, of which nothing is left to ask about `whole`: the
        accessions of which nothing is left then."""
        held = set(self._archive.sources(index_source(self._cik))) if wanted else set()
        done = [one.accession for one in wanted if one.accession in whole]
        due = [one for one in wanted if one.accession not in whole]
        for number, one in enumerate(due, 1):
            source = index_source(self._cik, one.accession)
            is_listed = source in held or self._ask_if_there(source) is not None
            rows = self._index_rows(one.accession) if is_listed else None
            if rows is not None:
                self._documents(one.accession, rows)
                done.append(one.accession)
            elif not is_listed:
                is_late = one.filed_date < self._today - timedelta(days=documents.LISTED_WITHIN_DAYS)
                done += [one.accession] if is_late else []
                again = "not asked for again" if is_late else "asked for again later"
                self._tell(f"EDGAR: {self._issuer} has no index page of {one.accession}, which is {again}")
            if number % TOLD_FILINGS == 0:
                self._tell(f"EDGAR: {self._issuer} documents of {number} of {len(due)} filings")
        return sorted(done)

    def _index_rows(self, accession: str) -> Sequence[Mapping[str, object]] | None:
        """The documents of a filing as its archived page lists them; None where there is no page that can be read, of
        which the parser of the table will complain."""
        fetch = self._archive.held(index_source(self._cik, accession))
        if fetch is None:
            return None
        content = self._archive.get(fetch.sha256)
        try:
            return list(parse_filing_index(fetch, content, self._issuer, self._cik, accession).records)
        except IngestionError:
            return None

    def _documents(self, accession: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Ask for each wanted document of a filing; nothing is asked for that the archive holds."""
        for name in [str(row["file_name"]) for row in rows if documents.is_wanted(row)]:
            source = document_source(self._cik, accession, name)
            if self._archive.held(source) is None and (fetch := self._ask_if_there(source)) is not None:
                documents.hashes_of(self._archive, fetch, is_new=True)


def _notes(cik: str) -> str:
    return f"sec/asked/CIK{cik}"


def _request_of_entry(fetch: Fetch) -> dict[str, object]:
    """Where the document came from, and the date from which on EDGAR is to say that it changed."""
    request: dict[str, object] = {"bulk": fetch.source, "bulk_sha256": fetch.sha256}
    headers = fetch.request.get("headers")
    modified = headers.get("last-modified") if isinstance(headers, dict) else None
    try:
        since = datetime.strptime(str(modified), HTTP_DATE) - BULK_AGE
    except ValueError:
        return request
    return {**request, "headers": {"last-modified": since.strftime(HTTP_DATE)}}
