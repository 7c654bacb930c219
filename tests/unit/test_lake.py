"""The lake: same rows give the same bytes, nothing is lost, and the lake changes only when staged rows are promoted."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.contracts import MARKET_BAR
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.landing.staging import Staged
from tests.unit.rawrows import NOW, bar

DAYS = [date(2025, 1, 30) + timedelta(days=n) for n in range(5)]
SOURCES = frozenset({"unit/bars"})


def batch(rows: list[dict[str, object]], snapshot: bool = True) -> Batch:
    return Batch(MARKET_BAR, rows, (), SOURCES, snapshot)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Storage(tmp_path / "lake"))


def put(lake: Lake, tmp_path: Path, rows: list[dict[str, object]], snapshot: bool = True) -> Staged:
    staged = lake.stage(batch(rows, snapshot), tmp_path / "build", NOW)
    lake.promote(staged)
    return staged


def contents(lake: Lake) -> dict[str, bytes]:
    return {Path(p).parent.name: Path(p).read_bytes() for p in lake.files(MARKET_BAR)}


def test_rows_are_cut_by_month_and_come_back_as_written(lake: Lake, tmp_path: Path) -> None:
    staged = put(lake, tmp_path, [bar(day, 1.0 + n) for n, day in enumerate(DAYS)])
    assert sorted(contents(lake)) == ["month=2025-01", "month=2025-02"]
    assert lake.read(MARKET_BAR).schema == MARKET_BAR.schema()
    assert lake.read(MARKET_BAR)["close_usd"].to_pylist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert (staged.first_date, staged.last_date) == (DAYS[0], DAYS[-1])
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (5, 5, 0)


def test_any_order_of_arrival_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [bar(day, 1.0 + n, instrument=name) for name in ("AAA", "BBB") for n, day in enumerate(DAYS)]
    written = []
    for seed in range(3):
        random.Random(seed).shuffle(rows)
        lake = Lake(Storage(tmp_path / f"lake{seed}"))
        put(lake, tmp_path / str(seed), rows)
        written.append(contents(lake))
    assert written[0] == written[1] == written[2]


def test_the_same_batch_again_changes_no_file(lake: Lake, tmp_path: Path) -> None:
    rows = [bar(day) for day in DAYS]
    put(lake, tmp_path, rows)
    assert put(lake, tmp_path, rows).changed == ()
    assert put(lake, tmp_path, rows[2:], snapshot=False).changed == ()


def test_staging_leaves_the_lake_alone_and_overlays_it_for_the_gate(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [bar(day) for day in DAYS])
    before = contents(lake)
    staged = lake.stage(batch([bar(day, 2.0) for day in DAYS[:2]]), tmp_path / "build2", NOW)
    assert contents(lake) == before
    seen = pa.concat_tables([pq.read_table(path, partitioning=None) for path in lake.files(MARKET_BAR, staged)])
    assert seen["close_usd"].to_pylist() == [2.0, 2.0]


def test_a_snapshot_drops_what_its_source_no_longer_says_and_keeps_other_sources(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [bar(day) for day in DAYS])
    other = [bar(DAYS[0], 9.0, provider="other", source="unit/other")]
    lake.promote(lake.stage(Batch(MARKET_BAR, other, (), frozenset({"unit/other"})), tmp_path / "b2", NOW))
    staged = put(lake, tmp_path, [bar(DAYS[0])])
    assert staged.removed == ("month=2025-02",)
    assert sorted(lake.read(MARKET_BAR)["provider"].to_pylist()) == ["other", "unit"]


def test_a_corrected_value_known_later_is_a_second_row(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [bar(DAYS[0], 10.0)])
    put(lake, tmp_path, [bar(DAYS[0], 11.0, known_at_utc=datetime(2025, 6, 1))], snapshot=False)
    assert lake.read(MARKET_BAR)["close_usd"].to_pylist() == [10.0, 11.0]


def test_another_value_under_the_same_key_and_time_is_refused(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [bar(DAYS[0], 10.0)])
    staged = put(lake, tmp_path, [bar(DAYS[0], 11.0)], snapshot=False)
    assert [r.rule for r in staged.rejected] == ["contradicts_lake"]
    assert "close_usd" in str(staged.rejected[0])
    assert lake.read(MARKET_BAR)["close_usd"].to_pylist() == [10.0]


def test_a_newer_parser_may_correct_the_reading(lake: Lake, tmp_path: Path) -> None:
    put(lake, tmp_path, [bar(DAYS[0], 10.0)])
    put(lake, tmp_path, [bar(DAYS[0], 11.0, parser_version="unit-2")], snapshot=False)
    assert lake.read(MARKET_BAR)["close_usd"].to_pylist() == [11.0]


def test_rows_that_break_the_contract_are_quarantined_with_their_reason(lake: Lake, tmp_path: Path) -> None:
    staged = put(lake, tmp_path, [bar(DAYS[0]), bar(DAYS[1], -1.0), bar(DAYS[2], None), bar(DAYS[3], "ten")])
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (4, 1, 3)
    quarantined = lake.quarantined(MARKET_BAR).to_pylist()
    assert {row["rule"] for row in quarantined} == {"not_positive", "null", "type"}
    assert all(row["source"] == "unit/bars" and row["row_json"] for row in quarantined)
    assert "close_usd is -1.0" in staged.rejection_summary()


@pytest.mark.parametrize("harm", ["truncate", "flip", "delete"])
def test_a_damaged_file_stops_the_run_by_name_and_the_next_run_rebuilds_it(
    lake: Lake, tmp_path: Path, harm: str
) -> None:
    rows = [bar(day) for day in DAYS]
    put(lake, tmp_path, rows)
    before = contents(lake)
    victim = Path(lake.files(MARKET_BAR)[0])
    content = victim.read_bytes()
    if harm == "delete":
        victim.unlink()
    else:
        victim.write_bytes(
            content[:-40] if harm == "truncate" else content[:60] + bytes([content[60] ^ 1]) + content[61:]
        )
    assert [damage.partition for damage in lake.verify(MARKET_BAR)] == ["month=2025-01"]
    with pytest.raises(LakeDamaged, match=r"raw_market__bar.*month=2025-01.*refresh again"):
        put(lake, tmp_path, rows)
    put(lake, tmp_path, rows)
    assert contents(lake) == before
    assert lake.verify(MARKET_BAR) == []


@pytest.mark.parametrize("steps", range(2))
def test_a_crash_around_a_removal_is_completed_by_the_next_run(
    lake: Lake, tmp_path: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, tmp_path, [bar(day) for day in DAYS])
    staged = lake.stage(batch([bar(DAYS[0])]), tmp_path / "b2", NOW)
    real = Storage.delete

    def delete(self: Storage, name: str) -> None:
        if steps == 1:
            real(self, name)
        raise OSError("killed")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="killed"):
        patched.setattr(Storage, "delete", delete)
        lake.promote(staged)
    assert lake.verify(MARKET_BAR) == []
    put(lake, tmp_path, [bar(DAYS[0])])
    assert lake.read(MARKET_BAR).num_rows == 1


@pytest.mark.parametrize("steps", range(5))
def test_a_crash_inside_promote_leaves_a_readable_table_and_a_rerun_completes_it(
    tmp_path: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    put(lake, tmp_path, [bar(day) for day in DAYS])
    staged = lake.stage(batch([bar(day, 2.0) for day in DAYS]), tmp_path / "b2", NOW)
    real, count = Storage.write, iter(range(100))

    def write(self: Storage, name: str, content: bytes) -> None:
        if next(count) == steps:
            raise OSError("killed")
        real(self, name, content)

    monkeypatch.setattr(Storage, "write", write)
    if steps < 4:
        with pytest.raises(OSError, match="killed"):
            lake.promote(staged)
    else:
        lake.promote(staged)
    monkeypatch.setattr(Storage, "write", real)
    assert lake.verify(MARKET_BAR) == []
    assert lake.read(MARKET_BAR).num_rows == len(DAYS)
    put(lake, tmp_path, [bar(day, 2.0) for day in DAYS])
    assert lake.read(MARKET_BAR)["close_usd"].to_pylist() == [2.0] * len(DAYS)


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_file_that_no_run_wrote_never_reaches_the_warehouse(lake: Lake, tmp_path: Path, snapshot: bool) -> None:
    put(lake, tmp_path, [bar(day) for day in DAYS])
    stray = tmp_path / "lake" / "raw_market__bar" / "month=2031-01" / "data.parquet"
    stray.parent.mkdir()
    stray.write_bytes(Path(lake.files(MARKET_BAR)[0]).read_bytes())
    with pytest.raises(LakeDamaged, match=r"month=2031-01.*manifest does not name"):
        put(lake, tmp_path, [bar(day) for day in DAYS], snapshot)
    assert not stray.exists()
    put(lake, tmp_path, [bar(day) for day in DAYS], snapshot)
    assert lake.read(MARKET_BAR).num_rows == len(DAYS)


def test_a_garbled_manifest_is_rebuilt_from_the_files(lake: Lake, tmp_path: Path) -> None:
    rows = [bar(day) for day in DAYS]
    put(lake, tmp_path, rows)
    (tmp_path / "lake" / "raw_market__bar" / "manifest.json").write_text("{ torn")
    assert lake.read(MARKET_BAR).num_rows == len(DAYS)
    assert put(lake, tmp_path, rows).changed == ()
