"""What EDGAR is asked about a registrant, and what not again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingestion.contracts import DOCUMENT, FACT, FILING
from ingestion.edgar.asking import Asking
from ingestion.edgar.documents import FIRST_DAYS, LARGEST, LISTED_WITHIN_DAYS, document_text, hashes_of
from ingestion.edgar.feed import SecFeed
from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.fetch.archive import Archive
from ingestion.fetch.http_errors import Blocked
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.universe import Registrant
from tests.edgar import server as edgar
from tests.edgar.documents import CIK, ISSUER, NAME, Filing, IndexRow, as_json, filing_index, plain_year, submissions
from tests.edgar.server import EdgarServer
from tests.lakes import stage_one

NOW = datetime(2026, 3, 2, 12)
ONE = Registrant(ISSUER, CIK, frozenset({NAME}))
MAIN = f"/submissions/CIK{CIK}.json"
PAGE = f"/submissions/CIK{CIK}-submissions-001.json"
FACTS = f"/api/xbrl/companyfacts/CIK{CIK}.json"


def indexes(paths: list[str]) -> list[str]:
    """The accessions among the paths whose index page was asked for."""
    return [path.split("/")[-1][:20] for path in paths if path.endswith("-index.html")]


def news(number: int, form: str, filed: date) -> Filing:
    return Filing(f"0009990001-26-{number:06}", form, f"{filed}", f"{filed}T15:05:00.000Z", xbrl=False)


def index_path(one: Filing) -> str:
    return f"/Archives/edgar/data/{int(CIK)}/{one.accession}-index.html"


@dataclass
class Sec:
    """EDGAR, and the archive of who asks it about one registrant."""

    server: EdgarServer
    archive: Archive
    folder: Path

    def __post_init__(self) -> None:
        self.feed, self.lake = SecFeed(self.archive, {ISSUER: ONE}), Lake(Storage(self.folder / "lake"))

    def ask(self, now: datetime = NOW, limits: str = "", said: list[str] | None = None, **options: Any) -> list[str]:
        """The paths asked for, in order of arrival; `said` gets the lines about progress."""
        self.server.arrivals = []
        asking = Asking(self.server.client(self.archive, self.folder / limits), self.archive, now)
        asking.everything([ONE], ([] if said is None else said).append, **{"only_missing": False} | options)
        return [arrival.path for arrival in self.server.arrivals]

    def serve(self, *filings: Filing, older: tuple[Filing, ...] = (), annual: bool = True) -> None:
        """The filings and, with `annual`, those of a year of reports in the main list; `older` ones on a page of their own."""
        story = plain_year()
        listed = (*filings, *(story.filings if annual else ()))
        self.server.put(MAIN, as_json(submissions(listed, older=[older] if older else [])))
        self.server.put(FACTS, as_json(story.company_facts()))
        if older:
            self.server.put(PAGE, as_json(submissions(older)["filings"]["recent"]))
        for one in (*filings, *older):
            # A document of a type that is not fetched.
            page = filing_index(one.accession, (IndexRow("1", one.form, "main.htm", "EX-101"),), form=one.form)
            self.server.put(index_path(one), page)


@pytest.fixture
def sec(edgar_server: EdgarServer, archive: Archive, tmp_path: Path) -> Sec:
    return Sec(edgar_server, archive, tmp_path)


def test_an_issuer_without_news_costs_one_request(sec: Sec) -> None:
    sec.serve(older=(news(1, "10-K", date(2001, 3, 1)),))
    assert sorted(sec.ask()) == sorted([MAIN, PAGE, FACTS])
    assert sec.ask() == [MAIN]
    assert sec.server.arrivals[0].status == 304


def test_facts_are_asked_for_until_they_had_time_to_follow_a_filing(sec: Sec) -> None:
    sec.serve(news(1, "10-Q", NOW.date()))
    assert sec.ask() == [MAIN, FACTS]
    assert sec.ask(NOW + timedelta(days=1)) == [MAIN, FACTS]
    assert sec.ask(NOW + timedelta(days=2)) == [MAIN, FACTS]
    assert sec.ask(NOW + timedelta(days=3)) == [MAIN]


def test_a_registrant_without_facts_is_not_asked_for_them_each_day(sec: Sec) -> None:
    sec.server.put(MAIN, as_json(plain_year().submissions()))
    assert sec.ask() == [MAIN, FACTS]
    assert sec.ask() == [MAIN]


def test_index_pages_are_asked_for_once_and_only_of_new_filings_that_announce(sec: Sec) -> None:
    today = NOW.date()
    wanted = [news(n, form, today - timedelta(days=n)) for n, form in enumerate(("8-K", "6-K/A", "FWP", "424B5"), 3)]
    others = [news(20, "4", today), news(21, "8-K", today - timedelta(days=FIRST_DAYS + 1))]
    sec.serve(*wanted, *others)
    assert indexes(sec.ask()) == [one.accession for one in wanted]
    assert indexes(sec.ask()) == []


TODAY = datetime.now(UTC).replace(tzinfo=None)
"""The archive stamps what it keeps by the machine's clock."""


