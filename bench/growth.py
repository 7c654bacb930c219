"""One day of five thousand instruments planned, read and appended onto ten years of bars against the same onto one."""

from __future__ import annotations

import gc
import hashlib
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench import append
from bench.feeds import CLOSES, DECADE, KEYS, LAST, MARKET
from bench.measure import Finding
from ingestion.answers import folder_of, mark_of, note_since, source_of
from ingestion.contracts import MARKET_BAR, MARKET_COVERAGE
from ingestion.fetch.archive import TIME_FORMAT, Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.landing.staging import parquet_bytes, stage
from ingestion.providers import provider as registry
from ingestion.providers.client import FeedClient
from ingestion.providers.rows import Window
from ingestion.read import Reader
from ingestion.universe import Feed, Instrument, Universe
from ingestion.wanted import Wanted

AT_MOST = 2.0


def growth(folder: Path, repeats: int) -> Iterator[Finding]:
    """What a day costs that 5,000 instruments were asked about, from the plan to the promoted partitions."""
    seconds = {years: _days(folder / f"feed-{years}", years, repeats) for years in (1, 10)}
    yield Finding(
        "one fetched day of 5,000 instruments onto ten years",
        f"{seconds[10]:.2f} s",
        f"onto one year {seconds[1]:.2f} s",
        seconds[10] / seconds[1],
        AT_MOST,
    )


def _universe_of_thousands() -> Universe:
    start = date(2016, 1, 1)
    instruments = {name: Instrument("XNYS") for name in append.INSTRUMENTS}
    feeds = {("market", name): (Feed("tiingo", 1, ((start, name),)),) for name in instruments}
    return Universe(frozenset(), instruments, feeds=feeds)


def _days(folder: Path, years: int, repeats: int) -> float:
    """Median seconds of a day: plan it, read what was answered, and take it into the lake."""
    universe = _universe_of_thousands()
    archive, lake = Archive(Storage(folder / "archive")), Lake(Storage(folder / "lake"))
    until = [day for day in CLOSES if day <= LAST]
    first = LAST.replace(year=LAST.year - years) + timedelta(days=1)
    sessions = [day for day in until if day >= first]
    standing = sessions[: -repeats - 1]
    note_since(archive, MARKET, None, sessions[0])
    rows = _write_history(folder, archive, universe, standing)
    taken = []
    client = FeedClient(archive, KEYS, limit_folder=folder / "limits")
    for day in sessions[-repeats - 1 :]:
        now = CLOSES[day] + timedelta(hours=1)
        planned = _timed(lambda now=now: _plan(client, universe, lake, now))  # type: ignore[misc]
        reach = [one for one in sessions if one <= day][-6:]
        _write_answers(folder, Window(reach[0], day), day, CLOSES[day] + timedelta(hours=2), _csv(reach))
        landed = _timed(lambda now=now: _land(folder, archive, universe, lake, now))  # type: ignore[misc]
        taken.append(planned + landed)
    kept = sum(pq.read_metadata(file).num_rows for file in lake.files(MARKET_BAR))
    if kept != rows + len(taken) * len(append.INSTRUMENTS):
        raise RuntimeError(
            f"{kept:,} bars after {len(taken)} days, not {rows + len(taken) * len(append.INSTRUMENTS):,}"
        )
    return statistics.median(taken[1:])


def _plan(client: FeedClient, universe: Universe, lake: Lake, now_utc: datetime) -> None:
    planner = Wanted(client, universe, CLOSES, now_utc, DECADE, lake)
    wanted = [planner.gaps(one, registry.provider("tiingo"), None)[0] for one in planner.subjects("market", None)]
    if {len(one) for one in wanted} != {1} or len(wanted) != len(append.INSTRUMENTS):
        raise RuntimeError("not one window for each instrument")


def _land(folder: Path, archive: Archive, universe: Universe, lake: Lake, now_utc: datetime) -> None:
    reader = Reader(archive, universe, CLOSES)
    for table in (MARKET_BAR, MARKET_COVERAGE):
        for batch in reader.batches(table, lake):
            lake.promote(stage(lake, batch.table, [batch], folder / "staging", now_utc + timedelta(days=1)))


def _timed(work: Callable[[], None]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _csv(days: list[date]) -> bytes:
    """The same prices as those of the history, for which a day's answer brings nothing new."""
    lines = [f"{day},50,50,50,50,50000" for day in days]
    return "\r\n".join(["Date,Open,High,Low,Close,Volume", *lines, ""]).encode()


def _write_history(folder: Path, archive: Archive, universe: Universe, sessions: list[date]) -> int:
    """The archive's names and the lake's files as a backfill leaves them; the number of bars."""
    asked = sessions[-1]
    stamps = _write_answers(folder, Window(sessions[0], asked), asked, CLOSES[asked] + timedelta(hours=2), b"history")
    mark = mark_of(stamps, Reader(archive, universe, CLOSES).version("market", "tiingo"))
    bars, entries = 0, {}
    for month in sorted({f"{day:%Y-%m}" for day in sessions}):
        rows = append.bars([day for day in sessions if f"{day:%Y-%m}" == month])
        flat = pa.array([50.0] * rows.num_rows)
        for name in ("open_usd", "high_usd", "low_usd", "close_usd"):
            rows = rows.set_column(rows.column_names.index(name), name, flat)
        rows = rows.set_column(rows.column_names.index("volume"), "volume", pa.array([50_000.0] * rows.num_rows))
        tiingo = pa.array(["tiingo"] * rows.num_rows)
        rows = rows.set_column(rows.column_names.index("provider"), "provider", tiingo).cast(MARKET_BAR.schema())
        entries[f"month={month}"] = _write_month(folder, f"month={month}", rows)
        bars += rows.num_rows
    manifest = {"table": MARKET_BAR.name, "partitions": entries, "applied": {folder_of("market", "tiingo"): mark}}
    (folder / "lake" / MARKET_BAR.name / "manifest.json").write_text(json.dumps(manifest))
    return bars


def _write_month(folder: Path, name: str, rows: pa.Table) -> dict[str, object]:
    file = folder / "lake" / MARKET_BAR.name / name / "data.parquet"
    file.parent.mkdir(parents=True)
    file.write_bytes(content := parquet_bytes(rows, MARKET_BAR))
    return {"sha256": hashlib.sha256(content).hexdigest(), "rows": rows.num_rows}


def _write_answers(folder: Path, window: Window, asked: date, at_utc: datetime, content: bytes) -> list[str]:
    """One answer for each instrument, written as the archive writes it but without waiting for the disk; the stamps."""
    sha256 = hashlib.sha256(content).hexdigest()
    place = folder / "archive" / "objects" / sha256[:2] / sha256
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    stamps = []
    for number, name in enumerate(append.INSTRUMENTS):
        source = source_of("market", "tiingo", name, window, asked)
        moment = at_utc + timedelta(milliseconds=number)
        record = {
            "source": source,
            "sha256": sha256,
            "size": len(content),
            "fetched_at_utc": moment.strftime(TIME_FORMAT),
            "archived_at_utc": moment.strftime(TIME_FORMAT),
            "request": {"symbols": {name: name}},
        }
        stamps.append(moment.strftime("%Y%m%dT%H%M%S%fZ"))
        file = folder / "archive" / "fetches" / source / f"{stamps[-1]}-{sha256[:12]}.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(record))
    return stamps
