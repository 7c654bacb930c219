"""Company facts to rows: every vintage kept, odd entries named, other documents refused, the same lake in any order."""

from __future__ import annotations

import json
import random
import tempfile
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.contracts import FACT, FILING
from ingestion.edgar.companyfacts import parse_company_facts
from ingestion.edgar.identity import IdentityMismatch
from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from ingestion.landing.lake import Lake
from tests.edgar import documents as doc
from tests.lakes import stage_one
from tests.tables import tables

DATA = tables(__file__)

NOW = datetime(2026, 11, 20)
NO_FILINGS = FILING.schema().empty_table()


def fetch(cik: str = doc.CIK) -> Fetch:
    return Fetch(f"sec/companyfacts/CIK{cik}.json", "a" * 64, 0, NOW, NOW, {})


def parse(document: object, filings: pa.Table = NO_FILINGS, cik: str = doc.CIK, name: str = doc.NAME) -> Batch:
    content = document if isinstance(document, bytes) else doc.as_json(document)
    return parse_company_facts(fetch(cik), content, doc.ISSUER, cik, filings, names={name})()


def rows(batch: Batch) -> list[dict[str, Any]]:
    good, rejected = conform(FACT, batch.records, NOW)
    assert rejected == []
    return good.to_pylist()


def one_entry(**changes: object) -> dict[str, Any]:
    """A document of one fact, with members replaced, or removed where the change is None and `drop` says so."""
    body: dict[str, Any] = doc.company_facts([doc.year()[0]])
    listed = body["facts"]["us-gaap"][doc.CAPEX]["units"]["USD"]
    listed[0] |= changes
    return body


def test_a_fact_stands_once_for_each_accession_that_reports_it() -> None:
    found = rows(parse(doc.represented_comparative().company_facts()))
    first_quarter = [row for row in found if row["period_end_date"] == date(2024, 3, 31)]
    assert [(row["accession"], row["value"]) for row in first_quarter] == [
        (doc.Q1.accession, 100.0),
        (doc.NEXT_Q1.accession, 110.0),
    ]
    whole = [(row["form"], row["value"]) for row in found if row["period_end_date"] == date(2024, 12, 31)]
    assert whole == [("10-K", 700.0), ("10-K", 705.0)]


def test_every_column_of_a_fact() -> None:
    fact = doc.Fact(doc.Q1, doc.CAPEX, "2024-03-31", 100, "2024-01-01", frame="CY2024Q1")
    assert rows(parse(doc.company_facts([fact]))) == [DATA["every_column"]]


def test_units_and_taxonomies_stay_apart() -> None:
    found = rows(parse(doc.duplicate_in_two_units().company_facts()))
    assert [(r["unit"], r["value"]) for r in found if r["period_end_date"] == date(2024, 3, 31)] == [
        ("EUR", 90.0),
        ("USD", 100.0),
    ]
    foreign = rows(parse(doc.foreign_filer().company_facts()))
    assert {(r["taxonomy"], r["unit"], r["value"]) for r in foreign} == {
        ("ifrs-full", "USD", 7.5),
        ("dei", "shares", 1000.0),
        ("srt", "Bitcoin", 12.0),
    }


def test_known_when_accepted_or_at_the_end_of_the_filing_day() -> None:
    accepted = [datetime(2024, 5, 2, 20, 5), datetime(2024, 8, 1, 20, 5)]
    zones = ["America/New_York", "bound"]
    listed = [doc.Q1.accession, doc.Q2.accession]
    filings = pa.table({"accession": listed, "acceptance_zone": zones, "known_at_utc": accepted})
    found = {r["accession"]: r for r in rows(parse(doc.plain_year().company_facts(), filings))}
    assert (found[doc.Q1.accession]["known_at_utc"], found[doc.Q1.accession]["known_at_basis"]) == (
        datetime(2024, 5, 2, 20, 5),
        "acceptance",
    )
    at_latest = found[doc.Q2.accession]
    assert (at_latest["known_at_utc"], at_latest["known_at_basis"]) == (datetime(2024, 8, 1, 20, 5), "bound")
    winter = found[doc.FY.accession]
    assert (winter["known_at_utc"], winter["known_at_basis"]) == (datetime(2025, 2, 21, 5), "filed_date")