def test_a_machine_that_was_off_for_months_misses_no_filing(sec: Sec) -> None:
    first = news(1, "8-K", TODAY.date())
    sec.serve(first)
    assert indexes(sec.ask(TODAY)) == [first.accession]
    # Meanwhile more was filed than the main list holds, so one of the filings has moved to a page of older ones.
    listed, moved = news(2, "8-K", TODAY.date() + timedelta(days=300)), news(3, "6-K", TODAY.date() + timedelta(days=5))
    late = TODAY + timedelta(days=400)
    sec.serve(listed, older=(moved, first), annual=False)
    assert indexes(sec.ask(late)) == [listed.accession, moved.accession]
    assert indexes(sec.ask(late + timedelta(days=200))) == []


def test_documents_of_older_filings_are_brought_on_request_and_from_then_on(sec: Sec) -> None:
    old = [news(n, "8-K", date(2020, n, 1)) for n in (1, 2, 3, 4)]
    before = [news(9, "8-K", date(2019, 12, 31)), news(10, "10-K", date(2020, 6, 1))]
    sec.serve(news(20, "8-K", NOW.date()), older=(*reversed(old), *before))
    assert indexes(sec.ask()) == [news(20, "8-K", NOW.date()).accession]
    sec.server.fail(index_path(old[1]), edgar.block_page())
    since = date(2020, 1, 1)
    with pytest.raises(Blocked):
        sec.ask(limits="cut", only_missing=True, documents_from=since)
    assert indexes([arrival.path for arrival in sec.server.arrivals]) == [old[n].accession for n in (3, 2, 1)]
    # What was cut short goes on where it stopped, and the day stays without being named again.
    assert indexes(sec.ask(limits="rest")) == [old[1].accession, old[0].accession]
    assert sec.ask(limits="rest", only_missing=True, documents_from=since) == []
    assert sec.ask(limits="rest", only_missing=True, documents_from=date(2025, 1, 1)) == []
    assert sec.ask(limits="rest", only_missing=True, documents_from=date(2019, 12, 31)) == [index_path(before[0])]
    # A filing of those years that is listed late is one that refreshes bring, too.
    late = news(11, "8-K", date(2020, 5, 1))
    sec.serve(news(20, "8-K", NOW.date()), news(21, "4", NOW.date()), older=(late, *reversed(old), *before))
    assert indexes(sec.ask(limits="rest")) == [late.accession]
    (batch,) = sec.feed.batches(DOCUMENT, sec.lake)
    assert {row["accession"] for row in batch.records} == {
        one.accession for one in (late, *old, before[0], news(20, "8-K", NOW.date()))
    }


