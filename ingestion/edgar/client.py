"""EDGAR's addresses and manners: what is asked where, under whose name, how often. Parses nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from ingestion.fetch.answers import Bounds, Kind
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.client import Client
from ingestion.fetch.http import own_name
from ingestion.fetch.http_errors import ContactMissing
from ingestion.fetch.limits import RateLimit

DATA_URL = "https://data.sec.gov"
WWW_URL = "https://www.sec.gov"
HOSTS = ("data.sec.gov", "www.sec.gov")
LOOPBACK = ("127.0.0.1",)
# The SEC allows ten and shuts out for ten minutes whoever exceeds it.
REQUESTS_PER_SECOND = 8
# Under 403, and at times under 429 and 200.
BLOCK_MARKS = (b"Request Rate Threshold Exceeded", b"Your Request Originates from an Undeclared Automated Tool")
BULK_PATHS = {
    "companyfacts": "/Archives/edgar/daily-index/xbrl/companyfacts.zip",
    "submissions": "/Archives/edgar/daily-index/bulkdata/submissions.zip",
}
BULK_BOUNDS = Bounds(attempts=3, total_seconds=7200, read_seconds=60, most_bytes=8 << 30, most_decoded_bytes=8 << 30)

CONTACT = re.compile(r"[\x20-\x7e]*[^@\s<>()]+@[^@\s<>()]+\.[^@\s<>().]+[\x20-\x7e]*")
# What the functions below name, and where EDGAR has it: lists and facts that change, and what stays as it was filed.
CHANGING = {
    r"sec/submissions/(CIK\d{10}(?:-submissions-\d{3})?\.json)": "/submissions/{}",
    r"sec/companyfacts/(CIK\d{10}\.json)": "/api/xbrl/companyfacts/{}",
}
FILED = {
    r"sec/filing_index/CIK0*(\d+)/(\d{10}-\d{2}-\d{6})\.html": "/Archives/edgar/data/{}/{}-index.html",
    r"sec/document/CIK0*(\d+)/(\d{10})-(\d{2})-(\d{6})/((?!\.)[\w.\-]+(?:/(?!\.)[\w.\-]+)?)": "/Archives/edgar/data/{}/{}{}{}/{}",
}


# Under which source an answer is archived; `cik` has ten digits.
def submissions_source(cik: str) -> str:
    """A registrant's newest filings, about a thousand, and the names of the pages with the older ones."""
    return page_source(f"CIK{cik}.json")


def page_source(name: str) -> str:
    """A page of older filings, such as CIK0000320193-submissions-001.json."""
    return f"sec/submissions/{name}"


def facts_source(cik: str) -> str:
    """All XBRL facts of a registrant; there are none where it has never filed any."""
    return f"sec/companyfacts/CIK{cik}.json"


def shipped_facts_source(cik: str) -> str:
    """The company facts of a registrant that ship with the package, packed; of most there are none."""
    return f"bundle/companyfacts_CIK{cik}.json.gz"


def index_source(cik: str, accession: str = "") -> str:
    """The page that lists the documents of a filing and says when it was accepted, or the folder of all such pages of a registrant."""
    return f"sec/filing_index/CIK{cik}" + (f"/{accession}.html" if accession else "")


def document_source(cik: str, accession: str = "", name: str = "") -> str:
    """A document of a filing, or the folder of all documents of a registrant."""
    return f"sec/document/CIK{cik}" + (f"/{accession}/{name}" if accession else "")


class EdgarClient:
    """What EDGAR publishes, each answer archived before it is returned. May be used from several threads.

    `contact` is the e-mail address that the SEC asks every automated caller to name; ContactMissing without one. At most
    `requests` are sent a second, counted for the whole machine under `limit_folder`. `base_url` replaces EDGAR by a server
    on this machine, for tests. Methods return the record of the answer, the one that the archive held before where nothing
    changed, and raise a FetchError when EDGAR cannot be asked.
    """

    def __init__(
        self,
        archive: Archive,
        contact: str | None,
        *,
        requests: int = REQUESTS_PER_SECOND,
        bounds: Bounds | None = None,
        limit_folder: Path | None = None,
        base_url: str | None = None,
    ) -> None:
        self._archive, self._headers = archive, {"User-Agent": user_agent(contact)}
        self._data_url, self._www_url = (DATA_URL, WWW_URL) if base_url is None else (base_url, base_url)
        self.http = Client(
            RateLimit("edgar", requests=requests, folder=limit_folder),
            HOSTS if base_url is None else LOOPBACK,
            bounds=bounds,
            block_marks=BLOCK_MARKS,
            loopback_for_tests=base_url is not None,
        )

    def ask(self, source: str) -> Fetch:
        """Ask for what is archived as `source`, one of the names above; what has been filed is not asked for again where the
        archive holds it. Raises ValueError for a name that stands for nothing at EDGAR."""
        for pattern, path in (CHANGING | FILED).items():
            if found := re.fullmatch(pattern, source, re.ASCII):
                is_filed = pattern in FILED
                if is_filed and (held := self._archive.held(source)) is not None:
                    return held
                url = (self._www_url if is_filed else self._data_url) + path.format(*found.groups())
                kind: Kind = "document" if is_filed else "json"
                return self.http.fetch(self._archive, source, url, kind=kind, headers=self._headers)
        raise ValueError(f"EDGAR has nothing of the name {source!r}")

    def bulk(self, kind: Literal["companyfacts", "submissions"]) -> Fetch:
        """The nightly zip file of all registrants, never held in memory; Archive.path says where it lies."""
        return self.http.fetch(
            self._archive,
            f"sec/bulk/{kind}.zip",
            self._www_url + BULK_PATHS[kind],
            kind="zip",
            headers=self._headers,
            bounds=BULK_BOUNDS,
            on_disk=True,
        )


def user_agent(contact: str | None) -> str:
    """The name under which we ask, `hashwatt/<version> <contact>`; raises ContactMissing."""
    is_web = "://" in (contact or "") or "www." in (contact or "").lower()
    if not contact or is_web or not CONTACT.fullmatch(contact):
        found = "no contact address is set" if not contact else "the contact address holds no e-mail address"
        found = "the contact address holds the address of a page, which the SEC refuses" if is_web else found
        raise ContactMissing(
            "SEC EDGAR",
            found,
            "Set HASHWATT_CONTACT to an e-mail address at which you can be reached: the SEC asks every automated "
            "caller to name one, and shuts out those that do not. It is sent to sec.gov and to nobody else",
        )
    return f"{own_name()} {contact}"
