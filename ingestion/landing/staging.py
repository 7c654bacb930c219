"""From batches to new partition files in a run's private folder: conformed, merged with what stands, sorted, hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.contracts.contract import DATE, REAL, Table
from ingestion.errors import LakeDamaged
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.conform import conform, merge

if TYPE_CHECKING:
    from ingestion.landing.lake import Damage, Lake

INTEGRITY = "lake_integrity"
EMPTY = "empty"
"""The partition without rows of a table that has no other."""


@dataclass
class Staged:
    """Partitions of one table in a run's private folder, not yet in the lake.

    `partitions` maps the name of every touched partition that will exist to its sha256 and rows; `changed` names those
    whose file is new, `removed` those that will go, `applied` the marks of the batches. `rows_read` = `rows_kept` +
    `rows_quarantined`, always; `by_batch` has rows read and rows quarantined under the partitions that a batch speaks
    for, or, where it speaks for the whole table, by source, the answers of one provider together. `rebuilt` says by name of
    a partition what was wrong with the file that the new one takes the place of.
    """

    table: Table
    folder: Path
    rebuilt: Mapping[str, Damage] = field(default_factory=dict)
    partitions: dict[str, tuple[str, int]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    rows_read: int = 0
    rejected: tuple[Rejected, ...] = ()
    first_date: date | None = None
    last_date: date | None = None
    source_sha256s: tuple[str, ...] = ()
    by_batch: dict[str, tuple[int, int]] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)

    @property
    def rows_quarantined(self) -> int:
        return len(self.rejected)

    @property
    def rows_kept(self) -> int:
        return self.rows_read - len(self.rejected)

    def file(self, partition: str) -> Path:
        return self.folder / self.table.name / partition / "data.parquet"


def stage(lake: Lake, table: Table, batches: Iterable[Batch], folder: Path, now_utc: datetime) -> Staged:
    """Conform and merge `batches`, one at a time, into new partition files under `folder`, so that one gate can judge them
    together; the lake's own files stay as they are. Without any batch nothing is staged.

    Rows that break the contract go to the table's quarantine at once, so they are kept even when a gate refuses
    the rest. A partition whose file is not the one that was written counts as empty, and its file goes to the quarantine;
    raises LakeDamaged when the batches do not bring its rows again. Raises ValueError when a batch has rows that it does not
    speak for, or two batches have rows of one partition.
    """
    staged = Staged(table, folder, lake.set_aside_damaged(table))
    for batch in batches:
        good, broken = conform(table, batch.records, now_utc)
        rejected = [*batch.rejected, *broken, *_stage(lake, staged, batch, _split(table, good))]
        lake.quarantine(table, rejected)
        staged.rows_read += batch.rows_read
        staged.rejected += tuple(rejected)
        staged.by_batch |= batch.counted(rejected)
        staged.applied |= batch.applied
        hashes = {*pc.unique(good["source_sha256"]).to_pylist(), *(one.source_sha256 for one in rejected)}
        staged.source_sha256s = tuple(sorted({*staged.source_sha256s, *hashes}))
        if good.num_rows and table.partition.kind in ("month", "year"):
            days = pc.min_max(good[table.partition.column]).as_py()
            staged.first_date = min(days["min"], staged.first_date or days["min"])
            staged.last_date = max(days["max"], staged.last_date or days["max"])
    _demand_rebuilt(lake, staged)
    return staged


def _demand_rebuilt(lake: Lake, staged: Staged) -> None:
    """Raises LakeDamaged for damaged partitions of which fewer rows came back. A ledger is read whole from the one file
    that it is, so what is gone from there was taken out."""
    table, manifest = staged.table, lake.facts(staged.table)[0]
    lost = []
    for name, damage in staged.rebuilt.items():
        before, (_, came) = manifest[name]["rows"], staged.partitions.get(name, ("", 0))
        if table.group != "ledger" and came < (before if isinstance(before, int) else 1):
            lost.append(f"{damage.path}: {damage.problem}, and {came} of its {before or 'unknown'} rows came back")
    if lost:
        folder = Path(next(iter(staged.rebuilt.values())).path).parents[1]
        raise LakeDamaged(
            f"{table.name}, rule {INTEGRITY}",
            "; ".join(lost),
            f"Restore the archive from a backup and refresh again; or delete the folder {folder}, and the next refresh makes "
            "the table of what the archive holds",
        )


def _stage(lake: Lake, staged: Staged, batch: Batch, fresh: Mapping[str, pa.Table]) -> list[Rejected]:
    """The partitions of one batch as new files; the rows that contradict what the lake holds are handed back."""
    table = staged.table
    if batch.partitions is not None and not batch.partitions >= fresh.keys():
        outside = ", ".join(sorted(fresh.keys() - batch.partitions))
        raise ValueError(f"{table.name}: the batch has rows for {outside}, which it does not speak for")
    if twice := fresh.keys() & staged.partitions.keys():
        raise ValueError(f"{table.name}: more than one batch speaks for {', '.join(sorted(twice))}")
    manifest, _ = lake.facts(table)
    touched = set(fresh)
    if batch.snapshot:
        touched |= manifest.keys() if batch.partitions is None else manifest.keys() & batch.partitions
    touched.discard(EMPTY)
    if fresh and EMPTY in manifest:
        touched.add(EMPTY)
    changed, removed = {*staged.changed}, {*staged.removed}
    refused: list[Rejected] = []
    empty = table.schema().empty_table()
    for name in sorted(touched):
        standing = lake.read_partition(table, name) if name in manifest.keys() - staged.rebuilt.keys() else empty
        replaced = sorted(batch.sources) if batch.snapshot else ()
        merged, contradicting = merge(table, standing, fresh.get(name, empty), replaced)
        refused += contradicting
        if merged.num_rows == 0:
            removed.add(name)
            continue
        content = parquet_bytes(merged, table)
        sha256 = hashlib.sha256(content).hexdigest()
        staged.partitions[name] = (sha256, merged.num_rows)
        was = manifest.get(name, {})
        if name in staged.rebuilt or {was.get("sha256"), was.get("also_sha256", was.get("sha256"))} != {sha256}:
            changed.add(name)
            staged.file(name).parent.mkdir(parents=True, exist_ok=True)
            staged.file(name).write_bytes(content)
    staged.changed, staged.removed = tuple(sorted(changed)), tuple(sorted(removed))
    return refused


def parquet_bytes(rows: pa.Table, table: Table) -> bytes:
    """The same rows give the same bytes: fixed codec, one fixed layout, no clock, no schema of Arrow's or of pandas.

    Statistics stand for the columns that tell one file from another: that of the partition, the days of the key and
    known_at_utc. Measured numbers seldom repeat, so they get no dictionary.
    """
    sink = pa.BufferOutputStream()
    telling = {name for name in table.key if name in rows.column_names and rows.schema.field(name).type == DATE}
    telling |= {table.partition.column, "known_at_utc"} & {*rows.column_names}
    pq.write_table(
        rows.replace_schema_metadata(None).combine_chunks(),
        sink,
        compression="snappy",
        version="2.6",
        use_dictionary=[field.name for field in rows.schema if field.type != REAL] or False,
        write_statistics=sorted(telling) or False,
        store_schema=False,
    )
    return bytes(sink.getvalue())


def _split(table: Table, rows: pa.Table) -> dict[str, pa.Table]:
    """Rows by partition name; the order of rows is kept."""
    if rows.num_rows == 0 or table.partition.kind == "whole":
        return {"whole": rows} if rows.num_rows else {}
    column = rows[table.partition.column]
    if table.partition.kind == "value":
        names = pc.binary_join_element_wise(table.partition.column, column, "=")
    else:
        names = pc.strftime(column, format={"month": "month=%Y-%m", "year": "year=%Y"}[table.partition.kind])
    found = pc.unique(names).to_pylist()
    return {found[0]: rows} if len(found) == 1 else {name: rows.filter(pc.equal(names, name)) for name in found}