def test_an_index_page_that_does_not_come_is_asked_for_until_it_is_late_and_that_is_said(sec: Sec) -> None:
    one = news(1, "8-K", TODAY.date())
    sec.serve(one)
    sec.server.put(MAIN, as_json(submissions((replace(one, accession="0009990001-26-000099"),))))
    path = index_path(replace(one, accession="0009990001-26-000099"))
    said: list[str] = []
    for days in (0, LISTED_WITHIN_DAYS, LISTED_WITHIN_DAYS + 1):
        assert path in sec.ask(TODAY + timedelta(days=days), said=said)
    assert path not in sec.ask(TODAY + timedelta(days=LISTED_WITHIN_DAYS + 2), said=said)
    assert [line.split(", which is ")[1] for line in said if "no index page" in line] == [
        "asked for again later",
        "asked for again later",
        "not asked for again",
    ]


def test_a_page_of_older_filings_that_cannot_be_read_stops_what_needs_it(sec: Sec) -> None:
    sec.serve(older=(news(1, "8-K", date(2019, 1, 1)),))
    sec.server.put(PAGE, b"{cut}")
    sec.ask()
    with pytest.raises(SourceDamaged, match="submissions-001"):
        sec.ask(only_missing=True, documents_from=date(2018, 1, 1))


RELEASE = (
    b"<html><head><title>x</title></head><body><p>Acme mined <b>705</b> bitcoin.</p><script>1</script></body></html>"
)
WORDS = b"Acme mined 705 bitcoin."


def announce(sec: Sec) -> tuple[Filing, str]:
    """A filing with a press release among what is not read; the filing, and the folder of its documents."""
    one = news(7, "8-K", NOW.date() - timedelta(days=5))
    sec.serve(one)
    rows = (
        IndexRow("1", "8-K", "main.htm", "8-K"),
        IndexRow("2", "release", "ex991.htm", "EX-99.1"),
        IndexRow("3", "agreement", "ex101.htm", "EX-10.1"),
        IndexRow("4", "logo", "logo.jpg", "GRAPHIC"),
        IndexRow("5", "scan", "ex992.pdf", "EX-99.2"),
        IndexRow("6", "book", "ex993.htm", "EX-99.3", size=str(LARGEST + 1)),
        IndexRow("", "Complete submission text file", f"{one.accession}.txt", ""),
    )
    folder = f"/Archives/edgar/data/{int(CIK)}/{one.accession.replace('-', '')}"
    sec.server.put(f"/Archives/edgar/data/{int(CIK)}/{one.accession}-index.html", filing_index(one.accession, rows))
    for name in ("main.htm", "ex991.htm", "ex101.htm", "ex993.htm"):
        sec.server.put(f"{folder}/{name}", RELEASE if name == "ex991.htm" else b"<html><body>Item 8.01</body></html>")
    return one, folder


def test_announcements_and_their_exhibits_are_fetched_once(sec: Sec) -> None:
    _, folder = announce(sec)
    documents = [path for path in sec.ask() if path.startswith(folder)]
    assert documents == [f"{folder}/main.htm", f"{folder}/ex991.htm"]
    assert sec.ask() == [MAIN]
    (batch,) = sec.feed.batches(DOCUMENT, sec.lake)
    read = {row["file_name"]: (row["sha256"], row["text_sha256"]) for row in batch.records}
    assert read["ex991.htm"] == (hashlib.sha256(RELEASE).hexdigest(), hashlib.sha256(WORDS).hexdigest())
    assert [name for name, (sha256, _) in read.items() if sha256] == ["main.htm", "ex991.htm"]
    assert "sec/document" in sec.feed.inputs()


