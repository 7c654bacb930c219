"""EDGAR's own form read at fixed places: the same as the general parser reads, or not read at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from ingestion.contracts.contract import DATE, TEXT
from ingestion.edgar.facts_form import read_form
from ingestion.edgar.facts_json import FactsDocument, read_json
from ingestion.errors import IngestionError
from tests.edgar import documents as doc

RECORDED = (
    "api_xbrl_companyfacts_CIK0000320193.json",
    "api_xbrl_companyfacts_CIK0001045810.json",
    "api_xbrl_companyfacts_CIK0001652044.json",
    "api_xbrl_companyfacts_CIK0001835632.json",
    "companyfacts_CIK0001050446_MSTR.json",
)
PLAIN = doc.as_json(doc.company_facts([*doc.year(), doc.Fact(doc.Q1, doc.CASH, "2024-03-31", -0.5, frame="CY2024Q1I")]))
FIRST = (
    b'{"start":"2024-01-01","end":"2024-03-31","val":100,"accn":"0009990001-24-000001",'
    b'"fy":2024,"fp":"Q1","form":"10-Q","filed":"2024-05-02"}'
)


def plain(document: FactsDocument) -> dict[str, Any]:
    """Everything in a document as Python values, dates as dates and texts written out."""
    columns = {
        name: pc.cast(column, DATE) if name in ("start", "end", "filed") else column
        for name, column in document.columns.items()
    }
    listed = {name: pc.cast(c, TEXT) if pa.types.is_dictionary(c.type) else c for name, c in columns.items()}
    return {
        "who": (document.cik, document.name),
        "lists": [part.to_pylist() for part in (document.taxonomy, document.concept, document.unit)],
        "list of each": document.unit_of_entry.to_pylist(),
        **{name: [repr(value) for value in column.to_pylist()] for name, column in listed.items()},
    }


def both(content: bytes) -> tuple[FactsDocument | None, dict[str, Any]]:
    return read_form(content), plain(read_json("test", content))


def with_value(written: str) -> bytes:
    return PLAIN.replace(b'"val":100,', b'"val":' + written.encode() + b",", 1)


def test_the_documents_of_these_tests_are_in_edgars_form() -> None:
    assert FIRST in PLAIN
    read, expected = both(PLAIN)
    assert read is not None and plain(read) == expected
    assert expected["val"] == ["100.0", "250.0", "450.0", "700.0", "-0.5"]


@pytest.mark.parametrize("story", sorted(doc.STORIES))
def test_every_story_reads_as_the_general_parser_reads_it(story: str) -> None:
    read, expected = both(doc.as_json(doc.STORIES[story]().company_facts()))
    assert read is not None and plain(read) == expected


@pytest.mark.shared
@pytest.mark.parametrize("name", RECORDED)
def test_every_recorded_document_is_in_this_form_and_reads_the_same(shared: Path, name: str) -> None:
    read, expected = both((shared / "data" / "sec" / name).read_bytes())
    assert read is not None and plain(read) == expected


@given(
    st.one_of(
        st.integers(-(10**22), 10**22).map(str),
        st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12).map("{:f}".format),
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.from_regex(r"-?[0-9]{1,17}\.[0-9]{1,17}", fullmatch=True),
        st.from_regex(r"-?[0-9.eE+-]{1,12}", fullmatch=True),
    )
)  # fmt: skip
@settings(max_examples=400, deadline=None)
@example("999999999999999")
@example("9999999999999999")
@example("123456789012345.6")
@example("0.000000000000001")
@example("-12345678.87654321")
@example("1.")
@example(".5")
@example("-")
@example("0")
@example("-0")
@example("00.5")
def test_a_number_is_the_nearest_double_to_what_is_written(written: str) -> None:
    read = read_form(with_value(written))
    try:
        value = json.loads(written)
    except ValueError:
        assert read is None
        return
    if read is None:
        # What this form leaves to the general parser is rare: a minus before nought, more than a double holds.
        assert float(value) in (0.0, float("inf"), float("-inf")) or len(written) > 15
        return
    assert repr(read.columns["val"][0].as_py()) == repr(float(value))


def test_numbers_as_companies_write_them_are_in_this_form() -> None:
    for written in ("5", "-5", "0", "0.57", "-480.75", "352583000000", "-999999999999999", "1.0E10", "0.0000000001"):
        read = read_form(with_value(written))
        assert read is not None and read.columns["val"][0].as_py() == float(written)


OTHER_FORMS = {
    "a blank": (b'"val":100', b'"val": 100'),
    "members in another order": (b'"fy":2024,"fp":"Q1"', b'"fp":"Q1","fy":2024'),
    "a member more": (b'"form":"10-Q"', b'"form":"10-Q","note":"x"'),
    "a member twice": (b'"form":"10-Q"', b'"form":"10-Q","form":"10-K"'),
    "no filing day": (b',"filed":"2024-05-02"', b""),
    "a day that no calendar has": (b'"end":"2024-03-31"', b'"end":"2024-02-30"'),
    "a month that no calendar has": (b'"end":"2024-03-31"', b'"end":"2024-13-01"'),
    "a year as text": (b'"fy":2024', b'"fy":"24"'),
    "a year that begins with nought": (b'"fy":2024', b'"fy":0204'),
    "a long period": (b'"fp":"Q1"', b'"fp":"H1X"'),
    "an accession with a letter": (b"0009990001-24", b"000999000X-24"),
    "a form with an escape": (b'"form":"10-Q"', b'"form":"10\\u002dQ"'),
    "a form without a name": (b'"form":"10-Q"', b'"form":""'),
    "a form of eleven letters": (b'"form":"10-Q"', b'"form":"ABCDEFGHIJK"'),
    "a filing day that no calendar has": (b'"filed":"2024-05-02"', b'"filed":"2024-02-30"'),
    "a filing day that does not end": (b'"filed":"2024-05-02"', b'"filed":"2024-05-02T'),
    "a frame of another form": (b'"frame":"CY2024Q1I"', b'"frame":"FY2024Q1I"'),
    "a frame that does not end": (b'"frame":"CY2024Q1I"', b'"frame":"CY2024Q1IX"'),
    "a form beyond ASCII": (b'"form":"10-Q"', '"form":"10-Ü"'.encode()),
    "a form with a nought byte behind it": (b'"form":"10-Q"', b'"form":"10-Q\x00"'),
    "a period with a nought byte behind it": (b'"fp":"Q1"', b'"fp":"Q\x00"'),
    "a true": (b'"val":100', b'"val":true'),
    "an entry that is no object": (b"[" + FIRST, b"[7," + FIRST),
    "an empty list": (b"[" + FIRST, b'[],"EUR":[' + FIRST),
    "a unit that stands twice": (b"[" + FIRST, b"[" + FIRST + b'],"USD":[' + FIRST),
    "two entries in one": (FIRST + b",", FIRST),
    "no comma between two entries": (FIRST + b",", FIRST + b";"),
    "an entry that does not end": (b'"frame":"CY2024Q1I"}', b'"frame":"CY2024Q1I",'),
    "a list that does not end": (b"}]}", b"}}"),
    "entries outside of the facts": (PLAIN[-9:], PLAIN[-9:-1] + b',"more":[' + FIRST + b"]}"),
    "no facts": (b'"facts":', b'"acts":'),
    "a CIK as text": (b'"cik":9990001', b'"cik":"0009990001"'),
    "a name that is none": (json.dumps(doc.NAME).encode(), b"null"),
    "bytes that are no text": (doc.NAME.encode(), b"\xff\xfe"),
}


OF_THIS_FORM = {
    "a form of ten letters": (b'"form":"10-Q"', b'"form":"ABCDEFGHIJ"'),
    "a form of one letter": (b'"form":"10-Q"', b'"form":"D"'),
    "a year and a period that are null": (b'"fy":2024,"fp":"Q1"', b'"fy":null,"fp":null'),
    "a frame of a year": (b'"frame":"CY2024Q1I"', b'"frame":"CY2024"'),
    "a frame of a quarter": (b'"frame":"CY2024Q1I"', b'"frame":"CY2024Q1"'),
    "a day of a leap year": (b'"end":"2024-03-31"', b'"end":"2024-02-29"'),
    "one entry more of another filing day": (FIRST, FIRST + b"," + FIRST.replace(b"2024-05-02", b"2024-05-03")),
    "one entry more of another accession": (FIRST, FIRST + b"," + FIRST.replace(b"-000001", b"-000009")),
    "one entry more of another start": (FIRST, FIRST + b"," + FIRST.replace(b"2024-01-01", b"2024-01-02")),
}


@pytest.mark.parametrize("change", OF_THIS_FORM)
def test_what_edgar_writes_seldom_reads_as_the_general_parser_reads_it(change: str) -> None:
    was, now = OF_THIS_FORM[change]
    assert was in PLAIN
    read, expected = both(PLAIN.replace(was, now, 1))
    assert read is not None and plain(read) == expected


@pytest.mark.parametrize("change", OTHER_FORMS)
def test_a_document_of_another_form_is_left_to_the_general_parser(change: str) -> None:
    was, now = OTHER_FORMS[change]
    assert was in PLAIN
    assert read_form(PLAIN.replace(was, now, 1)) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"end":"', b'{"end":"2024-01-01"}', b'{"start":"' * 40])
def test_what_is_no_document_at_all_is_left_to_the_general_parser(content: bytes) -> None:
    assert read_form(content) is None


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_a_document_with_bytes_changed_reads_the_same_or_not_at_all(data: st.DataObject) -> None:
    """Whatever is done to it, no other number ever comes of it than the general parser finds."""
    begin = data.draw(st.integers(0, len(PLAIN)))
    end = data.draw(st.integers(begin, min(len(PLAIN), begin + 12)))
    pieces = st.sampled_from(
        [b'"', b",", b"{", b"}", b"[", b"]", b":", b"0", b"9", b"-", b".", b"e", b"\\", b" ", FIRST]
    )
    put = b"".join(data.draw(st.lists(pieces | st.binary(min_size=1, max_size=2), max_size=3)))
    content = PLAIN[:begin] + put + PLAIN[end:]
    assume(content != PLAIN)
    read = read_form(content)
    if read is None:
        return
    try:
        expected = plain(read_json("test", content))
    except IngestionError as error:
        pytest.fail(f"the general parser refuses what was read: {error}")
    assert plain(read) == expected
