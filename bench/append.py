"""One day of 5,000 instruments appended to ten years of history, against the same day appended to one year."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import Finding
from ingestion.contracts import MARKET_BAR
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.landing.staging import parquet_bytes, stage

INSTRUMENTS = [f"I{number:04}" for number in range(5_000)]
LAST_MONTH = date(2025, 11, 1)
DAYS_STANDING = 10
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def append(folder: Path, repeats: int) -> Iterator[Finding]:
    seconds = {}
    for years in (1, 10):
        lake = Lake(Storage(folder / f"lake-{years}"))
        rows = write_history(folder / f"lake-{years}", years)
        days = [LAST_MONTH + timedelta(days=DAYS_STANDING + turn) for turn in range(repeats + 1)]
        taken = [append_day(lake, folder / f"staging-{years}-{day}", day) for day in days]
        seconds[years] = statistics.median(taken[1:])
        kept = sum(pq.read_metadata(file).num_rows for file in lake.files(MARKET_BAR))
        if kept != rows + len(days) * len(INSTRUMENTS):
            raise RuntimeError(f"{kept:,} bars after appending, not {rows + len(days) * len(INSTRUMENTS):,}")
    yield Finding(
        "one day of 5,000 instruments onto ten years",
        f"{seconds[10]:.2f} s",
        f"onto one year {seconds[1]:.2f} s",
        seconds[10] / seconds[1],
        2.0,
    )


def append_day(lake: Lake, staging: Path, day: date) -> float:
    """Seconds to stage and promote one day."""
    rows = bars([day]).to_pylist()
    batch = Batch(MARKET_BAR, rows, sources=frozenset({"bench"}), snapshot=False)
    started = time.perf_counter()
    lake.promote(stage(lake, batch.table, [batch], staging, NOW))
    return time.perf_counter() - started


def bars(days: list[date]) -> pa.Table:
    """Made-up bars of all instruments on `days`, in the order of the table's files."""
    count = len(INSTRUMENTS) * len(days)
    closes = 50 + np.random.default_rng(7).random(count).round(4)
    session = pa.array(days * len(INSTRUMENTS), pa.date32())
    known = [datetime(day.year, day.month, day.day, 22) for day in days]
    columns = {
        "instrument": pa.array(np.repeat(INSTRUMENTS, len(days)), pa.string()),
        "session_date": session,
        "provider": pa.array(["bench"] * count),
        "open_usd": pa.array(closes),
        "high_usd": pa.array(closes),
        "low_usd": pa.array(closes),
        "close_usd": pa.array(closes),
        "volume": pa.array(closes * 1_000),
        "known_at_utc": pa.array(known * len(INSTRUMENTS), pa.timestamp("us")),
        "ingested_at_utc": pa.array([datetime(2025, 12, 31)] * count, pa.timestamp("us")),
        "source": pa.array(["bench"] * count),
        "source_sha256": pa.array(["0" * 64] * count),
        "parser_version": pa.array(["1"] * count),
    }
    return pa.table(columns).select(MARKET_BAR.schema().names).cast(MARKET_BAR.schema())


def write_history(root: Path, years: int) -> int:
    """Fills a lake with whole months before the last one and ten days of that one; returns the rows.

    Written as files with their manifest, since building 12 million bars through dicts would measure patience.
    """
    entries, total = {}, 0
    for back in range(12 * years):
        month = LAST_MONTH.year * 12 + LAST_MONTH.month - 1 - back
        first = date(month // 12, month % 12 + 1, 1)
        rows = bars([first + timedelta(days=day) for day in range(DAYS_STANDING if back == 0 else 21)])
        file = root / MARKET_BAR.name / f"month={first:%Y-%m}" / "data.parquet"
        file.parent.mkdir(parents=True)
        file.write_bytes(content := parquet_bytes(rows, MARKET_BAR))
        entries[file.parent.name] = {"sha256": hashlib.sha256(content).hexdigest(), "rows": rows.num_rows}
        total += rows.num_rows
    manifest = {"table": MARKET_BAR.name, "partitions": entries}
    (root / MARKET_BAR.name / "manifest.json").write_text(json.dumps(manifest))
    return total