def test_documents_that_a_cut_short_run_did_not_get_are_fetched_by_the_next(sec: Sec) -> None:
    _, folder = announce(sec)
    sec.server.fail(f"{folder}/ex991.htm", edgar.block_page())
    with pytest.raises(Blocked):
        sec.ask(limits="first")
    (batch,) = sec.feed.batches(DOCUMENT, sec.lake)
    sec.lake.promote(stage_one(sec.lake, batch, sec.folder / "staging", datetime(2999, 1, 1)))
    assert list(sec.feed.batches(DOCUMENT, sec.lake)) == []
    assert [path for path in sec.ask(limits="second") if path.startswith(folder)] == [f"{folder}/ex991.htm"]
    # The list of documents is the same page as before; that one more of them is archived is news all the same.
    (batch,) = sec.feed.batches(DOCUMENT, sec.lake)
    assert [row["file_name"] for row in batch.records if row["text_sha256"]] == ["main.htm", "ex991.htm"]


def test_a_document_that_is_gone_is_not_asked_for_each_day(sec: Sec) -> None:
    one, folder = announce(sec)
    rows = (IndexRow("1", "8-K", "gone.htm", "8-K"),)
    sec.server.put(f"/Archives/edgar/data/{int(CIK)}/{one.accession}-index.html", filing_index(one.accession, rows))
    assert f"{folder}/gone.htm" in sec.ask()
    assert sec.ask() == [MAIN]


def test_the_text_of_a_document_is_taken_again_when_the_way_of_taking_it_changes(archive: Archive) -> None:
    fetch = archive.put("sec/document/release", RELEASE, fetched_at_utc=NOW)
    found = hashes_of(archive, fetch, is_new=True)
    noted = archive.remembered(fetch.source)
    assert noted["text_sha256"] == found.text_sha256
    for note, text_sha256 in (
        ({}, "noted"),
        ({"sha256": "b" * 64}, found.text_sha256),
        ({"text_version": "0"}, found.text_sha256),
    ):
        archive.remember(fetch.source, {**noted, "text_sha256": "noted", **note})
        assert hashes_of(archive, fetch).text_sha256 == text_sha256
    deep = archive.put("sec/document/deep", b"<div>" * 1200, fetched_at_utc=NOW)
    assert hashes_of(archive, deep).text_sha256 is None


@pytest.mark.shared
def test_text_of_recorded_documents(shared: Path) -> None:
    content = (shared / "data/sec/filings/dat_tracker_mara_8k_8k-2024-11-21.html").read_bytes()
    text = document_text(content)
    assert text is not None and "<" not in text[:2000] and "MARA Holdings" in text


def test_what_a_cut_short_load_has_archived_is_not_asked_for_again(sec: Sec) -> None:
    sec.serve(older=(news(1, "10-K", date(2001, 3, 1)),))
    sec.server.fail(PAGE, edgar.block_page())
    with pytest.raises(Blocked):
        sec.ask(limits="first")
    with pytest.raises(SourceMissing, match="backfill sec"):
        list(sec.feed.batches(FILING, sec.lake, None))
    assert sorted(sec.ask(limits="second", only_missing=True)) == sorted([PAGE, FACTS])


def test_partitions_that_are_as_the_archive_says_get_no_batch(sec: Sec) -> None:
    sec.serve(news(1, "8-K", NOW.date()))
    sec.ask()
    late = datetime(2999, 1, 1)
    for table in (FILING, FACT, DOCUMENT):
        (batch,) = sec.feed.batches(table, sec.lake)
        sec.lake.promote(stage_one(sec.lake, batch, sec.folder / "staging", late))
        assert list(sec.feed.batches(table, sec.lake)) == []
        assert list(sec.feed.batches(table, sec.lake, ["ANOTHER"])) == []
    # Facts take their time from filings, so they follow once the list of these is another.
    sec.serve(news(1, "8-K", NOW.date()), news(2, "8-K", NOW.date()))
    sec.ask(limits="later")
    assert list(sec.feed.batches(FACT, sec.lake)) == []
    (batch,) = sec.feed.batches(FILING, sec.lake)
    sec.lake.promote(stage_one(sec.lake, batch, sec.folder / "staging", late))
    assert [batch.table for batch in sec.feed.batches(FACT, sec.lake)] == [FACT]
