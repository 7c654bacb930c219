"""Frozen CSV files: whole or refused, with the reason and what to do."""

from __future__ import annotations

import gzip

import pytest

from ingestion import errors
from ingestion.errors import SourceDamaged
from ingestion.landing.delimited import read_lines, read_rows
from tests.tables import tables

DATA = tables(__file__)

COLUMNS = ("day", "value")


def rows(content: bytes, source: str = "bundle/x.csv") -> list[tuple[int, dict[str, str]]]:
    return list(read_rows(source, content, COLUMNS))


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    assert rows(b"day,value\na,1\n\nb, 2 \n") == [(2, {"day": "a", "value": "1"}), (4, {"day": "b", "value": "2"})]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfday,value\na,1\n", b"day,value\r\na,1\r\n", b"day,value\na,1"])
def test_marks_and_line_ends_of_other_editors_do_not_matter(content: bytes) -> None:
    assert rows(content) == [(2, {"day": "a", "value": "1"})]


@pytest.mark.parametrize(("content", "error", "said"), DATA["refused"])
def test_other_content_is_refused_with_the_reason(content: str, error: str, said: str) -> None:
    with pytest.raises(getattr(errors, error), match=said) as caught:
        rows(content.encode("latin-1"))
    assert str(caught.value).startswith("bundle/x.csv: ")
    assert "git checkout" in caught.value.remedy


def test_a_gzip_file_is_whole_or_refused() -> None:
    packed = gzip.compress(b"day,value\n" + b"a,1\n" * 100)
    assert len(rows(packed, "x.csv.gz")) == 100
    for harmed, said in (
        (packed[:-9], "truncated"),
        (b"plain", "damaged"),
        (packed[:30] + b"\0\0" + packed[32:], "damaged"),
    ):
        with pytest.raises(SourceDamaged, match=said):
            rows(harmed, "x.csv.gz")


@pytest.mark.parametrize(("content", "line", "column", "reason", "remedy"), DATA["done_by_a_person"])
def test_what_a_person_did_to_the_file_is_told_by_its_place(
    content: str, line: int, column: str, reason: str, remedy: str
) -> None:
    (one,) = read_lines(content.encode("latin-1"), COLUMNS).problems
    assert (one.line, one.column) == (line, column)
    assert reason in one.reason and remedy in one.remedy and "estore" not in one.remedy


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(SourceDamaged, match="more than 64 MiB"):
        rows(gzip.compress(b"\0" * (65 * 2**20)), "x.csv.gz")
