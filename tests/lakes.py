"""Short ways into and out of a lake: one batch staged, all rows of a table read."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa

from ingestion.contracts.contract import Table
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.landing.staging import Staged, stage


def stage_one(lake: Lake, batch: Batch, folder: Path, now_utc: datetime) -> Staged:
    """What becomes of one batch."""
    return stage(lake, batch.table, [batch], folder, now_utc)


def rows_of(lake: Lake, table: Table) -> pa.Table:
    """All rows of the table in partition order."""
    parts = [lake.read_partition(table, name) for name in lake.partitions(table)]
    return pa.concat_tables([table.schema().empty_table(), *parts])
