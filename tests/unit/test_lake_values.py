"""The lake by value of a column, with Arrow batches and with tables that have no rows yet."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.contracts import FACT, FILING, MARKET_BAR, TABLES
from ingestion.contracts.contract import TEXT, Column, Partition, Table
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from ingestion.landing.lake import Lake
from tests.unit.rawrows import NOW, SHA, bar

CIKS = ("0000000001", "0000000002", "0000000003")


def filing(cik: str, number: int, **changes: object) -> dict[str, object]:
    return {
        "issuer": f"I{cik[-1]}",
        "cik": cik,
        "accession": f"{cik}-25-{number:06}",
        "form": "8-K",
        "filed_date": date(2025, 3, 3),
        "acceptance_text": "2025-03-03T16:00:00.000Z",
        "acceptance_zone": "bound",
        "is_xbrl": False,
        "size_bytes": 10,
        "known_at_utc": datetime(2025, 3, 3, 21),
        "ingested_at_utc": datetime(2026, 1, 1),
        "source": f"sec/submissions/CIK{cik}.json",
        "source_sha256": SHA,
        "parser_version": "unit-1",
    } | changes


def batch(cik: str, rows: list[dict[str, object]]) -> Batch:
    source = frozenset({f"sec/submissions/CIK{cik}.json"})
    return Batch(FILING, rows, (), source, partitions=frozenset({f"cik={cik}"}))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(Storage(tmp_path / "lake"))


def contents(lake: Lake, table: Table = FILING) -> dict[str, bytes]:
    return {Path(path).parent.name: Path(path).read_bytes() for path in lake.files(table)}


def put(lake: Lake, folder: Path, one: Batch) -> tuple[str, ...]:
    staged = lake.stage(one, folder / "build", NOW)
    lake.promote(staged)
    return (*staged.changed, *(f"-{name}" for name in staged.removed))


def test_each_value_has_its_file(lake: Lake, tmp_path: Path) -> None:
    rows = [filing(cik, n) for n in (2, 1) for cik in CIKS]
    put(lake, tmp_path, Batch(FILING, rows, (), frozenset()))
    assert sorted(contents(lake)) == [f"cik={cik}" for cik in CIKS]
    assert lake.read(FILING)["accession"].to_pylist() == [f"{cik}-25-{n:06}" for cik in CIKS for n in (1, 2)]


def test_a_batch_of_one_partition_leaves_the_others_alone(lake: Lake, tmp_path: Path) -> None:
    for cik in CIKS:
        put(lake, tmp_path, batch(cik, [filing(cik, 1), filing(cik, 2)]))
    before = contents(lake)
    assert put(lake, tmp_path, batch(CIKS[1], [filing(CIKS[1], 2)])) == (f"cik={CIKS[1]}",)
    after = contents(lake)
    assert {n for n in before if before[n] != after[n]} == {f"cik={CIKS[1]}"}
    assert lake.read(FILING).num_rows == 5
    assert put(lake, tmp_path, batch(CIKS[2], [])) == (f"-cik={CIKS[2]}",)


def test_a_damaged_file_of_another_partition_is_not_read(lake: Lake, tmp_path: Path) -> None:
    for cik in CIKS:
        put(lake, tmp_path, batch(cik, [filing(cik, 1)]))
    (tmp_path / "lake" / FILING.name / f"cik={CIKS[0]}" / "data.parquet").write_bytes(b"torn")
    assert put(lake, tmp_path, batch(CIKS[1], [filing(CIKS[1], 1, size_bytes=11)])) == (f"cik={CIKS[1]}",)
    assert [damage.partition for damage in lake.verify(FILING)] == [f"cik={CIKS[0]}"]


def test_a_batch_may_not_bring_rows_it_does_not_speak_for(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=CIKS[1]):
        lake.stage(batch(CIKS[0], [filing(CIKS[1], 1)]), tmp_path, NOW)


def test_a_value_that_is_no_file_name_never_becomes_one(lake: Lake, tmp_path: Path) -> None:
    staged = lake.stage(Batch(FILING, [filing("../../evil", 1)], (), frozenset()), tmp_path, NOW)
    assert (staged.partitions, [r.rule for r in staged.rejected]) == ({}, ["pattern"])
    with pytest.raises(ValueError, match="no pattern"):
        Table(
            "raw_x__y",
            "A.",
            (Column("kind", TEXT, "A.", nullable=False),),
            ("kind",),
            Partition("value", "kind"),
            "sec",
        )
    with pytest.raises(ValueError, match="whole"):
        Partition("whole").of("x")


def test_a_table_without_rows_has_its_columns_until_rows_come(lake: Lake, tmp_path: Path) -> None:
    for table in TABLES.values():
        lake.initialise(table)
        glob = f"{tmp_path}/lake/{table.name}/*/data.parquet"
        found = duckdb.sql(f"SELECT * FROM read_parquet('{glob}', hive_partitioning = false)")
        assert (found.columns, found.fetchall()) == ([column.name for column in table.columns], [])
        assert lake.verify(table) == []
    first = contents(lake)
    lake.initialise(FILING)
    assert contents(lake) == first
    assert put(lake, tmp_path, batch(CIKS[0], [])) == ()
    assert put(lake, tmp_path, batch(CIKS[0], [filing(CIKS[0], 1)])) == (f"cik={CIKS[0]}", "-empty")
    lake.initialise(FILING)
    assert sorted(contents(lake)) == [f"cik={CIKS[0]}"]


def test_a_whole_snapshot_without_rows_keeps_the_empty_file(lake: Lake, tmp_path: Path) -> None:
    lake.initialise(MARKET_BAR)
    put(lake, tmp_path, Batch(MARKET_BAR, [], (), frozenset({"unit/bars"})))
    assert sorted(contents(lake, MARKET_BAR)) == ["empty"]
    put(lake, tmp_path, Batch(MARKET_BAR, [bar(date(2025, 1, 2))], (), frozenset({"unit/bars"})))
    assert sorted(contents(lake, MARKET_BAR)) == ["month=2025-01"]


ROWS = [
    filing(CIKS[0], 1),
    filing(CIKS[1], 1, items="2.02"),
    filing(CIKS[0], 2, accession="wrong"),
    filing(CIKS[0], 3, acceptance_zone="Mars"),
    filing(CIKS[0], 4, size_bytes=-1),
    filing(CIKS[0], 5, form=None),
    filing(CIKS[0], 6, known_at_utc=datetime(2090, 1, 1)),
    filing(CIKS[0], 7),
    filing(CIKS[0], 7),
    filing(CIKS[0], 8),
    filing(CIKS[0], 8, size_bytes=12),
]


@pytest.mark.parametrize("encoded", [False, True])
def test_an_arrow_batch_is_judged_as_the_same_dicts_are(encoded: bool) -> None:
    arrow = pa.Table.from_pylist(ROWS, pa.schema([pa.field(c.name, c.type) for c in FILING.columns]))
    if encoded:
        for place, field in enumerate(arrow.schema):
            if field.type == TEXT:
                arrow = arrow.set_column(place, field.name, arrow[field.name].dictionary_encode())
    good, rejected = conform(FILING, arrow, NOW)
    expected, expected_rejected = conform(FILING, ROWS, NOW)
    assert good.equals(expected)
    assert good.schema == FILING.schema()
    assert [(r.rule, r.column, r.reason) for r in rejected] == [(r.rule, r.column, r.reason) for r in expected_rejected]
    assert [r.rule for r in rejected] == [
        "pattern", "not_allowed", "below_minimum", "null", "known_in_future",
        "repeated_row", "duplicate_key", "duplicate_key",
    ]  # fmt: skip


def test_an_arrow_column_of_another_type_is_read_value_by_value() -> None:
    arrow = pa.Table.from_pylist(ROWS[:2]).set_column(8, "size_bytes", pa.array(["many", "12"]))
    arrow = arrow.rename_columns([name if at != 8 else "size_bytes" for at, name in enumerate(arrow.column_names)])
    good, rejected = conform(FILING, arrow, NOW)
    assert (good.num_rows, {r.rule for r in rejected}) == (0, {"type"})


def test_staging_arrow_or_dicts_gives_the_same_bytes(tmp_path: Path) -> None:
    rows = [filing(CIKS[0], n, items=("2.02", "8.01", None)[n % 3]) for n in range(5)]
    arrow = pa.Table.from_pylist(rows)
    # A text that stands twice in its dictionary, texts in another order than that of the rows, and one of no row.
    items = pa.DictionaryArray.from_arrays(pa.array([3, 0, None, 1, 0], pa.int32()), ["8.01", "2.02", "9.01", "2.02"])
    encoded = arrow.set_column(arrow.column_names.index("items"), "items", items)
    lakes = []
    for name, records in (("dicts", rows), ("arrow", arrow), ("encoded", encoded)):
        lake = Lake(Storage(tmp_path / name))
        source = frozenset({f"sec/submissions/CIK{CIKS[0]}.json"})
        staged = lake.stage(Batch(FILING, records, (), source), tmp_path / f"{name}-build", NOW)
        lake.promote(staged)
        assert (staged.rows_read, staged.rows_kept) == (5, 5)
        lakes.append(contents(lake))
    assert lakes[0] == lakes[1] == lakes[2]


def test_the_raw_tables_of_edgar_are_cut_by_registrant() -> None:
    assert {t.partition for t in TABLES.values() if t.group == "sec"} == {Partition("value", "cik")}
    assert FACT.key[-1] == "accession"
