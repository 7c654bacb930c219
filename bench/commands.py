"""The daily job, a query, all documented ones and the import of the definitions, against the bare tool that does the work under it."""

from __future__ import annotations

import os
import shlex
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from bench.measure import Finding, Measured, measure, median_of
from tools.page_outputs import blocks

ROOT = Path(__file__).resolve().parent.parent
QUERY = "select issuer, value_usd_m from mart_contracted_ai_book order by issuer"
HASHWATT = [sys.executable, "-m", "orchestration.cli.main"]


def refresh(home: Path, runs: int) -> Iterator[Finding]:
    """A cold process on an empty home, and `dbt build` of the same project on the lake it leaves behind."""
    refreshes, builds = [], []
    # In turns, so that a busy machine slows both alike. The first round warms the disk and is not counted.
    for turn in range(runs + 1):
        own = home / f"refresh-{turn}"
        env = {**os.environ, "HASHWATT_HOME": str(own)}
        refreshed = measure([*HASHWATT, "refresh", "--quiet"], env=env, cwd=ROOT)
        built = dbt_build(own, home / "dbt-target", home / f"bare-{turn}.duckdb")
        if turn:
            refreshes.append(refreshed)
            builds.append(built)
    job, bare = (median_of(len(done), iter(done).__next__) for done in (refreshes, builds))
    yield Finding(
        "hashwatt refresh, cold process, empty home",
        f"{job.seconds:.1f} s",
        f"dbt build {bare.seconds:.1f} s",
        job.seconds / bare.seconds,
        6.0,
    )
    yield Finding("its peak memory, whole process tree", f"{job.peak_mb:.0f} MB", "1,000 MB", job.peak_mb / 1_000, 1.0)
    scanned = scan(own / "lake")
    yield Finding(
        "that dbt build, all models and tests",
        f"{bare.seconds:.1f} s",
        f"one scan of its lake {scanned:.2f} s",
        bare.seconds / scanned,
        400.0,
    )


def scan(lake: Path) -> float:
    """Seconds in which DuckDB reads every column of every table of a lake once."""
    started = time.perf_counter()
    with duckdb.connect(":memory:") as connection:
        for table in sorted({file.parent.parent for file in lake.glob("*/*/data.parquet")}):
            rows = connection.sql(f"FROM read_parquet('{table}/*/data.parquet', hive_partitioning = false)")
            rows.aggregate(", ".join(f'count("{name}"), max("{name}")' for name in rows.columns)).fetchall()
    return time.perf_counter() - started


def dbt_build(home: Path, target: Path, build_file: Path) -> Measured:
    """`dbt build` alone, with the parse of its last run at hand: the strictest baseline."""
    env = {
        **os.environ,
        "HASHWATT_BUILD_FILE": str(build_file),
        "HASHWATT_LAKE": str(home / "lake"),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    project = str(ROOT / "dbt_project")
    dbt = str(Path(sys.executable).with_name("dbt"))
    return measure([dbt, "build", "--project-dir", project, "--profiles-dir", project], env=env, cwd=ROOT)


def published(folder: Path) -> Path:
    """A home with a publication: one that a refresh of this run has left, or else a new one."""
    for home in sorted(folder.glob("refresh-*")):
        return home
    home = folder / "refresh-0"
    measure([*HASHWATT, "refresh", "--quiet"], env={**os.environ, "HASHWATT_HOME": str(home)}, cwd=ROOT)
    return home


def query(home: Path, runs: int) -> Iterator[Finding]:
    """A question to a small table, and the same through the bare driver in a process of its own."""
    env = {**os.environ, "HASHWATT_HOME": str(home)}
    file = home / "current" / "hashwatt.duckdb"
    script = f"import duckdb; print(duckdb.connect({str(file)!r}, read_only=True).sql({QUERY!r}).fetchall())"
    asked = median_of(runs, lambda: measure([*HASHWATT, "query", QUERY], env=env, cwd=ROOT))
    bare = median_of(runs, lambda: measure([sys.executable, "-c", script], env=env, cwd=ROOT))
    driver = f"the bare driver takes {bare.seconds:.2f} s, {asked.seconds / bare.seconds:.1f}x"
    yield Finding(
        "hashwatt query, cold process", f"{asked.seconds:.2f} s", f"1.5 s ({driver})", asked.seconds / 1.5, 1.0
    )


def definitions(runs: int) -> Iterator[Finding]:
    """Importing everything Dagster is told, and importing Dagster and dagster-dbt alone."""

    def importing(modules: str) -> Measured:
        return measure([sys.executable, "-c", f"import {modules}"], env=os.environ, cwd=ROOT)

    importing("orchestration.definitions")  # The dbt manifest is parsed here if it was out of date.
    ours = median_of(runs, lambda: importing("orchestration.definitions"))
    bare = median_of(runs, lambda: importing("dagster, dagster_dbt"))
    yield Finding(
        "import orchestration.definitions",
        f"{ours.seconds:.2f} s",
        f"import dagster, dagster_dbt {bare.seconds:.2f} s",
        ours.seconds / bare.seconds,
        3.0,
    )


def questions(home: Path, runs: int) -> Iterator[Finding]:
    """Every query of docs/questions.md on a connection of its own, in a process that is warm, and a connection that is asked nothing."""
    asked = [
        shlex.split(one.command)[2] for one in blocks((ROOT / "docs" / "questions.md").read_text(encoding="utf-8"))
    ]
    file = home / "current" / "hashwatt.duckdb"

    def milliseconds(sql: str) -> float:
        started = time.perf_counter()
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute(sql).fetchall()
        return 1_000 * (time.perf_counter() - started)

    # In turns, so that a busy machine slows both alike.
    took = [(milliseconds(sql), milliseconds("SELECT 1")) for sql in asked * runs]
    bare = statistics.median(nothing for _, nothing in took)
    percentiles = statistics.quantiles((answer for answer, _ in took), n=100)
    for name, place, bound in (("p50", 50, 3.0), ("p99", 99, 10.0)):
        value = percentiles[place - 1]
        yield Finding(
            f"{len(asked)} documented questions, {name}",
            f"{value:.0f} ms",
            f"SELECT 1 {bare:.0f} ms",
            value / bare,
            bound,
        )
