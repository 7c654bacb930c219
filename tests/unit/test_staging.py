"""Batches staged for one gate: each partition as if its batch had come alone, counts added up, the lake left alone."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.contracts import FILING, MARKET_BAR, NETWORK_DAY
from ingestion.contracts.contract import Partition
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.lake import Lake
from ingestion.landing.staging import stage
from tests.lakes import rows_of, stage_one
from tests.unit.rawrows import NOW, bar, filing

CIKS = ("0000000001", "0000000002", "0000000003")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Storage(tmp_path / "lake"))


def batch(cik: str, *rows: dict[str, object]) -> Batch:
    """Filings of a registrant."""
    return Batch(FILING, rows, (), frozenset({f"sec/submissions/CIK{cik}.json"}), partitions=frozenset({f"cik={cik}"}))


def put(lake: Lake, folder: Path, *batches: Batch) -> list[str]:
    """The partitions that `batches` changed and, with a minus, removed."""
    staged = stage(lake, batches[0].table, batches, folder / "staging", NOW)
    lake.promote(staged)
    return [*staged.changed, *(f"-{name}" for name in staged.removed)]


def test_every_registrant_gets_its_partition_and_the_counts_add_up(lake: Lake, tmp_path: Path) -> None:
    lake.initialise(FILING)
    rows = {cik: [filing(cik, n) for n in range(int(cik[-1]))] for cik in CIKS}
    rows[CIKS[1]].append(filing(CIKS[1], 9, form=None, source_sha256="b" * 64))
    staged = stage(lake, FILING, (batch(cik, *rows[cik]) for cik in CIKS), tmp_path / "staging", NOW)
    assert lake.partitions(FILING) == ["empty"]
    assert (staged.changed, staged.removed) == (tuple(f"cik={cik}" for cik in CIKS), ("empty",))
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (7, 6, 1)
    assert staged.by_batch == {"cik=0000000001": (1, 0), "cik=0000000002": (3, 1), "cik=0000000003": (3, 0)}
    assert staged.source_sha256s == ("a" * 64, "b" * 64)
    seen = [pq.read_table(path, partitioning=None) for path in lake.files(FILING, staged)]
    assert pa.concat_tables(seen).num_rows == 6, "the gate sees the staged files in the place of the lake's"
    lake.promote(staged)
    assert rows_of(lake, FILING).num_rows == 6
    assert lake.verify(FILING) == []
    assert put(lake, tmp_path, batch(CIKS[1], filing(CIKS[1], 0))) == ["cik=0000000002"]
    assert put(lake, tmp_path, batch(CIKS[2])) == ["-cik=0000000003"]
    assert lake.partitions(FILING) == ["cik=0000000001", "cik=0000000002"]


def test_rows_put_aside_are_counted_by_provider_where_many_share_a_table(lake: Lake, tmp_path: Path) -> None:
    def row(source: str, blocks: int) -> dict[str, object]:
        known = dict.fromkeys(("known_at_utc", "ingested_at_utc"), datetime(2025, 1, 3))
        origin = {"provider": source, "source": source, "source_sha256": "a" * 64, "parser_version": "1"}
        return {"utc_date": date(2025, 1, 1), "blocks": blocks, **known, **origin}

    rows = [row("bundle/days.csv", 144), row("feed/network/mempool/BTC/w1", 1), row("feed/network/mempool/BTC/w2", -1)]
    unread = Rejected("type", "no number", "blocks", {}, "feed/network/coin_metrics/BTC/w1/page-2", "b" * 64)
    staged = stage_one(lake, Batch(NETWORK_DAY, rows, (unread,), frozenset({"bundle/days.csv"})), tmp_path, NOW)
    assert staged.by_batch == {
        "bundle/days.csv": (1, 0),
        "feed/network/coin_metrics": (1, 1),
        "feed/network/mempool": (2, 1),
    }


def test_without_a_batch_nothing_is_staged(lake: Lake, tmp_path: Path) -> None:
    staged = stage(lake, FILING, iter(()), tmp_path / "staging", NOW)
    assert (staged.changed, staged.removed, staged.rows_read, staged.partitions) == ((), (), 0, {})
    assert not (tmp_path / "staging").exists()


def test_a_batch_has_rows_of_its_own_partitions_alone(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"has rows for cik={CIKS[1]}, which it does not speak for"):
        stage_one(lake, batch(CIKS[0], filing(CIKS[1], 1)), tmp_path, NOW)
    with pytest.raises(ValueError, match="more than one batch speaks for cik=0000000001"):
        stage(lake, FILING, [batch(CIKS[0], filing(CIKS[0], n)) for n in (1, 2)], tmp_path, NOW)


def test_a_value_that_is_no_file_name_never_becomes_one(lake: Lake, tmp_path: Path) -> None:
    staged = stage_one(lake, Batch(FILING, [filing("../../evil", 1)], (), frozenset()), tmp_path, NOW)
    assert (staged.partitions, [r.rule for r in staged.rejected]) == ({}, ["pattern"])
    with pytest.raises(ValueError, match="whole"):
        Partition("whole").of("x")


def test_a_table_without_rows_has_its_columns_until_rows_come(lake: Lake, tmp_path: Path) -> None:
    lake.initialise(MARKET_BAR)
    (path,) = lake.files(MARKET_BAR)
    empty = pq.read_table(path, partitioning=None)
    assert (empty.column_names, empty.num_rows) == (MARKET_BAR.schema().names, 0)
    nothing = Batch(MARKET_BAR, [], (), frozenset({"unit/bars"}))
    assert put(lake, tmp_path, nothing) == []
    assert put(lake, tmp_path, Batch(MARKET_BAR, [bar(date(2025, 1, 2))])) == ["month=2025-01", "-empty"]
    lake.initialise(MARKET_BAR)
    assert lake.partitions(MARKET_BAR) == ["month=2025-01"]


def test_dicts_arrow_and_encoded_texts_give_the_same_bytes(lake: Lake, tmp_path: Path) -> None:
    rows = [filing(CIKS[0], n, items=("2.02", "8.01", None)[n % 3]) for n in range(5)]
    arrow = pa.Table.from_pylist(rows)
    # A text that stands twice in its dictionary, texts in another order than that of the rows, and one of no row.
    items = pa.DictionaryArray.from_arrays(pa.array([3, 0, None, 1, 0], pa.int32()), ["8.01", "2.02", "9.01", "2.02"])
    encoded = arrow.set_column(arrow.column_names.index("items"), "items", items)
    hashes = {
        stage_one(lake, Batch(FILING, records), tmp_path, NOW).partitions[f"cik={CIKS[0]}"]
        for records in (rows, rows[::-1], arrow, encoded)
    }
    assert len(hashes) == 1
