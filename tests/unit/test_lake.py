"""The lake: same rows give the same bytes, nothing is lost, and it changes only when staged rows are promoted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

import pyarrow.parquet as pq
import pytest

from ingestion.contracts import MARKET_BAR
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage
from ingestion.landing.ahead import tables_ahead
from ingestion.landing.batch import Batch, summarise
from ingestion.landing.lake import Lake
from ingestion.landing.staging import Staged
from tests.lakes import rows_of, stage_one
from tests.tables import tables
from tests.unit.rawrows import NOW, bar

DATA = tables(__file__)

Row = Mapping[str, object]

DAYS = [date(2025, 1, 30) + timedelta(days=n) for n in range(5)]
BARS = [bar(day) for day in DAYS]
NO_MARKS: Mapping[str, str] = MappingProxyType({})


class Bars(Lake):
    """A lake that is told of bars alone."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Storage(folder / "lake"))
        self.folder, self.manifest = folder, folder / "lake" / MARKET_BAR.name / "manifest.json"

    def staged(self, rows: Sequence[Row], snapshot: bool = True, applied: Mapping[str, str] = NO_MARKS) -> Staged:
        """Rows of the source unit/bars, or of the one that they name."""
        sources = frozenset(str(row["source"]) for row in rows) or frozenset({"unit/bars"})
        batch = Batch(MARKET_BAR, rows, (), sources, snapshot, applied=applied)
        return stage_one(self, batch, self.folder / "staging", NOW)

    def put(self, rows: Sequence[Row], snapshot: bool = True, applied: Mapping[str, str] = NO_MARKS) -> Staged:
        staged = self.staged(rows, snapshot, applied)
        self.promote(staged)
        return staged

    def contents(self) -> dict[str, bytes]:
        return {Path(path).parent.name: Path(path).read_bytes() for path in self.files(MARKET_BAR)}

    def closes(self) -> list[float]:
        found: list[float] = rows_of(self, MARKET_BAR)["close_usd"].to_pylist()
        return found


@pytest.fixture
def lake(tmp_path: Path) -> Bars:
    return Bars(tmp_path)


def test_rows_are_cut_by_month_and_come_back_as_written(lake: Bars) -> None:
    staged = lake.put([bar(day, 1.0 + n) for n, day in enumerate(DAYS)])
    assert sorted(lake.contents()) == ["month=2025-01", "month=2025-02"]
    assert rows_of(lake, MARKET_BAR).schema == MARKET_BAR.schema()
    assert lake.closes() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert (staged.first_date, staged.last_date) == (DAYS[0], DAYS[-1])
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (5, 5, 0)


def test_the_same_rows_in_any_order_change_no_byte(lake: Bars) -> None:
    rows = [bar(day, 1.0 + n, instrument=name) for name in ("AAA", "BBB") for n, day in enumerate(DAYS)]
    lake.put(rows)
    assert lake.put(rows).changed == lake.put(rows[::-1]).changed == lake.put(rows[2:], snapshot=False).changed == ()


def test_a_snapshot_drops_what_its_source_no_longer_says_and_keeps_other_sources(lake: Bars) -> None:
    lake.put(BARS)
    lake.put([bar(DAYS[0], 9.0, provider="other", source="unit/other")])
    assert lake.put([bar(DAYS[0])]).removed == ("month=2025-02",)
    assert sorted(rows_of(lake, MARKET_BAR)["provider"].to_pylist()) == ["other", "unit"]


@pytest.mark.parametrize(
    ("change", "kept", "refused"),
    [
        ({"known_at_utc": datetime(2025, 6, 1)}, [10.0, 11.0], []),
        ({"parser_version": "unit-2"}, [11.0], []),
        ({}, [10.0], ["contradicts_lake"]),
        ({"close_usd": 10.0, "source_sha256": "b" * 64}, [10.0], []),
    ],
    ids=[
        "known later is a second row",
        "a newer parser corrects",
        "nothing is overwritten",
        "the same again is dropped",
    ],
)
def test_how_another_reading_of_a_bar_meets_the_one_that_stands(
    lake: Bars, change: Row, kept: list[float], refused: list[str]
) -> None:
    lake.put([bar(DAYS[0], 10.0, volume=None), bar(DAYS[1], 5.0)])
    staged = lake.put([bar(DAYS[0], 11.0, volume=None) | change], snapshot=False)
    assert lake.closes() == [*kept, 5.0]
    assert [one.rule for one in staged.rejected] == refused
    assert all("other values of close_usd" in str(one) for one in staged.rejected)
    assert set(rows_of(lake, MARKET_BAR)["source_sha256"].to_pylist()) == {"a" * 64}


def test_rows_that_break_the_contract_are_quarantined_with_their_reason(lake: Bars) -> None:
    staged = lake.put([bar(DAYS[0]), bar(DAYS[1], -1.0), bar(DAYS[2], None), bar(DAYS[3], "ten")])
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (4, 1, 3)
    (aside,) = (lake.folder / "lake" / f"{MARKET_BAR.name}.quarantine").glob("rows-*.parquet")
    quarantined = pq.read_table(aside).to_pylist()
    assert {row["rule"] for row in quarantined} == {"not_positive", "null", "type"}
    assert all(row["source"] == "unit/bars" and row["row_json"] for row in quarantined)
    assert "close_usd is -1.0" in summarise(staged.rejected)


