"""A contract is data: what is written in yml is what stands in the table, and a mistake is told by file and field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.contracts.contract import Partition
from ingestion.contracts.read import FOLDER, SHARED_FILE, ContractError, read_tables

PLACE = """\
description: Places by the day they opened.
group: calendar
key: [place, opened_date]
partition: {year: opened_date}
columns:
  - name: place
    type: varchar
    nullable: false
    pattern: '[a-z]+'
    description: Name of the place.
  - name: opened_date
    type: date
    nullable: false
    description: Day it opened.
  - name: load_mw
    type: double
    unit: MW
    positive: true
    maximum: 1000
    description: Load.
"""
VISIT = """\
description: Visits.
group: ledger
key: [issuer, place]
partition: whole
after: [raw_a__place, raw_ledger__issuer]
may_be_empty: true
columns:
  - issuer
  - name: place
    type: varchar
    nullable: false
    references: raw_a__place.place
    wildcard: '*'
    allowed: [x, y]
    description: Place.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Contracts of two tables beside the shared columns and the issuers that these name."""
    for name in (SHARED_FILE, "raw_ledger__issuer.yml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    (tmp_path / "raw_a__place.yml").write_text(PLACE)
    (tmp_path / "raw_a__visit.yml").write_text(VISIT)
    return tmp_path


def test_a_table_is_what_its_file_says(folder: Path) -> None:
    tables = read_tables(folder)
    assert list(tables) == ["raw_a__place", "raw_a__visit", "raw_ledger__issuer"]
    place, visit = tables["raw_a__place"], tables["raw_a__visit"]
    assert (place.description, place.group) == ("Places by the day they opened.", "calendar")
    assert (place.key, place.partition) == (("place", "opened_date"), Partition("year", "opened_date"))
    assert (place.after, place.may_be_empty) == ((), False)
    load = place.column("load_mw")
    assert (load.type, load.sql_type, load.unit, load.nullable) == (pa.float64(), "double", "MW", True)
    assert (load.positive, load.minimum, load.maximum) == (True, None, 1000)
    assert place.column("place").pattern == "[a-z]+" and not place.column("place").nullable
    assert [c.name for c in place.columns[3:]] == [
        "known_at_utc",
        "ingested_at_utc",
        "source",
        "source_sha256",
        "parser_version",
    ]
    assert (visit.after, visit.may_be_empty, visit.partition) == (
        ("raw_a__place", "raw_ledger__issuer"),
        True,
        Partition("whole"),
    )
    named = visit.column("place")
    assert (named.references, named.wildcard, named.allowed) == ("raw_a__place.place", "*", ("x", "y"))
    assert visit.column("issuer").references == "raw_ledger__issuer.issuer", "a shared column is known by its name"
    assert [c.name for c in visit.own_columns][-5:] == [
        "citation",
        "confidence",
        "known_at_basis",
        "note",
        "source_line",
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("key: [place, opened_date]\n", "", "key: is missing"),
        ("group: calendar", "grup: calendar", "grup: no contract has this field"),
        ("group: calendar", "group: calendar\ngroup: sec", "a field stands twice"),
        ("key: [place, opened_date]", "key: place", "key: Input should be a valid list, not 'place'"),
        ("key: [place, opened_date]", "key: [place, city]", "city is not a column"),
        (
            "key: [place, opened_date]",
            "key: [load_mw]",
            "load_mw is part of the key or the partition and may not be null",
        ),
        ("{year: opened_date}", "year", "a partition by month, year or value names its column"),
        ("{year: opened_date}", "{value: opened_date}", "opened_date names files and has no pattern"),
        ("    maximum: 1000", "    maximum: much", "column load_mw: maximum: Input should be a valid number"),
        ("type: double", "type: float", "column load_mw: type: Input should be varchar, double, bigint"),
        ("description: Load.", "description: Load", "column load_mw: the description is not a sentence"),
        ("    description: Load.\n", "", "column load_mw: description: is missing"),
        ("'[a-z]+'", "'[a-z'", "column place: the pattern is no regular expression"),
        ("  - name: load_mw", "  - name: place", "a column is declared twice"),
        (
            "  - name: opened_date",
            "  - place_date\n  - name: opened_date",
            "place_date is not among the shared columns",
        ),
        ("{year: opened_date}", "{year: [}", "while parsing a flow"),
        ("key: ", "after: [raw_a__nowhere]\nkey: ", "after: there is no contract of raw_a__nowhere"),
        (
            "'[a-z]+'",
            "'[a-z]+'\n    references: raw_a__visit.name",
            "references raw_a__visit.name, which does not exist",
        ),
        (
            "'[a-z]+'",
            "'[a-z]+'\n    references: raw_a__visit.place",
            "after: raw_a__visit is missing, which column place",
        ),
        ("'[a-z]+'", "'[a-z]+'\n    wildcard: '*'", "column place: a wildcard stands for all rows"),
    ],
)
def test_a_mistake_is_told_by_file_and_field(folder: Path, right: str, wrong: str, said: str) -> None:
    file = folder / "raw_a__place.yml"
    assert right in PLACE
    file.write_text(PLACE.replace(right, wrong))
    with pytest.raises(ContractError) as caught:
        read_tables(folder)
    assert str(caught.value).startswith("raw_a__place.yml: ") and said in str(caught.value)


def test_tables_that_wait_for_each_other_are_told(folder: Path) -> None:
    (folder / "raw_a__place.yml").write_text(PLACE.replace("key:", "after: [raw_a__visit]\nkey:"))
    with pytest.raises(ContractError, match="raw_a__place waits for raw_a__visit"):
        read_tables(folder)
