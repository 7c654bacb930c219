"""EDGAR's addresses and manners: who we say we are, what is asked once, what costs one conditional request."""

from __future__ import annotations

import io
import threading
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingestion.edgar import client as sec
from ingestion.edgar.client import (
    EdgarClient,
    document_source,
    facts_source,
    index_source,
    page_source,
    submissions_source,
    user_agent,
)
from ingestion.fetch import http_errors
from ingestion.fetch.archive import Archive
from tests.edgar import server as edgar
from tests.edgar.server import CONTACT, EdgarServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

CIK = "0009990001"
SUBMISSIONS = "/submissions/CIK0009990001.json"
FACTS = "/api/xbrl/companyfacts/CIK0009990001.json"
ACCESSION = "0009990001-25-000007"
INDEX = f"/Archives/edgar/data/9990001/{ACCESSION}-index.html"
# Documents of ownership forms lie one folder deeper.
DOCUMENT = "/Archives/edgar/data/9990001/000999000125000007/xslF345X05/form4.xml"


@pytest.fixture
def client(edgar_server: EdgarServer, archive: Archive, tmp_path: Path) -> EdgarClient:
    return edgar_server.client(archive, tmp_path / "limit")


def test_each_answer_is_archived_under_its_name(
    edgar_server: EdgarServer, archive: Archive, client: EdgarClient
) -> None:
    page = "/submissions/CIK0009990001-submissions-001.json"
    for path in (SUBMISSIONS, page, FACTS):
        edgar_server.put(path, f'{{"path": "{path}"}}'.encode())
    for path in (INDEX, DOCUMENT):
        edgar_server.put(path, f"<html>{path}</html>".encode())
    outcomes = [
        client.ask(submissions_source(CIK)),
        client.ask(page_source("CIK0009990001-submissions-001.json")),
        client.ask(facts_source(CIK)),
        client.ask(index_source(CIK, ACCESSION)),
        client.ask(document_source(CIK, ACCESSION, "xslF345X05/form4.xml")),
    ]
    assert [one.source for one in outcomes] == [
        "sec/submissions/CIK0009990001.json",
        "sec/submissions/CIK0009990001-submissions-001.json",
        "sec/companyfacts/CIK0009990001.json",
        f"sec/filing_index/CIK0009990001/{ACCESSION}.html",
        f"sec/document/CIK0009990001/{ACCESSION}/xslF345X05/form4.xml",
    ]
    assert [one.path for one in edgar_server.arrivals] == [SUBMISSIONS, page, FACTS, INDEX, DOCUMENT]
    for outcome in outcomes:
        fetch = outcome
        assert archive.latest(fetch.source) == fetch
        assert str(fetch.request["url"]).encode().rpartition(b":")[2].partition(b"/")[2] in archive.get(fetch.sha256)


def test_we_say_who_we_are(edgar_server: EdgarServer, client: EdgarClient) -> None:
    edgar_server.put(SUBMISSIONS, b"{}")
    client.ask(submissions_source(CIK))
    name, _, contact = edgar_server.arrivals[0].headers["User-Agent"].partition(" ")
    assert name.startswith("hashwatt/") and contact == CONTACT