def test_what_a_document_holds_was_known_when_it_was_fetched() -> None:
    same_day = Fetch(fetch().source, "a" * 64, 0, datetime(2024, 5, 2, 21), NOW, {})
    content = doc.as_json(doc.company_facts([doc.year()[0]]))
    batch = parse_company_facts(same_day, content, "TEST", doc.CIK, NO_FILINGS, names={doc.NAME})()
    assert rows(batch)[0]["known_at_utc"] == datetime(2024, 5, 2, 21)


@pytest.mark.parametrize(("change", "rule"), DATA["odd"], ids=[json.dumps(change) for change, _ in DATA["odd"]])
def test_an_odd_entry_is_rejected_with_its_reason_and_the_others_are_kept(change: dict[str, object], rule: str) -> None:
    body = one_entry(**change)
    body["facts"]["us-gaap"][doc.CAPEX]["units"]["USD"] += [doc.entry(fact) for fact in doc.year()[1:]]
    batch = parse(body)
    (rejected,) = batch.rejected
    assert rejected.rule == rule
    assert rejected.reason.startswith(f"us-gaap.{doc.CAPEX}.USD: ")
    assert rejected.row["concept"] == doc.CAPEX
    assert [row["value"] for row in rows(batch)] == [250.0, 450.0, 700.0]


@pytest.mark.parametrize("entry", [None, 7, "text", [1]])
def test_an_entry_that_is_no_object_is_rejected(entry: object) -> None:
    body = one_entry()
    body["facts"]["us-gaap"][doc.CAPEX]["units"]["USD"].insert(0, entry)
    batch = parse(body)
    assert ([r.rule for r in batch.rejected], [row["value"] for row in rows(batch)]) == (["type"], [100.0])


@pytest.mark.parametrize("text", ["1e400", "NaN", "-Infinity"])
def test_a_number_beyond_all_bounds_is_rejected(text: str) -> None:
    content = doc.as_json(one_entry()).replace(b'"val":100', f'"val":{text}'.encode())
    assert [r.rule for r in parse(content).rejected] == ["not_finite"]


@given(
    st.one_of(
        st.integers(-(10**22), 10**22).map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=4).map("{:f}".format),
    )
)
@settings(max_examples=100)
@example("9999999999999999")
@example("123456789012345.6")
@example("0.1000000000000000055511151231257827")
@example("1E10")
def test_a_number_is_the_nearest_double_to_what_is_written(written: str) -> None:
    content = doc.as_json(one_entry()).replace(b'"val":100', f'"val":{written}'.encode())
    (value,) = parse(content).records["value"].to_pylist()
    assert value == float(written)


def test_a_member_that_stands_twice_hides_no_entry() -> None:
    content = doc.as_json(one_entry())
    assert len(parse(content.replace(b'"USD":[', b'"USD":[],"USD":[')).records) == 1
    for twice in (b'"units":{', b'"accn":'):
        first = b'"units":{},"units":{' if twice == b'"units":{' else b'"accn":"0009990001-24-000009","accn":'
        with pytest.raises((SourceDrifted, SourceEmpty)):
            parse(content.replace(twice, first))


def test_a_missing_member_reads_as_null_where_it_may_be_missing() -> None:
    body = one_entry()
    entry = body["facts"]["us-gaap"][doc.CAPEX]["units"]["USD"][0]
    del entry["fy"], entry["fp"]
    (row,) = rows(parse(body))
    assert (row["fiscal_year"], row["fiscal_period"], row["frame"]) == (None, None, None)


@pytest.mark.parametrize(
    ("asked", "name"), [("0009990002", doc.NAME), (doc.CIK, "Other Mining Corp."), (doc.CIK, "Test Mine")]
)
def test_another_registrant_is_refused(asked: str, name: str) -> None:
    with pytest.raises(IdentityMismatch):
        parse(doc.plain_year().company_facts(), cik=asked, name=name)


