"""`query --format xlsx|parquet|arrow`: read back as the programs that take them do."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from orchestration.errors import QueryRefused
from orchestration.export.files import write_xlsx
from orchestration.settings import Settings
from tests.faults.publication_kit import ROWS, process_env

HASHWATT = [sys.executable, "-m", "orchestration.cli.main"]
ODD = """
select '=1+1' as formula, '+1' as formula, '-x' as minus, '@SUM(A1)' as at, e'\\tx' as tab, 'plain' as plain, 'https://example.org' as page,
    '007' as digits, '' as empty, null as nothing, -5 as negative, 0.1::double as ratio, 'nan'::double as nan, true as flag,
    9223372036854775807 as big, 1.10::decimal(18, 4) as amount, 12345678901234.5678::decimal(18, 4) as exact,
    date '2025-01-02' as day, date '1899-12-31' as old, timestamp '2025-01-02 03:04:05' as moment, [1, 2] as list
"""
NAMES = "formula formula_2 minus at tab plain page digits empty nothing negative ratio nan flag big amount exact day old moment list"


def query(settings: Settings, sql: str, style: str, target: Path, *more: str) -> Path:
    """Through a pipe, which cannot be sought in."""
    command = [*HASHWATT, "query", sql, "--format", style, *more]
    done = subprocess.run(command, env=process_env(settings), capture_output=True)
    assert done.returncode == 0, done.stderr
    target.write_bytes(done.stdout)
    return target


def cells(file: Path) -> dict[str, tuple[str, str]]:
    """Type and content of each cell of the sheet, and that none of them is a formula or a link."""
    with zipfile.ZipFile(file) as book:
        assert book.testzip() is None
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    tags = {re.sub(r"{.*}", "", one.tag) for one in sheet.iter()}
    assert not tags & {"f", "hyperlink", "hyperlinks"}
    found = {}
    for cell in sheet.iterfind(".//{*}c"):
        if len(cell):
            found[cell.attrib["r"]] = cell.attrib.get("t", "n"), "".join(cell.itertext())
    return found


def test_a_sheet_holds_text_as_text_and_numbers_as_numbers(settings: Settings, tmp_path: Path) -> None:
    found = cells(query(settings, ODD, "xlsx", tmp_path / "odd.xlsx"))
    assert [found[f"{letter}1"][1] for letter in "ABCDEFGHIJKLMNOPQRSTU"] == NAMES.split()
    assert [found.get(f"{letter}2") for letter in "ABCDEFGHIJKLMNOPQRSTU"] == [
        *(
            ("inlineStr", text)
            for text in ("=1+1", "+1", "-x", "@SUM(A1)", "\tx", "plain", "https://example.org", "007")
        ),
        ("inlineStr", ""),
        None,
        ("n", "-5"),
        ("n", "0.1"),
        None,
        ("b", "1"),
        ("inlineStr", "9223372036854775807"),
        ("n", "1.1"),
        ("inlineStr", "12345678901234.5678"),
        ("n", "45659"),
        ("inlineStr", "1899-12-31"),
        ("n", "45659.12783564815"),
        ("inlineStr", "[1, 2]"),
    ]


def test_what_a_sheet_does_not_hold_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as out:
        for columns, rows in (
            (["a"] * 16_385, []),
            (["a"], [("x" * 32_768,)]),
            (["a"], ((None,) for _ in range(1_048_576))),
        ):
            with pytest.raises(QueryRefused, match=r"sheet holds|cell holds") as raised:
                write_xlsx(columns, rows, out)
            assert "parquet" in raised.value.remedy
        write_xlsx(["a"], ((None,) for _ in range(1_048_575)), out)


@pytest.mark.parametrize("style", ["parquet", "arrow"])
def test_columns_come_back_under_their_types(style: str, settings: Settings, tmp_path: Path) -> None:
    read = pq.read_table if style == "parquet" else feather.read_table
    table = read(query(settings, "from fct_day order by 1", style, tmp_path / "day"))
    assert table.num_rows == ROWS
    assert table.schema.names == ["day_date", "marker", "is_open", "price_usd"]
    assert table.schema.types == [pa.date32(), pa.int64(), pa.bool_(), pa.decimal128(18, 4)]
    assert table.slice(1, 1).to_pylist() == [
        {"day_date": date(2025, 1, 2), "marker": 1, "is_open": False, "price_usd": Decimal("1.0000")}
    ]
    odd = read(query(settings, ODD, style, tmp_path / "odd"))
    assert odd.schema.names == NAMES.split()
    (row,) = odd.to_pylist()
    assert (row["formula"], row["big"], row["nothing"]) == ("=1+1", 2**63 - 1, None)
    assert row["moment"] == datetime(2025, 1, 2, 3, 4, 5)
    none = read(query(settings, "from mart_book where false", style, tmp_path / "none"))
    assert none.num_rows == 0 and none.schema.names[0] == "issuer"


@pytest.mark.slow
@pytest.mark.parametrize("style", ["xlsx", "parquet", "arrow"])
def test_more_rows_than_a_batch_under_little_memory(style: str, settings: Settings, tmp_path: Path) -> None:
    many = "select i, 'row ' || i as name from range(70000) t(i)"
    file = query(settings, many, style, tmp_path / "many", "--memory", "150MB")
    if style == "xlsx":
        found = cells(file)
        assert found["A70001"] == ("n", "69999") and found["B70001"] == ("inlineStr", "row 69999")
    else:
        table = (pq.read_table if style == "parquet" else feather.read_table)(file)
        assert table["i"].to_pylist() == list(range(70_000))


def test_a_terminal_gets_no_bytes(settings: Settings) -> None:
    style = "parquet"
    master, terminal = pty.openpty()
    command = [*HASHWATT, "query", "select 1", "--format", style]
    done = subprocess.run(command, env=process_env(settings), stdout=terminal, stderr=subprocess.PIPE, text=True)
    os.close(terminal)
    try:
        shown = os.read(master, 100)
    except OSError:
        shown = b""
    os.close(master)
    assert done.returncode == 2 and f"> result.{style}" in done.stderr and shown == b""


def test_a_refusal_is_a_line_and_no_file(settings: Settings) -> None:
    command = [*HASHWATT, "query", "select unknown", "--format", "parquet"]
    done = subprocess.run(command, env=process_env(settings), capture_output=True)
    assert done.returncode == 6 and done.stdout == b"" and done.stderr.startswith(b"error: ")
