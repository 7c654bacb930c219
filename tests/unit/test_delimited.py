"""Frozen CSV files: whole or refused, with the reason and what to do."""

from __future__ import annotations

import gzip

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.landing.delimited import read_rows

COLUMNS = ("day", "value")


def rows(content: bytes, source: str = "bundle/x.csv") -> list[tuple[int, dict[str, str]]]:
    return list(read_rows(source, content, COLUMNS))


def test_lines_are_numbered_as_an_editor_shows_them() -> None:
    assert rows(b"day,value\na,1\n\nb, 2 \n") == [(2, {"day": "a", "value": "1"}), (4, {"day": "b", "value": "2"})]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfday,value\na,1\n", b"day,value\r\na,1\r\n", b"day,value\na,1"])
def test_marks_and_line_ends_of_other_editors_do_not_matter(content: bytes) -> None:
    assert rows(content) == [(2, {"day": "a", "value": "1"})]


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", SourceEmpty, "empty"),
        (b"day,value\n", SourceEmpty, "no rows"),
        (b"day,value\n\n , \n", SourceEmpty, "no rows"),
        (b"day,amount\na,1\n", SourceDrifted, "missing: \\['value'\\]"),
        (b"day,value\na,1,2\n", SourceDamaged, "line 2 has 3 cells"),
        (b"day,value\n\xff,1\n", SourceDamaged, "not UTF-8"),
        (b'day,value\n"a,1\n', SourceDamaged, "line"),
        (b"<html>busy</html>", SourceDrifted, "columns"),
    ],
)
def test_other_content_is_refused_with_the_reason(content: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        rows(content)
    assert str(caught.value).startswith("bundle/x.csv: ")


def test_a_header_alone_is_a_table_where_one_without_rows_says_something() -> None:
    assert list(read_rows("bundle/x.csv", b"day,value\n", COLUMNS, may_be_empty=True)) == []
    with pytest.raises(SourceEmpty):
        list(read_rows("bundle/x.csv", b"", COLUMNS, may_be_empty=True))


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


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(SourceDamaged, match="more than 64 MiB"):
        rows(gzip.compress(b"\0" * (65 * 2**20)), "x.csv.gz")