@pytest.mark.parametrize("contact", [None, "", "nobody", "a@b", "two words", "a@b.cd\r\nX-Evil: 1", "é@b.cd é"])
def test_without_a_contact_nothing_is_asked(contact: str | None, archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(http_errors.ContactMissing, match="HASHWATT_CONTACT to an e-mail address"):
        EdgarClient(archive, contact, limit_folder=tmp_path)


def test_a_contact_may_carry_a_name_and_no_address_of_a_page_which_the_sec_refuses() -> None:
    for contact in ("me@example.org", "Example Research me@example.org", "Me <me@example.co.uk>"):
        assert user_agent(contact).endswith(f" {contact}")
    for contact in ("https://example.org me@example.org", "WWW.example.org, me@example.org"):
        with pytest.raises(http_errors.ContactMissing, match="address of a page, which the SEC refuses"):
            user_agent(contact)


def test_an_unchanged_registrant_costs_one_conditional_request(
    edgar_server: EdgarServer, archive: Archive, client: EdgarClient, tmp_path: Path
) -> None:
    edgar_server.put(FACTS, b'{"facts": 1}')
    first = client.ask(facts_source(CIK))
    before = sorted((tmp_path / "archive").rglob("*"))
    again = client.ask(facts_source(CIK))
    assert again == first == archive.latest(first.source)
    assert [one.status for one in edgar_server.arrivals] == [200, 304]
    assert sorted((tmp_path / "archive").rglob("*")) == before
    edgar_server.put(FACTS, b'{"facts": 2}')
    assert archive.get(client.ask(facts_source(CIK)).sha256) == b'{"facts": 2}'
    assert [one.status for one in edgar_server.arrivals] == [200, 304, 200]


def test_a_date_alone_makes_it_conditional(edgar_server: EdgarServer, client: EdgarClient) -> None:
    edgar_server.fail(
        FACTS, lambda *_: edgar.Response(b"{}", headers={"Last-Modified": "Tue, 05 Aug 2025 02:00:00 GMT"})
    )
    edgar_server.put(FACTS, b"{}")
    client.ask(facts_source(CIK))
    client.ask(facts_source(CIK))
    assert [one.headers.get("If-Modified-Since") for one in edgar_server.arrivals] == [
        None,
        "Tue, 05 Aug 2025 02:00:00 GMT",
    ]


def test_the_same_bytes_under_another_tag_are_unchanged_and_the_tag_is_learned(
    edgar_server: EdgarServer, client: EdgarClient, tmp_path: Path
) -> None:
    edgar_server.put(FACTS, b"{}", etag='"old"')
    first = client.ask(facts_source(CIK))
    edgar_server.put(FACTS, b"{}", etag='"new"')
    assert client.ask(facts_source(CIK)) == first
    client.ask(facts_source(CIK))
    assert [one.status for one in edgar_server.arrivals] == [200, 200, 304]
    assert len([one for one in (tmp_path / "archive" / "fetches").rglob("*") if one.is_file()]) == 1
    # And a tag learned for one answer is not used for the next one.
    edgar_server.put(FACTS, b'{"more": 1}', etag='"newer"')
    client.ask(facts_source(CIK))
    client.ask(facts_source(CIK))
    assert [one.status for one in edgar_server.arrivals][3:] == [200, 304]


@pytest.mark.parametrize("harm", [None, b"{!"])
def test_what_the_archive_has_lost_is_asked_for_in_full(
    harm: bytes | None, edgar_server: EdgarServer, archive: Archive, client: EdgarClient
) -> None:
    edgar_server.put(FACTS, b"{}")
    first = client.ask(facts_source(CIK))
    path = archive.path(first.sha256)
    path.unlink() if harm is None else path.write_bytes(harm)
    client.ask(facts_source(CIK))
    assert archive.get(first.sha256) == b"{}"
    assert [one.status for one in edgar_server.arrivals] == [200, 200]


def test_what_has_been_filed_is_asked_for_once(
    edgar_server: EdgarServer, archive: Archive, client: EdgarClient
) -> None:
    edgar_server.put(INDEX, b"<html>index</html>")
    edgar_server.put(DOCUMENT, b"<html>document</html>")
    for ask in (
        lambda: client.ask(index_source(CIK, ACCESSION)),
        lambda: client.ask(document_source(CIK, ACCESSION, "xslF345X05/form4.xml")),
    ):
        first = ask()
        assert ask() == first
        archive.path(first.sha256).write_bytes(b"damaged")
        ask()
        assert archive.get(first.sha256).startswith(b"<html>")
    assert (edgar_server.asked(INDEX), edgar_server.asked(DOCUMENT)) == (2, 2)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (edgar.page_instead, http_errors.WrongContent),
        (edgar.access_denied, http_errors.NotPublishedYet),
        (edgar.redirect("http://localhost/"), http_errors.ForeignRedirect),
        (edgar.block_page(), http_errors.Blocked),
    ],
)
def test_a_failure_leaves_the_archive_as_it_was(
    fault: edgar.Fault,
    error: type[http_errors.FetchError],
    edgar_server: EdgarServer,
    archive: Archive,
    client: EdgarClient,
    tmp_path: Path,
) -> None:
    edgar_server.put(FACTS, b'{"facts": 1}')
    first = client.ask(facts_source(CIK))
    before = sorted((tmp_path / "archive").rglob("*"))
    edgar_server.put(FACTS, b'{"facts": 2}')
    edgar_server.fail(FACTS, *[fault] * 3)
    with pytest.raises(error):
        client.ask(facts_source(CIK))
    assert sorted((tmp_path / "archive").rglob("*")) == before
    assert archive.latest(first.source) == first