HARMS: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-40]),
    "flipped": lambda file: file.write_bytes(file.read_bytes()[:-9] + b"?" + file.read_bytes()[-8:]),
    "deleted": lambda file: file.unlink(),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_damaged_files_are_made_again_by_the_batch_that_finds_them(lake: Bars, harm: Callable[[Path], object]) -> None:
    lake.put(BARS, applied={"a": "1"})
    before = lake.contents()
    for path in lake.files(MARKET_BAR):
        harm(Path(path))
    assert [damage.partition for damage in lake.verify(MARKET_BAR)] == ["month=2025-01", "month=2025-02"]
    assert lake.partition(MARKET_BAR, "month=2025-01", ["close_usd"]) is None
    assert lake.applied(MARKET_BAR) == {}, "no mark counts while a partition is damaged"
    for read in (lake.files, partial(rows_of, lake)):
        with pytest.raises(LakeDamaged, match=r"raw_market__bar.*month=2025-01"):
            read(MARKET_BAR)
    staged = lake.staged(BARS, applied={"b": "1"})
    assert sorted(staged.rebuilt) == ["month=2025-01", "month=2025-02"]
    lake.promote(staged)
    assert lake.contents() == before
    assert lake.is_whole(MARKET_BAR)
    assert lake.applied(MARKET_BAR) == {"b": "1"}, "of what the batch did not apply nobody knows whether it came back"


def test_files_of_an_earlier_contract_are_made_again(lake: Bars) -> None:
    """As after an update that gave the table a column: each file is the one that was written, and lacks it."""
    older = replace(MARKET_BAR, own_columns=tuple(one for one in MARKET_BAR.own_columns if one.name != "volume"))
    rows = [{name: value for name, value in row.items() if name != "volume"} for row in BARS]
    batch = Batch(older, rows, (), frozenset({"unit/bars"}), True)
    lake.promote(stage_one(lake, batch, lake.folder / "staging", NOW))
    assert lake.verify(older) == []
    (first, second) = lake.verify(MARKET_BAR)
    assert "the columns of another version" in str(first) and "month=2025-02" in str(second)
    assert sorted(lake.put(BARS).rebuilt) == ["month=2025-01", "month=2025-02"]
    assert lake.verify(MARKET_BAR) == [] and rows_of(lake, MARKET_BAR).num_rows == len(BARS)


@pytest.mark.parametrize("rows", [[], BARS[2:], BARS[:1]], ids=["no batch", "of another partition", "not all rows"])
def test_what_does_not_come_back_is_refused_by_name_until_its_remedy_is_followed(lake: Bars, rows: list[Row]) -> None:
    lake.put(BARS)
    (path := Path(lake.files(MARKET_BAR)[0])).write_bytes(b"torn")
    for _ in "12":
        with pytest.raises(
            LakeDamaged, match=r"month=2025-01.*[01] of its 2 rows came back.*delete the folder"
        ) as said:
            lake.put(rows, snapshot=bool(rows[1:]))
    assert not path.exists() and not lake.is_whole(MARKET_BAR), "a run after a crash knows of it, too"
    assert str(lake.manifest.parent) in said.value.remedy
    shutil.rmtree(lake.manifest.parent)
    lake.put(rows)
    assert rows_of(lake, MARKET_BAR).num_rows == len(rows) and lake.verify(MARKET_BAR) == []


