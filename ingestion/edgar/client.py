"""EDGAR's addresses and manners: what is asked where, under whose name, how often. Parses nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Literal

from ingestion.fetch.answers import Bounds
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.fetching import Fetcher, Unchanged
from ingestion.fetch.http_errors import ContactMissing
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.session import Session

DATA_URL = "https://data.sec.gov"
WWW_URL = "https://www.sec.gov"
HOSTS = ("data.sec.gov", "www.sec.gov")
# The SEC allows ten and shuts out for ten minutes whoever exceeds it.
REQUESTS_PER_SECOND = 8
BLOCK_MARKS = (b"Request Rate Threshold Exceeded", b"Your Request Originates from an Undeclared Automated Tool")
BULK_PATHS = {
    "companyfacts": "/Archives/edgar/daily-index/xbrl/companyfacts.zip",
    "submissions": "/Archives/edgar/daily-index/bulkdata/submissions.zip",
}
BULK_BOUNDS = Bounds(attempts=3, total_seconds=7200, read_seconds=60, most_bytes=8 << 30, most_decoded_bytes=8 << 30)

CONTACT = re.compile(r"[\x20-\x7e]*[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>().]+[\x20-\x7e]*")
ACCESSION = re.compile(r"\d{10}-\d{2}-\d{6}")
PAGE = re.compile(r"CIK\d{10}-submissions-\d{3}\.json")
DOCUMENT = re.compile(r"(?!\.)[\w.\-]+(/(?!\.)[\w.\-]+)?", re.ASCII)


def edgar_session(*, bounds: Bounds | None = None, limit_folder: Path | None = None) -> Session:
    """A session for EDGAR alone, at most eight requests a second for the whole machine."""
    limit = RateLimit("edgar", requests=REQUESTS_PER_SECOND, folder=limit_folder)
    return Session(limit, HOSTS, bounds=bounds, block_marks=BLOCK_MARKS)


class EdgarClient:
    """What EDGAR publishes, each answer archived before it is returned. May be used from several threads.

    `contact` is the e-mail address that the SEC asks every automated caller to name; ContactMissing without one.
    All methods raise a FetchError when EDGAR cannot be asked, and ValueError for an identifier that is none.
    """

    def __init__(
        self,
        archive: Archive,
        session: Session,
        contact: str | None,
        *,
        data_url: str = DATA_URL,
        www_url: str = WWW_URL,
    ) -> None:
        self._headers = {"User-Agent": user_agent(contact)}
        self._archive, self._fetcher = archive, Fetcher(archive, session)
        self._data_url, self._www_url = data_url, www_url

    def submissions(self, cik: int | str) -> Fetch | Unchanged:
        """The registrant's newest filings, about a thousand, and the names of the pages with the older ones."""
        name = f"{_registrant(cik)}.json"
        return self._json(f"sec/submissions/{name}", f"/submissions/{name}")

    def submissions_page(self, name: str) -> Fetch | Unchanged:
        """A page of older filings, such as CIK0000320193-submissions-001.json."""
        _require(PAGE, name, "the name of a page of submissions")
        return self._json(f"sec/submissions/{name}", f"/submissions/{name}")

    def company_facts(self, cik: int | str) -> Fetch | Unchanged:
        """All XBRL facts of the registrant; NotFound where it has never filed any."""
        name = f"{_registrant(cik)}.json"
        return self._json(f"sec/companyfacts/{name}", f"/api/xbrl/companyfacts/{name}")

    def filing_index(self, cik: int | str, accession: str) -> Fetch | Unchanged:
        """The page that lists the documents of a filing and says when it was accepted."""
        _require(ACCESSION, accession, "an accession number")
        registrant = _registrant(cik)
        path = f"/Archives/edgar/data/{int(registrant[3:])}/{accession}-index.html"
        return self._once(f"sec/filing_index/{registrant}/{accession}.html", path)

    def document(self, cik: int | str, accession: str, name: str) -> Fetch | Unchanged:
        """One document of a filing, by its file name in the filing."""
        _require(ACCESSION, accession, "an accession number")
        _require(DOCUMENT, name, "the file name of a document")
        registrant = _registrant(cik)
        path = f"/Archives/edgar/data/{int(registrant[3:])}/{accession.replace('-', '')}/{name}"
        return self._once(f"sec/document/{registrant}/{accession}/{name}", path)

    def bulk(self, kind: Literal["companyfacts", "submissions"]) -> Fetch | Unchanged:
        """The nightly zip file of all registrants; `bulk_path` says where it lies. Never held in memory."""
        return self._fetcher.fetch_file(
            f"sec/bulk/{kind}.zip",
            self._www_url + BULK_PATHS[kind],
            kind="zip",
            headers=self._headers,
            bounds=BULK_BOUNDS,
        )

    def bulk_path(self, outcome: Fetch | Unchanged) -> Path:
        """The archived zip file of a call of `bulk`, its hash verified."""
        fetch = outcome.fetch if isinstance(outcome, Unchanged) else outcome
        return self._archive.path(fetch.sha256)

    def _json(self, source: str, path: str) -> Fetch | Unchanged:
        return self._fetcher.fetch(source, self._data_url + path, kind="json", headers=self._headers)

    def _once(self, source: str, path: str) -> Fetch | Unchanged:
        """What has been filed stays as it is: what the archive holds is not asked for again."""
        if (held := self._fetcher.held(source)) is not None:
            return Unchanged(held, datetime.now(UTC).replace(tzinfo=None))
        return self._fetcher.fetch(source, self._www_url + path, kind="document", headers=self._headers)


def user_agent(contact: str | None) -> str:
    """The name under which we ask, `hashwatt/<version> <contact>`; raises ContactMissing."""
    if not contact or not CONTACT.fullmatch(contact):
        found = "no contact address is set" if not contact else "the contact address holds no e-mail address"
        raise ContactMissing(
            "SEC EDGAR",
            found,
            "Set HASHWATT_CONTACT to an e-mail address at which you can be reached: the SEC asks every automated "
            "caller to name one, and shuts out those that do not. It is sent to sec.gov and to nobody else",
        )
    try:
        version = metadata.version("hashwatt")
    except metadata.PackageNotFoundError:  # run from a working copy that is not installed
        version = "unreleased"
    return f"hashwatt/{version} {contact}"


def _registrant(cik: int | str) -> str:
    text = str(cik)
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) == 0:
        raise ValueError(f"not a Central Index Key: {cik!r}")
    return f"CIK{int(text):010}"


def _require(pattern: re.Pattern[str], text: str, what: str) -> None:
    if not pattern.fullmatch(text):
        raise ValueError(f"not {what}: {text!r}")
