"""Marks of what a table has taken in: promoted with the partitions, gone with any of them, and no byte where there are none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from ingestion.contracts import MARKET_BAR
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from tests.unit.rawrows import NOW, bar

JANUARY, FEBRUARY = date(2025, 1, 6), date(2025, 2, 3)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Storage(tmp_path / "lake"))


def put(lake: Lake, folder: Path, days: list[date], applied: Mapping[str, str]) -> None:
    rows = [bar(day) for day in days]
    batch = Batch(MARKET_BAR, rows, sources=frozenset({"unit/bars"}), snapshot=False, applied=applied)
    lake.promote(lake.stage(batch, folder / "staging", NOW))


def manifest(folder: Path) -> Path:
    return folder / "lake" / MARKET_BAR.name / "manifest.json"


def test_marks_are_promoted_with_the_rows_and_add_up(lake: Lake, tmp_path: Path) -> None:
    assert lake.applied(MARKET_BAR) == {}
    staged = lake.stage(Batch(MARKET_BAR, [bar(JANUARY)], applied={"a": "1"}), tmp_path / "staging", NOW)
    assert lake.applied(MARKET_BAR) == {}
    lake.promote(staged)
    put(lake, tmp_path, [FEBRUARY], {"b": "7"})
    put(lake, tmp_path, [FEBRUARY], {})
    assert lake.applied(MARKET_BAR) == {"a": "1", "b": "7"}
    put(lake, tmp_path, [], {"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "2", "b": "7"}
    assert lake.read(MARKET_BAR).num_rows == 2


def test_a_manifest_without_marks_has_no_place_for_them(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [JANUARY], {})
    facts = json.loads(manifest(tmp_path).read_bytes())
    assert sorted(facts) == ["partitions", "table"]
    assert manifest(tmp_path).read_text() == json.dumps(facts, indent=1, sort_keys=True)


def test_an_empty_table_keeps_its_marks(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [], {"a": "1"})
    lake.initialise(MARKET_BAR)
    assert lake.applied(MARKET_BAR) == {"a": "1"}
    assert len(lake.files(MARKET_BAR)) == 1
    put(lake, tmp_path, [JANUARY], {"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "2"}
    assert lake.partitions(MARKET_BAR) == ["month=2025-01"]


@pytest.mark.parametrize("harm", ["flip", "delete", "stranger"])
def test_no_mark_counts_while_a_partition_is_damaged(lake: Lake, tmp_path: Path, harm: str) -> None:
    put(lake, tmp_path, [JANUARY, FEBRUARY], {"a": "1"})
    file = manifest(tmp_path).parent / "month=2025-01" / "data.parquet"
    if harm == "flip":
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    elif harm == "delete":
        file.unlink()
    else:
        (file.parent.parent / "month=2024-12").mkdir()
        (file.parent.parent / "month=2024-12" / "data.parquet").write_bytes(file.read_bytes())
    assert lake.applied(MARKET_BAR) == {}


def test_marks_go_with_a_partition_that_is_set_aside(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [JANUARY, FEBRUARY], {"a": "1"})
    file = manifest(tmp_path).parent / "month=2025-01" / "data.parquet"
    file.write_bytes(b"torn")
    with pytest.raises(LakeDamaged):
        put(lake, tmp_path, [JANUARY], {"a": "2"})
    assert lake.verify(MARKET_BAR) == []
    assert lake.applied(MARKET_BAR) == {}
    put(lake, tmp_path, [JANUARY], {"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "2"}


@pytest.mark.parametrize(
    "text", ["", "{", '{"applied": {"a": "1"}}', '{"partitions": [], "applied": {"a": "1"}}', "[]"]
)
def test_marks_are_lost_with_the_manifest(lake: Lake, tmp_path: Path, text: str) -> None:
    put(lake, tmp_path, [JANUARY], {"a": "1"})
    manifest(tmp_path).write_text(text)
    assert lake.applied(MARKET_BAR) == {}


def test_a_promotion_that_was_cut_short_keeps_the_old_marks(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, tmp_path, [JANUARY], {"a": "1"})
    write, cut = Storage.write, []

    def dying(storage: Storage, name: str, content: bytes) -> None:
        if name.endswith("manifest.json") and cut:
            raise OSError("no space left")
        cut.append(name)
        write(storage, name, content)

    with monkeypatch.context() as patch:
        patch.setattr(Storage, "write", dying)
        with pytest.raises(OSError):
            put(lake, tmp_path, [FEBRUARY], {"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "1"}
    put(lake, tmp_path, [FEBRUARY], {"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "2"}
    assert lake.read(MARKET_BAR).num_rows == 2


def test_the_marks_of_many_batches_are_promoted_together(lake: Lake, tmp_path: Path) -> None:
    batches = [
        Batch(MARKET_BAR, [bar(day)], snapshot=False, applied={name: "1"})
        for day, name in ((JANUARY, "a"), (FEBRUARY, "b"))
    ]
    staged = lake.stage_all(MARKET_BAR, batches, tmp_path / "staging", NOW)
    assert staged.applied == {"a": "1", "b": "1"}