@pytest.mark.parametrize("step", range(6))
def test_a_crash_while_a_damaged_partition_is_made_again_forgets_nothing(
    lake: Bars, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.put(BARS, applied={"a": "1"})
    before = lake.contents()
    Path(lake.files(MARKET_BAR)[0]).write_bytes(b"torn")
    with monkeypatch.context() as patched:
        dies_at(step, patched)
        with pytest.raises(OSError, match="killed"):
            lake.put(BARS, applied={"a": "1"})
            raise OSError("killed at the end")
    assert step == 5 or not lake.is_whole(MARKET_BAR), "what looks whole is read by nobody from the archive"
    assert step == 5 or lake.applied(MARKET_BAR) == {}
    if step < 4:
        with pytest.raises(LakeDamaged, match="of its 2 rows came back"):
            lake.put(BARS[-1:], snapshot=False)
    lake.put(BARS, applied={"a": "1"})
    assert (lake.contents(), lake.applied(MARKET_BAR)) == (before, {"a": "1"})


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_file_that_no_run_wrote_never_reaches_the_warehouse(lake: Bars, snapshot: bool) -> None:
    lake.put(BARS, applied={"a": "1"})
    stray = lake.manifest.parent / "month=2031-01" / "data.parquet"
    stray.parent.mkdir()
    stray.write_bytes(Path(lake.files(MARKET_BAR)[0]).read_bytes())
    assert lake.applied(MARKET_BAR) == {} and not lake.is_whole(MARKET_BAR)
    lake.put(BARS, snapshot)
    assert not stray.exists()
    assert rows_of(lake, MARKET_BAR).num_rows == len(DAYS)


def dies_at(step: int, patched: pytest.MonkeyPatch) -> None:
    """The process dies before the file operation of that number."""
    happened = iter(range(100))

    def dying(act: Callable[..., None]) -> Callable[..., None]:
        def done(*arguments: object) -> None:
            if next(happened) == step:
                raise OSError("killed")
            act(*arguments)

        return done

    for name in ("write", "delete", "move"):
        patched.setattr(Storage, name, dying(getattr(Storage, name)))


@pytest.mark.parametrize("step", range(6))
def test_a_promotion_cut_short_leaves_a_readable_table_and_a_rerun_completes_it(
    lake: Bars, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file changes, one comes and one goes: five things happen to files, and before any of them power may fail."""
    lake.put([*BARS, bar(date(2025, 5, 2))], applied={"a": "1"})
    following = [bar(DAYS[0], 2.0), bar(DAYS[-1]), bar(date(2025, 4, 1))]
    staged = lake.staged(following, applied={"a": "2"})
    assert (len(staged.changed), staged.removed) == (3, ("month=2025-05",))
    with monkeypatch.context() as patched, pytest.raises(OSError, match="killed"):
        dies_at(step, patched)
        lake.promote(staged)
    assert lake.verify(MARKET_BAR) == []
    assert lake.applied(MARKET_BAR) == {"a": "1"}
    lake.put(following, applied={"a": "2"})
    assert (lake.closes(), lake.verify(MARKET_BAR)) == ([2.0, 10.0, 10.0], [])
    assert lake.applied(MARKET_BAR) == {"a": "2"}
    assert "also_sha256" not in lake.manifest.read_text(), "nothing is in doubt any more"


@pytest.mark.parametrize("step", range(2))
def test_a_table_without_rows_cut_short_is_made_by_the_next_run(
    lake: Bars, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(OSError, match="killed"):
        dies_at(step, patched)
        lake.initialise(MARKET_BAR)
    lake.put([], snapshot=False)
    lake.initialise(MARKET_BAR)
    assert lake.is_whole(MARKET_BAR) and lake.partitions(MARKET_BAR) == ["empty"]


@pytest.mark.parametrize("text", DATA["manifests"])
def test_without_its_manifest_no_file_is_believed_and_all_is_made_again(lake: Bars, text: str) -> None:
    lake.put(BARS, applied={"a": "1"})
    before = lake.contents()
    if text == "gone":
        lake.manifest.unlink()
    elif text == "altered":
        lake.manifest.write_text(lake.manifest.read_text().replace('"a": "1"', '"a": "2"'))
    else:
        lake.manifest.write_text(text)
    assert lake.applied(MARKET_BAR) == {} and not lake.is_whole(MARKET_BAR)
    with pytest.raises(LakeDamaged, match="month=2025-01"):
        lake.put(BARS[-1:])
    lake.put(BARS)
    assert lake.contents() == before


def test_a_manifest_from_before_there_were_seals_is_believed(lake: Bars) -> None:
    lake.put(BARS, applied={"a": "1"})
    facts = json.loads(lake.manifest.read_bytes())
    del facts["seal_sha256"]
    lake.manifest.write_text(json.dumps(facts))
    assert lake.is_whole(MARKET_BAR) and lake.applied(MARKET_BAR) == {"a": "1"}


def test_marks_are_promoted_with_the_rows_and_add_up(lake: Bars) -> None:
    assert lake.applied(MARKET_BAR) == {}
    staged = lake.staged(BARS[:1], applied={"a": "1"})
    assert lake.applied(MARKET_BAR) == {}
    lake.promote(staged)
    lake.put(BARS[-1:], snapshot=False, applied={"b": "7"})
    assert lake.applied(MARKET_BAR) == {"a": "1", "b": "7"}
    lake.put([], snapshot=False, applied={"a": "2"})
    assert lake.applied(MARKET_BAR) == {"a": "2", "b": "7"}
    assert rows_of(lake, MARKET_BAR).num_rows == 2


def test_whoever_asks_for_dates_needs_no_file_as_it_was_written(lake: Bars) -> None:
    """`hashwatt status` asks the footers alone: a damaged file is told by others, and nothing is hashed for it."""
    lake.put([bar(day, 1.0 + n) for n, day in enumerate(DAYS)])
    latest = max(rows_of(lake, MARKET_BAR)["known_at_utc"].to_pylist())
    assert set(tables_ahead(lake, latest - timedelta(days=1))) == {MARKET_BAR.name}
    for partition in lake.partitions(MARKET_BAR):
        Path(lake.path(MARKET_BAR, partition)).write_bytes(b"torn")
    assert tables_ahead(lake, NOW - timedelta(days=9_000)) == {}
