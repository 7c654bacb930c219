"""A contract is data: what is written in yml is what stands in the table, and a mistake is told by file and field."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from ingestion.contracts.contract import Partition
from ingestion.contracts.read import FOLDER, SHARED_FILE, ContractError, read_tables
from tests.tables import tables

DATA = tables(__file__)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Contracts of two tables beside the shared columns and the issuers that these name."""
    for name in (SHARED_FILE, "raw_ledger__issuer.yml"):
        shutil.copy(FOLDER / name, tmp_path / name)
    (tmp_path / "raw_a__place.yml").write_text(DATA["place"])
    (tmp_path / "raw_a__visit.yml").write_text(DATA["visit"])
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


@pytest.mark.parametrize(("right", "wrong", "said"), DATA["mistakes"])
def test_a_mistake_is_told_by_file_and_field(folder: Path, right: str, wrong: str, said: str) -> None:
    file = folder / "raw_a__place.yml"
    assert right in DATA["place"]
    file.write_text(DATA["place"].replace(right, wrong))
    with pytest.raises(ContractError) as caught:
        read_tables(folder)
    assert str(caught.value).startswith("raw_a__place.yml: ") and said in str(caught.value)


def test_tables_that_wait_for_each_other_are_told(folder: Path) -> None:
    (folder / "raw_a__place.yml").write_text(DATA["place"].replace("key:", "after: [raw_a__visit]\nkey:"))
    with pytest.raises(ContractError, match="raw_a__place waits for raw_a__visit"):
        read_tables(folder)
