"""Decisions about numbers: written whole or not at all, into a file that a person may edit as well."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import SourceDamaged, SourceMissing
from ingestion.ledger.decisions import record_decisions
from ingestion.ledger.folder import check_folder
from tests.tables import tables
from tests.unit.ledgerrows import render

DATA = tables(__file__)

NOW = datetime(2025, 9, 1, 12)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "decision.csv"
    path.write_bytes(render("decision", {}))
    return path


def problems(file: Path) -> list[str]:
    return [one.reason for name, one in check_folder(file.parent, NOW).problems if name == file.name and one.line]


def test_a_decision_is_a_row_below_the_others(file: Path) -> None:
    before = file.read_bytes()
    assert record_decisions(file.parent, [DATA["good"]], NOW) == file
    assert file.read_bytes().startswith(before)
    assert '"Reader, ""A.""",2025-09-01T12:00:00Z' in file.read_text(encoding="utf-8")
    assert problems(file) == []
    assert [one.name for one in file.parent.iterdir()] == [file.name]


def test_a_file_whose_last_line_does_not_end_is_ended(file: Path) -> None:
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    record_decisions(file.parent, [DATA["good"]], NOW)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3
    assert problems(file) == []


@pytest.mark.parametrize(("wrong", "said"), DATA["wrong"])
def test_a_row_that_breaks_a_rule_leaves_the_file_as_it_is(file: Path, wrong: dict[str, Any], said: str) -> None:
    before = file.read_bytes()
    with pytest.raises(SourceDamaged, match=said):
        record_decisions(file.parent, [DATA["good"], {**DATA["good"], "span_start": 11, **wrong}], NOW)
    assert file.read_bytes() == before


def test_a_file_that_is_not_there_has_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="HASHWATT_LEDGER"):
        record_decisions(tmp_path / "nowhere", [DATA["good"]], NOW)


def test_what_a_person_edits_is_judged(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(",13,", ",9,"), encoding="utf-8")
    assert problems(file) == ["span_end 9 is before span_start 10"]
