"""Frozen CSV files: whole or refused, with the reason and what to do."""

from __future__ import annotations

import gzip

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.landing.delimited import read_lines, read_rows

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
        (b"day,amount\na,1\n", SourceDrifted, "line 1, column value: column value is missing"),
        (b"day,value\na,1,2\n", SourceDamaged, "line 2: the line has 3 cells, the header 2"),
        (b"day,value\n\xff,1\n", SourceDamaged, "not UTF-8"),
        (b'day,value\n"a,1\n', SourceDamaged, "line"),
        (b"<html>busy</html>", SourceDrifted, "no column <html>"),
    ],
)
def test_other_content_is_refused_with_the_reason(content: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        rows(content)
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


CP1252 = "the line is not UTF-8 text; it reads 'café' if the file was saved as windows-1252"


@pytest.mark.parametrize(
    ("content", "line", "column", "reason", "remedy"),
    [
        (b"day,value\na,1\nin a caf\xe9,2\n", 3, "day", CP1252, "CSV UTF-8"),
        (b'day,value\na,"x, caf\xe9"\n', 2, "value", CP1252, "CSV UTF-8"),
        (
            b"day,value\na\n",
            2,
            "",
            "1 cells, the header 2: its last, 'a', stands in column day",
            "commas that are missing",
        ),
        (b"day,value\na,1,2\n", 2, "", "the line has 3 cells, the header 2", "double quotes"),
        (b'day,value\nb,0\na,"1\nc,2\n', 3, "", "the line is no CSV", "close the double quote"),
        (b"day;value\na;1\n", 1, "", "semicolons stand between the cells", "commas between the cells"),
        (b"sep=;\nday;value\n", 1, "", "'sep=;' is a spreadsheet's mark", "take the line out"),
        (b"value,day\n1,a\n", 1, "value", "value stands where day belongs", "put day first"),
    ],
)
def test_what_a_person_did_to_the_file_is_told_by_its_place(
    content: bytes, line: int, column: str, reason: str, remedy: str
) -> None:
    (one,) = read_lines(content, COLUMNS).problems
    assert (one.line, one.column) == (line, column)
    assert reason in one.reason and remedy in one.remedy and "estore" not in one.remedy


def test_a_gzip_bomb_is_refused() -> None:
    with pytest.raises(SourceDamaged, match="more than 64 MiB"):
        rows(gzip.compress(b"\0" * (65 * 2**20)), "x.csv.gz")
