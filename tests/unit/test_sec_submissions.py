"""Lists of filings to rows: two layouts of pages, odd rows named, other registrants and other columns refused."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.contracts import FILING
from ingestion.edgar.identity import IdentityMismatch, padded_cik, plain_name
from ingestion.edgar.submissions import older_pages, parse_submissions
from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from tests.edgar import documents as doc
from tests.tables import tables

DATA = tables(__file__)

NOW = datetime(2026, 11, 20)


def fetch(name: str) -> Fetch:
    return Fetch(f"sec/submissions/{name}", "b" * 64, 0, NOW, NOW, {})


def parse(body: object, *older: object, cik: str = doc.CIK, name: str = doc.NAME) -> Batch:
    pages = [(fetch(f"CIK{cik}.json"), body if isinstance(body, bytes) else doc.as_json(body))]
    pages += [(fetch(f"CIK{cik}-submissions-{n:03}.json"), doc.as_json(page)) for n, page in enumerate(older, 1)]
    return parse_submissions(pages, doc.ISSUER, cik, names={name})


def test_every_column_of_a_filing() -> None:
    filing = doc.Filing(
        "0009990001-24-000009",
        "8-K",
        "2024-08-02",
        "2024-08-01T18:03:34.000Z",
        report="2024-08-01",
        items="2.02,9.01",
        description="CURRENT REPORT",
        size=4321,
    )
    good, rejected = conform(FILING, parse(doc.submissions([filing])).records, NOW)
    assert rejected == []
    assert good.to_pylist() == [DATA["every_column"]]


def test_older_pages_have_the_same_columns_without_a_wrapper() -> None:
    main = doc.submissions([doc.FY], older=[[doc.Q1, doc.Q2]])
    batch = parse(main, doc.columns([doc.Q1, doc.Q2]))
    assert {row["accession"] for row in batch.records} == {f.accession for f in (doc.FY, doc.Q1, doc.Q2)}
    assert batch.sources == {row["source"] for row in batch.records}
    assert len(batch.sources) == 2
    assert older_pages("main", doc.as_json(main), doc.CIK) == (f"CIK{doc.CIK}-submissions-001.json",)


def test_a_filing_on_two_pages_is_taken_from_the_newer_page() -> None:
    batch = parse(doc.submissions([doc.FY, doc.Q3]), doc.columns([doc.Q3, doc.Q2]))
    assert [r.rule for r in batch.rejected] == ["repeated_row"]
    (row,) = [row for row in batch.records if row["accession"] == doc.Q3.accession]
    assert row["source"] == f"sec/submissions/CIK{doc.CIK}.json"


@pytest.mark.parametrize("name", ["CIK0000000001-submissions-001.json", "../CIK.json", None])
def test_a_page_of_another_name_is_not_followed(name: object) -> None:
    body: dict[str, Any] = doc.submissions([doc.FY], older=[[doc.Q1]])
    body["filings"]["files"][0]["name"] = name
    with pytest.raises(SourceDrifted):
        older_pages("main", doc.as_json(body), doc.CIK)


@pytest.mark.parametrize(("name", "value", "rule", "column"), DATA["odd"])
def test_an_odd_row_is_rejected_with_its_reason(name: str, value: object, rule: str, column: str) -> None:
    body: dict[str, Any] = doc.submissions([doc.FY, doc.Q3])
    body["filings"]["recent"][name][0] = value
    batch = parse(body)
    assert [(r.rule, r.column) for r in batch.rejected] == [(rule, column)]
    assert [row["accession"] for row in batch.records] == [doc.Q3.accession]


@pytest.mark.parametrize("harm", ["missing", "shorter"])
def test_other_columns_are_refused(harm: str) -> None:
    body: dict[str, Any] = doc.submissions([doc.FY, doc.Q3])
    if harm == "missing":
        del body["filings"]["recent"]["acceptanceDateTime"]
    else:
        body["filings"]["recent"]["acceptanceDateTime"].pop()
    with pytest.raises(SourceDrifted, match="acceptanceDateTime"):
        parse(body)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", SourceEmpty),
        (b"<html>", SourceDamaged),
        (b"[" * 100_000, SourceDamaged),
        (b"[]", SourceDrifted),
        (doc.as_json(doc.submissions([])), SourceEmpty),
        (doc.as_json({"cik": doc.CIK, "name": doc.NAME}), SourceDrifted),
    ],
)
def test_bytes_that_are_no_list_of_filings_are_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(content)


@pytest.mark.parametrize(("cik", "name"), [("0000000002", doc.NAME), (doc.CIK, "Someone Else Inc.")])
def test_another_registrant_is_refused(cik: str, name: str) -> None:
    with pytest.raises(IdentityMismatch):
        parse(doc.submissions([doc.FY]), cik=cik, name=name)


@pytest.mark.parametrize(("one", "other"), DATA["same"])
def test_names_agree_whatever_their_legal_form(one: str, other: str) -> None:
    assert plain_name(one) == plain_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Bitfarms Ltd.", "Bitdeer Ltd."), ("Hut 8 Corp.", "Hut Corp."), ("IREN Ltd", "Iris Ltd")]
)
def test_names_of_different_registrants_differ(one: str, other: str) -> None:
    assert plain_name(one) != plain_name(other)


def test_a_cik_is_ten_digits_or_none() -> None:
    assert [padded_cik(v) for v in (320193, "0000320193", "x", True, None, 12345678901)] == [
        "0000320193",
        "0000320193",
        None,
        None,
        None,
        None,
    ]


@pytest.mark.shared
@pytest.mark.parametrize(("cik", "name", "pages", "count"), DATA["recorded"])
def test_a_recorded_list_comes_through_whole(shared: Path, cik: str, name: str, pages: list[str], count: int) -> None:
    read = [(fetch(page), (shared / "data" / "sec" / f"submissions_{page}.json").read_bytes()) for page in pages]
    batch = parse_submissions(read, "REAL", cik, names={name})
    good, rejected = conform(FILING, batch.records, NOW)
    assert (good.num_rows, rejected, list(batch.rejected)) == (count, [], [])
    assert max(Counter(good["accession"].to_pylist()).values()) == 1
