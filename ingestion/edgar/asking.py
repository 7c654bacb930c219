"""What EDGAR is asked about the registrants of the universe, and what not again. Fills the archive; reads of the answers
only what says what to ask next."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from queue import SimpleQueue

from ingestion.edgar.announced import LISTED_WITHIN_DAYS, SINCE, Filed, announcing, filed_in, filed_on_page, since_when
from ingestion.edgar.bulk import Bulk, read_bulk
from ingestion.edgar.client import EdgarClient
from ingestion.edgar.documents import document_source, hashes_of, is_wanted, text_note
from ingestion.edgar.filing_index import parse_filing_index
from ingestion.edgar.submissions import older_pages
from ingestion.errors import IngestionError
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.fetching import Unchanged
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


def submissions_source(cik: str) -> str:
    """The source under which the client archives a registrant's newest filings."""
    return f"sec/submissions/CIK{cik}.json"


def page_source(name: str) -> str:
    """The same for a page of older filings."""
    return f"sec/submissions/{name}"


def facts_source(cik: str) -> str:
    """The same for a registrant's company facts."""
    return f"sec/companyfacts/CIK{cik}.json"


def index_folder(cik: str) -> str:
    """The folder of sources that holds the index pages of a registrant's filings."""
    return f"sec/filing_index/CIK{cik}"


