"""Rolling correlation, beta and its error of many instruments: CPU of the model that computes them against a scan of the same Parquet."""

from __future__ import annotations

import importlib.util
import resource
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import psutil
import pyarrow as pa

from bench.measure import SAMPLE_SECONDS, Finding, tree_mb

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "dbt_project" / "models" / "intermediate" / "int_correlation__window.py"
INSTRUMENTS = 5_000
SESSIONS = 5_000
MEMORY_MB, BEYOND_MB = 2_000, 500


def betas(folder: Path) -> Iterator[Finding]:
    """One pair an instrument, twenty years of sessions in the order of the model, four windows, DuckDB limited to MEMORY_MB.

    The scan is of all columns. What is computed is added up and not written: 100 million rows are another matter.
    """
    model, bars, longest = module_of(MODEL), INSTRUMENTS * SESSIONS, 252
    folder.mkdir(parents=True, exist_ok=True)
    limits: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{MEMORY_MB}MB",
        "threads": 1,
        "temp_directory": str(folder / "spill"),
    }
    returns, day = folder / "returns.parquet", folder / "day.parquet"
    with duckdb.connect(":memory:", config=limits) as connection:
        connection.execute(f"COPY ({SERIES}) TO '{returns}' (FORMAT parquet)", [SESSIONS, INSTRUMENTS])
        last = f"FROM '{returns}' WHERE session_date >= DATE '2000-01-01' + {SESSIONS - longest}"
        connection.execute(f"COPY ({last}) TO '{day}' (FORMAT parquet)")
    with duckdb.connect(":memory:", config=limits) as connection:

        def read(file: Path) -> pa.RecordBatchReader:
            return connection.sql(f"FROM '{file}'").to_arrow_reader(model.BLOCK_ROWS)

        def scan() -> object:
            maxima = ", ".join(f"max({name})" for name in model.READ)
            return connection.execute(f"SELECT {maxima} FROM '{returns}'").fetchall()

        def fits() -> int:
            numbers = 0
            for block, first, unbroken in model.blocks(read(returns)):
                for window, fit in model.fitted(*model.returns_of(block)).items():
                    full = unbroken[first:] >= window
                    numbers += int((np.isfinite(fit.beta[first:] + fit.correlation[first:]) & full).sum())
            return numbers

        def rows() -> int:
            return sum(
                batch.num_rows - batch["beta_standard_error"].null_count for batch in model.windows_of(read(returns))
            )

        def newest() -> int:
            numbers = 0
            # Windows of so many pairs fit the processor's cache.
            for batch in connection.sql(f"FROM '{day}'").to_arrow_reader(128 * longest):
                x, y = (of_batch.reshape(-1, longest) for of_batch in model.returns_of(batch))
                errors = (model.of_residuals(x[:, -window:], y[:, -window:])[2] for window in model.WINDOWS)
                numbers += sum(int(np.isfinite(error).sum()) for error in errors)
            return numbers

        expected = INSTRUMENTS * sum(SESSIONS - window + 1 for window in model.WINDOWS)
        with most_mb() as peak:
            scanned, fitted, whole = cpu(scan), cpu(fits, expected), cpu(rows, expected)
        day_read, of_day = cpu(lambda: sum(1 for _ in read(day))), cpu(newest, INSTRUMENTS * len(model.WINDOWS))
    scan_told, limit = f"scan {scanned:.2f} s", MEMORY_MB + BEYOND_MB
    yield Finding(f"correlation and beta, {bars:,} bars", f"{fitted:.1f} s", scan_told, fitted / scanned, 12.0)
    yield Finding("the same with errors, as rows", f"{whole:.1f} s", scan_told, whole / scanned, 40.0)
    yield Finding("the same, memory", f"{peak[0]:.0f} MB", f"DuckDB's limit and {BEYOND_MB} MB", peak[0] / limit, 1.0)
    yield Finding(
        "the day of them with errors", f"{of_day:.2f} s", f"its windows read {day_read:.2f} s", of_day / day_read, 2.0
    )


SERIES = """
    SELECT 'A' || instrument AS instrument_a, 'B' AS instrument_b, DATE '2000-01-01' + CAST(session AS INTEGER) AS session_date,
        0.06 * (random() - 0.5) AS log_return_a, 0.04 * (random() - 0.5) AS log_return_b,
        CAST(DATE '2000-01-01' + CAST(session AS INTEGER) AS TIMESTAMP) AS known_at_utc
    FROM range(?) AS sessions (session), range(?) AS instruments (instrument)
    ORDER BY instrument, session"""


def module_of(model: Path) -> ModuleType:
    """The module of a model in Python."""
    spec = importlib.util.spec_from_file_location(model.stem, model)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module in {model}")
    module = sys.modules[model.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cpu(act: Callable[[], object], expected: object = None) -> float:
    """Seconds of processor that `act` took, over all threads of this process; RuntimeError where it gave something else."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    found = act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    if expected is not None and found != expected:
        raise RuntimeError(f"{found} numbers, not {expected}: one for each full window")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def most_mb() -> Iterator[list[float]]:
    """The most memory of this process while it lasts, MB, as the one item of the list."""
    most, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(SAMPLE_SECONDS):
            most[0] = max(most[0], tree_mb(psutil.Process()))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield most
    finally:
        ended.set()
        watcher.join()
