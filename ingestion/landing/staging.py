"""Many batches of one table staged, so that one gate can judge them together. Promotes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from ingestion.contracts.contract import Table
from ingestion.landing.batch import Batch
from ingestion.landing.jobs import jobs_of
from ingestion.landing.lake import Lake, Staged


def stage_all(lake: Lake, table: Table, batches: Iterable[Batch], folder: Path, now_utc: datetime) -> Staged:
    """What became of all `batches`, as if they were one; two batches are in memory at a time. No two of them may speak
    for the same partition unless there is only one. Without any batch nothing is staged."""
    parts = jobs_of(batches).each(lambda batch: lake.stage(batch, folder, now_utc))
    if len(parts) == 1:
        return parts[0]
    shared = [name for name in {n for p in parts for n in p.partitions} if sum(name in p.partitions for p in parts) > 1]
    if shared:
        raise ValueError(f"{table.name}: more than one batch speaks for {', '.join(sorted(shared))}")
    firsts = [part.first_date for part in parts if part.first_date is not None]
    lasts = [part.last_date for part in parts if part.last_date is not None]
    return Staged(
        table=table,
        folder=folder,
        partitions={name: facts for part in parts for name, facts in part.partitions.items()},
        changed=tuple(sorted({name for part in parts for name in part.changed})),
        removed=tuple(sorted({name for part in parts for name in part.removed})),
        rows_read=sum(part.rows_read for part in parts),
        rows_kept=sum(part.rows_kept for part in parts),
        rejected=tuple(rejected for part in parts for rejected in part.rejected),
        first_date=min(firsts, default=None),
        last_date=max(lasts, default=None),
        source_sha256s=tuple(sorted({sha256 for part in parts for sha256 in part.source_sha256s})),
        by_batch={name: rows for part in parts for name, rows in part.by_batch.items()},
        applied={name: mark for part in parts for name, mark in part.applied.items()},
    )