def index_source(cik: str, accession: str) -> str:
    """The source of one of them."""
    return f"{index_folder(cik)}/{accession}.html"


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
            self._note_since(listed, documents_from)
        return self._all(listed, report, lambda one, tell: self._everything(one, only_missing, tell))

    def filings(self, registrants: Iterable[Registrant], report: Report) -> list[Asked]:
        """Only the newest filings of each, one conditional request a registrant."""
        return self._all(registrants, report, lambda one, tell: self._filings(one))

    def bulk(self, registrants: Iterable[Registrant], report: Report) -> int:
        """Fill the archive from the nightly archives where it holds nothing yet; the number of documents taken."""
        ciks = {registrant.cik for registrant in registrants}
        return self._bulk("submissions", ciks, report) + self._bulk("companyfacts", ciks, report)

    def _all(
        self, registrants: Iterable[Registrant], report: Report, job: Callable[[Registrant, Report], Asked]
    ) -> list[Asked]:
        listed = list(registrants)
        found: list[Asked] = []
        # Whoever listens to `report` listens in this thread, so the others leave their lines here.
        lines: SimpleQueue[str] = SimpleQueue()
        with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="edgar") as pool:
            waiting = {pool.submit(job, registrant, lines.put) for registrant in listed}
            try:
                while waiting:
                    done, waiting = wait(waiting, TOLD_SECONDS, FIRST_COMPLETED)
                    while not lines.empty():
                        report(lines.get())
                    for asked in [one.result() for one in done]:
                        found.append(asked)
                        news = f"{asked.new} new" if asked.new else "unchanged"
                        report(
                            f"EDGAR: {asked.issuer} {news}, {asked.requests} requests ({len(found)} of {len(listed)})"
                        )
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return sorted(found, key=lambda asked: asked.issuer)

    def _filings(self, registrant: Registrant) -> Asked:
        outcome = self._client.submissions(registrant.cik)
        return Asked(registrant.issuer, 1, int(isinstance(outcome, Fetch)), _fetch(outcome).sha256)

    def _everything(self, registrant: Registrant, only_missing: bool, tell: Report) -> Asked:
        cik = registrant.cik
        outcomes: list[Fetch | Unchanged | None] = []
        main = self._held(submissions_source(cik)) if only_missing else None
        if main is None:
            outcomes.append(self._client.submissions(cik))
            main = _fetch(outcomes[-1])
        content = self._archive.get(main.sha256)
        notes = self._archive.remembered(_notes(cik))
        is_same = notes.get("submissions") == main.sha256
        older = older_pages(main.source, content, cik)
        for name in older:
            if not (is_same or only_missing) or self._held(page_source(name)) is None:
                outcomes.append(self._client.submissions_page(name))
        recent = filed_in(json.loads(content)["filings"].get("recent"))
        newest = max((one.filed_date for one in recent), default=date.min)
        is_settled = is_same and notes.get("facts_asked", "") >= (newest + timedelta(days=SETTLED_DAYS)).isoformat()
        has_facts = notes.get("facts") == "none" or self._held(facts_source(cik)) is not None
        facts = notes.get("facts", "")
        asked_on = notes.get("facts_asked", "")
        if not has_facts or not (is_settled or only_missing):
            try:
                outcomes.append(self._client.company_facts(cik))
                facts = "some"
            except NotFound:
                outcomes.append(None)
                facts = "none"
            asked_on = self._now.date().isoformat()
        since = since_when(notes, self._first_asked(cik), self._now.date())
        state = f"{main.sha256} {since}"
        whole, done = notes.get("documents", "").split(), notes.get("documents_done", "")
        if done != state:
            wanted = announcing(recent, self._older(older), since)
            whole, filed = self._announcements(registrant, wanted, set(whole), tell)
            outcomes += filed
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
            self._archive.remember(_notes(cik), noted)
        new = sum(isinstance(outcome, Fetch) for outcome in outcomes)
        return Asked(registrant.issuer, len(outcomes), new, main.sha256)

    def _first_asked(self, cik: str) -> date:
        """The day of the first answer about a registrant."""
        return date.fromisoformat(self._archive.records(submissions_source(cik))[0].stamp[:8])

    def _note_since(self, registrants: Iterable[Registrant], documents_from: date) -> None:
        """Write down from which day on documents are wanted, before anything is asked; it only ever moves back."""
        for registrant in registrants:
            notes = self._archive.remembered(_notes(registrant.cik))
            if documents_from.isoformat() < notes.get(SINCE, "9999"):
                self._archive.remember(_notes(registrant.cik), {**notes, SINCE: documents_from.isoformat()})

    def _older(self, pages: Iterable[str]) -> Iterator[list[Filed]]:
        """What the pages of older filings list."""
        for name in pages:
            if (fetch := self._held(page_source(name))) is not None:
                yield filed_on_page(fetch.source, self._archive.get(fetch.sha256))

    def _announcements(
        self, registrant: Registrant, wanted: list[Filed], whole: Collection[str], tell: Report
    ) -> tuple[list[str], list[Fetch | Unchanged | None]]:
        """Ask for what the archive lacks of the documents of `wanted`, of which nothing is left to ask about `whole`: the
        accessions of which nothing is left then, and what the questions came to."""
        cik = registrant.cik
        held = set(self._archive.sources(index_folder(cik))) if wanted else set()
        outcomes: list[Fetch | Unchanged | None] = []
        done = [one.accession for one in wanted if one.accession in whole]
        due = [one for one in wanted if one.accession not in whole]
        for number, one in enumerate(due, 1):
            is_listed = index_source(cik, one.accession) in held
            if not is_listed:
                page = self._filed(partial(self._client.filing_index, cik, one.accession))
                outcomes.append(page)
                is_listed = page is not None
            rows = self._index_rows(registrant, one.accession) if is_listed else None
            if rows is not None:
                outcomes += self._documents(cik, one.accession, rows)
                done.append(one.accession)
            elif not is_listed:
                is_late = one.filed_date < self._now.date() - timedelta(days=LISTED_WITHIN_DAYS)
                done += [one.accession] if is_late else []
                again = "not asked for again" if is_late else "asked for again later"
                tell(f"EDGAR: {registrant.issuer} has no index page of {one.accession}, which is {again}")
            if number % TOLD_FILINGS == 0:
                tell(f"EDGAR: {registrant.issuer} documents of {number} of {len(due)} filings")
        return sorted(done), outcomes

    def _index_rows(self, registrant: Registrant, accession: str) -> Sequence[Mapping[str, object]] | None:
        """The documents of a filing as its archived page lists them; None where there is no page that can be read, of
        which the parser of the table will complain."""
        fetch = self._held(index_source(registrant.cik, accession))
        if fetch is None:
            return None
        content = self._archive.get(fetch.sha256)
        try:
            return list(parse_filing_index(fetch, content, registrant.issuer, registrant.cik, accession).records)
        except IngestionError:
            return None

    def _documents(
        self, cik: str, accession: str, rows: Sequence[Mapping[str, object]]
    ) -> Iterator[Fetch | Unchanged | None]:
        """What asking for each wanted document of a filing came to; nothing is asked for that the archive holds."""
        for name in [str(row["file_name"]) for row in rows if is_wanted(row)]:
            source = document_source(cik, accession, name)
            if self._held(source) is not None:
                continue
            outcome = self._filed(partial(self._client.document, cik, accession, name))
            if outcome is not None:
                found = hashes_of(_fetch(outcome).sha256, self._archive.get(_fetch(outcome).sha256))
                self._archive.remember(source, text_note(found))
            yield outcome

    def _filed(self, ask: Callable[[], Fetch | Unchanged]) -> Fetch | Unchanged | None:
        """The answer, or None where EDGAR has nothing at the address."""
        try:
            return ask()
        except NotFound:
            return None

    def _bulk(self, kind: Bulk, ciks: set[str], report: Report) -> int:
        report(f"EDGAR: {kind}.zip, the nightly archive of all registrants")
        outcome = self._client.bulk(kind)
        fetch = _fetch(outcome)
        taken = 0
        with open(self._client.bulk_path(outcome), "rb") as archived:
            for entry in read_bulk(fetch.source, archived, kind, ciks):
                source = f"sec/{kind}/{entry.name}"
                if self._held(source) is not None:
                    continue
                self._archive.put(
                    source, entry.content, fetched_at_utc=fetch.fetched_at_utc, request=_request_of_entry(fetch)
                )
                taken += 1
                report(f"EDGAR: {entry.name} taken from {kind}.zip")
        return taken

    def _held(self, source: str) -> Fetch | None:
        newest = self._archive.latest(source)
        return newest if newest is not None and self._archive.holds(newest.sha256) else None


def _fetch(outcome: Fetch | Unchanged | None) -> Fetch:
    assert outcome is not None
    return outcome.fetch if isinstance(outcome, Unchanged) else outcome


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