def test_a_block_stops_a_whole_crew(edgar_server: EdgarServer, client: EdgarClient) -> None:
    """However many threads are at it: at most those that were already on the way reach the server."""
    ciks = range(1, 201)
    for cik in ciks:
        edgar_server.put(f"/submissions/CIK{cik:010}.json", b"{}")
        if cik > 5:  # longer on its way than the block is
            edgar_server.fail(f"/submissions/CIK{cik:010}.json", edgar.silence(0.5))
    edgar_server.fail("/submissions/CIK0000000005.json", edgar.block_page())
    failures = []
    lock = threading.Lock()

    def ask(cik: int) -> None:
        try:
            client.ask(submissions_source(f"{cik:010}"))
        except http_errors.Blocked as error:
            with lock:
                failures.append(error)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, ciks))
    assert edgar_server.asked() <= 5 + 4
    assert len(failures) >= 200 - edgar_server.asked()


def test_the_nightly_zip_goes_through_the_disk(
    edgar_server: EdgarServer, archive: Archive, client: EdgarClient
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as writing:
        writing.writestr("CIK0009990001.json", b"{}" + b" " * (48 << 20))
    edgar_server.put("/Archives/edgar/daily-index/xbrl/companyfacts.zip", packed.getvalue())
    edgar_server.put("/Archives/edgar/daily-index/bulkdata/submissions.zip", packed.getvalue()[:100])
    edgar_server.fail("/Archives/edgar/daily-index/xbrl/companyfacts.zip", edgar.short_length, edgar.page_instead)
    size = len(packed.getvalue())
    tracemalloc.start()
    fetch = client.bulk("companyfacts")
    kept = archive.path(fetch.sha256)  # which hashes it once more
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 48 << 20
    assert peak < 16 << 20  # of the server and us together
    assert (fetch.source, fetch.size) == ("sec/bulk/companyfacts.zip", size)
    with zipfile.ZipFile(kept) as reading:
        assert reading.namelist() == ["CIK0009990001.json"]
    again = client.bulk("companyfacts")
    assert archive.path(again.sha256) == kept
    assert edgar_server.arrivals[-1].status == 304
    client.bulk("submissions")


@pytest.mark.parametrize(
    "name", ["../../x.htm", "/etc/passwd", "a/b/c.htm", "..", "a/..", "", "x?y", "x#y", "a b", "%2e%2e/x"]
)
def test_what_is_no_document_is_not_asked(name: str, edgar_server: EdgarServer, client: EdgarClient) -> None:
    source = document_source(CIK, ACCESSION, name), page_source(name), index_source(CIK, name or "..")
    for one in source:
        with pytest.raises(ValueError, match="EDGAR has nothing of the name"):
            client.ask(one)
    assert edgar_server.asked() == 0


def test_edgar_is_asked_over_https_at_eight_a_second(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = EdgarClient(archive, CONTACT, limit_folder=tmp_path)
    assert (client.http.limit.requests, client.http.limit.seconds) == (8, 1.0)
    monkeypatch.setattr(sec, "DATA_URL", "https://evil.example.org")
    client = EdgarClient(archive, CONTACT, limit_folder=tmp_path)
    with pytest.raises(http_errors.AddressRefused, match=r"is none of data\.sec\.gov, www\.sec\.gov"):
        client.ask(submissions_source(CIK))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "code", "error"),
    [
        ("Archives_edgar_full-index_2099_QTR1_form.gz.HTTP403.txt", 403, http_errors.NotPublishedYet),
        ("submissions_CIK-000000001.json.HTTP404.txt", 404, http_errors.NotFound),
    ],
)
def test_recorded_refusals_are_told_apart(
    file: str, code: int, error: type[Exception], edgar_server: EdgarServer, client: EdgarClient, shared: Path
) -> None:
    body = (shared / "data" / "sec" / file).read_bytes()
    edgar_server.fail(SUBMISSIONS, edgar.status(code, body=body, kind="application/xml"))
    with pytest.raises(error):
        client.ask(submissions_source(CIK))