@pytest.mark.parametrize(
    ("depth", "value"), [*product(range(1, 6), (None, "text", {"a": 1})), *product(range(1, 5), ([1],))]
)
def test_a_document_of_another_shape_is_refused_whole(depth: int, value: object) -> None:
    """What DuckDB would read as nothing must not vanish."""
    body: dict[str, Any] = doc.plain_year().company_facts()
    *above, last = ("facts", "us-gaap", doc.CAPEX, "units", "USD")[:depth]
    place = body
    for name in above:
        place = place[name]
    place[last] = value
    with pytest.raises(SourceDrifted):
        parse(body)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", SourceEmpty),
        (b"<html>blocked</html>", SourceDamaged),
        (doc.as_json(doc.plain_year().company_facts())[:-20], SourceDamaged),
        (b'{"cik":9990001,"entityName":"\xff\xfe"}', SourceDamaged),
        (b"[1]", SourceDrifted),
        (b"{}", SourceDrifted),
        (doc.as_json({"cik": int(doc.CIK), "entityName": doc.NAME, "facts": {}}), SourceEmpty),
    ],
)
def test_bytes_that_are_no_document_are_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(content)


def lake_bytes(lake: Lake) -> dict[str, bytes]:
    return {Path(path).parent.name: Path(path).read_bytes() for path in lake.files(FACT)}


def land(batches: list[Batch]) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Storage(Path(folder) / "lake"))
        for batch in batches:
            lake.promote(stage_one(lake, batch, Path(folder) / "staged", NOW))
        assert lake.verify(FACT) == []
        return lake_bytes(lake)


def shuffled(document: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The same facts with taxonomies, concepts, units and entries in another order."""

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            members = [(name, mixed(member)) for name, member in value.items()]
            chance.shuffle(members)
            return dict(members)
        return chance.sample([mixed(one) for one in value], len(value)) if isinstance(value, list) else value

    return {**document, "facts": mixed(document["facts"])}


@settings(max_examples=6)
@given(
    seed=st.integers(0, 2**32),
    names=st.lists(st.sampled_from(sorted(doc.STORIES)), min_size=1, max_size=4, unique=True),
)
def test_any_order_and_any_repetition_gives_the_same_lake(seed: int, names: list[str]) -> None:
    """Issuers in any order, facts in any order within a document, documents again: the same bytes."""
    chance = random.Random(seed)
    ciks = {name: f"{9_990_100_000 + number}" for number, name in enumerate(names)}

    def batch(name: str, mix: bool) -> Batch:
        body = doc.company_facts(doc.STORIES[name]().facts, cik=ciks[name])
        return parse(shuffled(body, chance) if mix else body, cik=ciks[name])

    plain = land([batch(name, False) for name in names])
    replayed = [*names, *chance.choices(names, k=3)]
    chance.shuffle(replayed)
    assert land([batch(name, True) for name in replayed]) == plain
    assert set(plain) == {f"cik={cik}" for cik in ciks.values()}


@settings(max_examples=5)
@given(cuts=st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_growing_documents_end_where_the_last_one_alone_does(cuts: list[int]) -> None:
    """Company facts read after each filing, some days twice, leave the lake that one read of the last leaves."""
    facts = doc.represented_comparative().facts
    stages = [facts[:cut] for cut in sorted(cuts)] + [facts]
    assert land([parse(doc.company_facts(stage)) for stage in stages]) == land([parse(doc.company_facts(facts))])


@pytest.mark.shared
@pytest.mark.parametrize(("name", "cik", "registrant"), DATA["recorded"])
def test_a_recorded_document_comes_through_whole(shared: Path, name: str, cik: str, registrant: str) -> None:
    """Row by row against a plain reading of the same JSON."""
    content = (shared / "data" / "sec" / name).read_bytes()
    batch = parse_company_facts(fetch(cik), content, "REAL", cik, NO_FILINGS, names={registrant})()
    assert list(batch.rejected) == []
    expected = {
        (taxonomy, concept, unit, e.get("start"), e["end"], e["accn"]): (
            float(e["val"]), e["fy"], e["fp"], e["form"], e["filed"], e.get("frame")
        )
        for taxonomy, concepts in json.loads(content)["facts"].items()
        for concept, body in concepts.items()
        for unit, entries in body["units"].items()
        for e in entries
    }  # fmt: skip
    found = {}
    for row in rows(batch):
        start = str(row["period_start_date"]) if row["period_type"] == "duration" else None
        key = (row["taxonomy"], row["concept"], row["unit"], start, str(row["period_end_date"]), row["accession"])
        filing = (row["fiscal_year"], row["fiscal_period"], row["form"], str(row["filed_date"]))
        found[key] = (row["value"], *filing, row["frame"])
    assert found == expected
