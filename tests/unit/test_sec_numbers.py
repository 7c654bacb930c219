"""Archived documents of filings to raw_extract__number: which are read and for what, once, and what their rows lead back to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.contracts import DOCUMENT, FACT, FILING, NUMBER
from ingestion.edgar import numbers
from ingestion.edgar.client import document_source, index_source, submissions_source
from ingestion.edgar.feed import SecFeed
from ingestion.extract.extract import extract_file
from ingestion.extract.reread import offer, reads_back
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.landing.staging import stage
from ingestion.universe import Registrant
from tests.edgar.documents import CIK, NAME, Filing, IndexRow, as_json, filing_index, submissions
from tests.lakes import rows_of
from tests.tables import tables

DATA = tables(__file__)

NOW = datetime(2025, 9, 1)
RIOT = Registrant("RIOT", CIK, frozenset({NAME, "Riot Platforms, Inc."}))
UPDATE = """<html><body><p>Riot Platforms Announces July 2025 Production and Operations Updates</p>
<p>CASTLE ROCK, August 4, 2025</p><table><tr><th>Metric</th><th>July 2025</th><th>June 2025</th></tr>
<tr><td>Bitcoin Produced</td><td>484</td><td>450</td></tr><tr><td>Bitcoin Held</td><td>19,287</td><td>19,273</td></tr>
<tr><td>Avg. Operating Hash Rate - Total</td><td>29.8 EH/s</td><td>29.8 EH/s</td></tr></table><p>Unaudited.</p></body></html>"""
SHEET = """<html><body><p>Issuer: Riot Platforms, Inc.</p><p>Pricing Term Sheet</p><p>4.300% Notes due 2029</p>
<p>Principal Amount: $1,000,000,000</p><p>Coupon: 4.300%</p><p>Maturity Date: August 15, 2029</p>
<p>Price to Public: 99.807%</p><p>Trade Date: August 4, 2025</p><p>The issuer has filed a registration statement with the
Commission for the offering to which this communication relates.</p></body></html>"""


def filing(number: int, form: str, items: str = "") -> Filing:
    return Filing(
        f"{CIK}-25-{number:06}",
        form,
        "2025-08-04",
        "2025-08-04T20:05:00.000Z",
        items=items,
        xbrl=False,
        document="a.htm",
    )


@dataclass
class Home:
    """An archive and a lake of one registrant."""

    archive: Archive
    lake: Lake
    folder: Path

    def file(self, *filed: tuple[Filing, str]) -> None:
        """EDGAR's answers about filings of one document each."""
        told = submissions([one for one, _ in filed], name=NAME)
        self.put(submissions_source(CIK), as_json(told))
        for one, text in filed:
            page = filing_index(
                one.accession,
                [IndexRow("1", one.form, "a.htm", one.form)],
                form=one.form,
                accepted=datetime(2025, 8, 4, 16, 5),
            )
            self.put(index_source(CIK, one.accession), page)
            self.put(document_source(CIK, one.accession, "a.htm"), text.encode())

    def put(self, source: str, content: bytes) -> None:
        self.archive.put(source, content, fetched_at_utc=NOW)

    def land(self, registrant: Registrant = RIOT) -> int:
        """Land the tables; how many batches of numbers there were."""
        feed = SecFeed(self.archive, {registrant.issuer: registrant})
        for table in (FILING, FACT, DOCUMENT, NUMBER):
            batches = list(feed.batches(table, self.lake))
            staged = stage(self.lake, table, batches, self.folder, NOW)
            assert staged.rejected == ()
            self.lake.promote(staged)
        return len(batches)

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = rows_of(self.lake, NUMBER).to_pylist()
        return rows

    def told(self) -> set[tuple[str, str | None, str]]:
        return {(row["field"], row["value"], row["state"]) for row in self.rows()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(Archive(Storage(tmp_path / "archive")), Lake(Storage(tmp_path / "lake")), tmp_path / "staging")


def test_a_filing_lands_with_passages_that_can_be_opened(home: Home) -> None:
    home.file((filing(1, "8-K", "7.01,9.01"), UPDATE), (filing(2, "FWP"), SHEET))
    home.land()
    assert {("btc_produced", "484", "accepted"), ("btc_held", "19287", "accepted")} <= home.told()
    assert {("principal", "1000000000", "accepted"), ("maturity", "2029-08-15", "accepted")} <= home.told()
    for row in home.rows():
        document = home.archive.get(row["document_sha256"]).decode()
        assert document[row["span_start"] : row["span_end"]] == row["quote"]
        assert (row["known_at_utc"], row["confidence"], row["source_rank"]) == (datetime(2025, 8, 4, 20, 5), "high", 1)
    (july,) = [row for row in home.rows() if row["value"] == "484"]
    assert (str(july["period_start_date"]), str(july["period_end_date"])) == ("2025-07-01", "2025-07-31")
    assert july["value_number"] == 484


@pytest.mark.parametrize(("form", "items", "fields"), DATA["read_for"])
def test_form_and_items_say_what_a_document_is_read_for(home: Home, form: str, items: str, fields: list[str]) -> None:
    home.file((filing(1, form, items), UPDATE))
    home.land()
    assert {row["field"] for row in home.rows() if row["value"] == "484"} == {*fields}


def test_a_document_is_read_once_and_again_by_other_words(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.file((filing(1, "8-K", "7.01"), UPDATE))
    assert [home.land(), home.land()] == [1, 0]
    before = home.rows()
    home.file((filing(1, "8-K", "7.01"), UPDATE), (filing(2, "FWP"), SHEET))
    assert [home.land(), home.land()] == [1, 0]
    assert [row for row in home.rows() if row["form"] == "8-K"] == before
    monkeypatch.setattr(numbers, "PARSER_VERSION", "extract-next")
    assert [home.land(), home.land()] == [1, 0]
    assert {row["parser_version"] for row in home.rows()} == {"extract-next"}


def test_what_another_company_says_originates_nothing(home: Home) -> None:
    home.file((filing(1, "8-K", "8.01"), UPDATE))
    home.land(replace(RIOT, issuer="HUT", names=frozenset({NAME, "Hut 8 Corp."})))
    assert {(row["source_rank"], row["confidence"]) for row in home.rows()} == {(3, "medium")}


def test_a_document_that_cannot_be_read_says_so_and_the_others_are_read(home: Home) -> None:
    home.file((filing(1, "8-K", "7.01"), "\x00" * 20), (filing(2, "FWP"), SHEET))
    home.land()
    (refused,) = [row for row in home.rows() if row["kind"] == "document"]
    assert (refused["state"], refused["value"], refused["quote"]) == ("abstained", None, None)
    assert "not a text" in refused["reason"]
    assert ("principal", "1000000000", "accepted") in home.told()


@pytest.mark.parametrize(("quote", "value", "unit"), DATA["reads_back"])
def test_a_passage_reads_back(quote: str, value: str, unit: str) -> None:
    assert reads_back(quote, value, unit)


@pytest.mark.parametrize(("quote", "value", "unit"), DATA["not"])
def test_a_value_that_is_not_in_its_passage_does_not(quote: str, value: str, unit: str) -> None:
    assert not reads_back(quote, value, unit)


def test_a_gate_asks_in_sql() -> None:
    with duckdb.connect() as connection:
        offer(connection)
        asked = "select reads_back('484', '484', 'BTC'), reads_back('484', '448', 'BTC'), reads_back(null, '4', 'BTC')"
        assert connection.execute(asked).fetchall() == [(True, False, None)]


@pytest.mark.slow
@pytest.mark.shared
def test_every_value_of_recorded_documents_reads_back(shared: Path) -> None:
    files = [file for folder in (shared / "data" / "docs").iterdir() if folder.is_dir() for file in folder.iterdir()]
    found = [one for file in files for one in extract_file(file) if one.value]
    assert len(found) > 500
    assert [one for one in found if not reads_back(one.quote, one.value, one.unit)] == []
