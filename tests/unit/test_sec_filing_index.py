"""Index pages to documents: what is listed, when it was accepted, and which pages are refused."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion import errors
from ingestion.contracts import DOCUMENT
from ingestion.edgar import filing_index
from ingestion.edgar.filing_index import Hashes, parse_filing_index
from ingestion.edgar.identity import IdentityMismatch
from ingestion.errors import SourceDamaged, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from tests.edgar.documents import CIK, IndexRow
from tests.edgar.documents import filing_index as page
from tests.tables import tables

DATA = tables(__file__)

NOW = datetime(2026, 11, 20)
ACCESSION = "0009990001-25-000004"
COMPLETE = IndexRow("", "Complete submission text file", f"{ACCESSION}.txt", "", "99999")
LISTED = (IndexRow("1", "10-K", "main.htm", "10-K"), IndexRow("2", "Press release", "ex99.htm", "EX-99.1"), COMPLETE)
FETCH = Fetch("sec/filing_index/x.html", "c" * 64, 0, NOW, NOW, {})


def parse(content: bytes, cik: str = CIK, accession: str = ACCESSION, **more: Any) -> Batch:
    return parse_filing_index(FETCH, content, "TEST", cik, accession, **more)


def rows(batch: Batch) -> list[dict[str, Any]]:
    good, rejected = conform(DOCUMENT, batch.records, NOW)
    assert rejected == []
    return good.to_pylist()


def test_documents_with_type_name_and_size() -> None:
    found = rows(parse(page(ACCESSION, LISTED)))
    assert [(r["sequence"], r["document_type"], r["file_name"], r["size_bytes"]) for r in found] == [
        (0, None, f"{ACCESSION}.txt", 99999),
        (1, "10-K", "main.htm", 1234),
        (2, "EX-99.1", "ex99.htm", 1234),
    ]
    assert {r["known_at_utc"] for r in found} == {datetime(2025, 2, 20, 21, 5)}
    assert {r["sha256"] for r in found} == {None}


def test_data_files_count_too_and_hashes_of_archived_documents_are_filled_in() -> None:
    data = [IndexRow("3", "XBRL INSTANCE", "main_htm.xml", "XML")]
    batch = parse(page(ACCESSION, LISTED, data_files=data), hashes={"ex99.htm": Hashes("d" * 64, "e" * 64)})
    found = {r["file_name"]: r for r in rows(batch)}
    assert found["main_htm.xml"]["document_type"] == "XML"
    assert (found["ex99.htm"]["sha256"], found["ex99.htm"]["text_sha256"]) == ("d" * 64, "e" * 64)
    assert found["main.htm"]["sha256"] is None


def test_summer_time_and_a_day_without_time() -> None:
    summer = parse(page(ACCESSION, LISTED, accepted=datetime(2025, 7, 1, 16, 5)))
    assert summer.records[0]["known_at_utc"] == datetime(2025, 7, 1, 20, 5)
    dated = parse(page(ACCESSION, LISTED, accepted=datetime(2000, 5, 11)))
    assert dated.records[0]["known_at_utc"] == datetime(2000, 5, 12, 4)


def test_a_rendered_form_is_one_document_with_its_original() -> None:
    folder = f"/Archives/edgar/data/{int(CIK)}/{ACCESSION.replace('-', '')}"
    form = IndexRow("1", "OWNERSHIP DOCUMENT", "form4.html", "4", "", f"{folder}/xslF345X05/form4.xml")
    original = IndexRow("1", "OWNERSHIP DOCUMENT", "form4.xml", "4", "8693")
    found = rows(parse(page(ACCESSION, (form, original, COMPLETE))))
    assert [(r["file_name"], r["size_bytes"]) for r in found] == [(f"{ACCESSION}.txt", 99999), ("form4.xml", 8693)]


def test_markup_inside_a_cell_is_text_and_nothing_else() -> None:
    nasty = IndexRow("1", "<script>alert(1)</script>&lt;b&gt; &amp; &nbsp;Q3", "main.htm", "10-K")
    (row,) = rows(parse(page(ACCESSION, (nasty,))))
    assert row["description"].endswith("<b> & Q3")


ODD = [
    (IndexRow("one", "10-K", "main.htm", "10-K"), "type"),
    (IndexRow("1", "10-K", "main.htm", "10-K", "big"), "type"),
    (IndexRow("", "10-K", "main.htm", "10-K"), "null"),
]


@pytest.mark.parametrize(("row", "rule"), ODD)
def test_an_odd_row_is_rejected_with_its_reason(row: IndexRow, rule: str) -> None:
    batch = parse(page(ACCESSION, (row, LISTED[1])))
    assert ([r.rule for r in batch.rejected], len(batch.records)) == ([rule], 1)


@pytest.mark.parametrize("name", ["..", "a b.htm", "a%2fb.htm", ".hidden"])
def test_a_file_name_that_could_lead_elsewhere_breaks_the_contract(name: str) -> None:
    batch = parse(page(ACCESSION, (IndexRow("1", "10-K", name, "10-K"),)))
    good, rejected = conform(DOCUMENT, batch.records, NOW)
    assert (good.num_rows, [r.column for r in rejected]) == (0, ["file_name"])


@pytest.mark.parametrize(
    ("cik", "accession"), [("0000000002", ACCESSION), (CIK, "0009990001-25-000005"), (CIK, "0009990001-25-00000")]
)
def test_a_page_of_another_filing_is_refused(cik: str, accession: str) -> None:
    with pytest.raises(IdentityMismatch):
        parse(page(ACCESSION, LISTED), cik=cik, accession=accession)


@pytest.mark.parametrize(("old", "new", "error"), DATA["shapes"])
def test_a_page_of_another_shape_is_refused(old: str, new: str, error: str) -> None:
    content = page(ACCESSION, LISTED).decode()
    assert old in content
    with pytest.raises(getattr(errors, error)):
        parse(content.replace(old, new).encode())


def test_a_page_beyond_the_limits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceEmpty):
        parse(b"")
    with pytest.raises(SourceDamaged, match="bytes"):
        parse(b" " * (filing_index.LARGEST_PAGE + 1))
    monkeypatch.setattr(filing_index, "MOST_DOCUMENTS", 2)
    with pytest.raises(SourceDamaged, match="more than 2"):
        parse(page(ACCESSION, LISTED))


def test_a_deep_page_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(SourceDamaged, match="nests"):
        parse(b"<div>" * 200_000)
    with pytest.raises(IdentityMismatch):
        parse(b"<div>" * 900 + b"<br>" * 5_000)


@pytest.mark.shared
def test_recorded_pages_come_through_whole(shared: Path) -> None:
    pages = sorted((shared / "data" / "sec").glob("Archives_edgar_data_*-index.html"))
    assert len(pages) == 12
    for path in pages:
        cik, accession = re.findall(r"data_(\d+)_(\d{10}-\d\d-\d{6})-index", path.name)[0]
        batch = parse(path.read_bytes(), cik=cik.zfill(10), accession=accession)
        found = rows(batch)
        assert (list(batch.rejected), len(found)) == ([], len(batch.records))
        assert found[0]["file_name"] == f"{accession}.txt"
        assert found[1]["sequence"] == 1
