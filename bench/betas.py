"""Rolling correlation, beta and its error of many instruments: CPU of mart_correlation's own SQL against a scan of the same Parquet."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from bench.measure import Finding

ROOT = Path(__file__).resolve().parent.parent
INSTRUMENTS = 500
SESSIONS = 1260
MEMORY = "2GB"
# Scans are of columns that compress well; the model sorts some fifty running sums for the errors, whatever the windows.
AT_MOST = 400.0


def betas(folder: Path) -> Iterator[Finding]:
    """One pair an instrument, five years of sessions, four windows, within the memory that MEMORY names."""
    folder.mkdir(parents=True, exist_ok=True)
    model = compiled(folder, "mart_correlation")
    with duckdb.connect(
        ":memory:", config={"memory_limit": MEMORY, "temp_directory": str(folder / "spill")}
    ) as connection:
        returns = folder / "returns.parquet"
        connection.execute(f"COPY ({SERIES}) TO '{returns}' (FORMAT parquet)", [SESSIONS, INSTRUMENTS])
        connection.execute(f"CREATE VIEW int_return__shared AS FROM '{returns}'")
        columns = [name for name, *_ in connection.execute("DESCRIBE int_return__shared").fetchall()]
        scan = "SELECT " + ", ".join(f"max({name})" for name in columns) + " FROM int_return__shared"
        scanned = cpu(lambda: connection.execute(scan).fetchall())
        built = cpu(lambda: connection.execute(f"CREATE TABLE built AS {model}"))
        rows = connection.execute("SELECT count(beta_standard_error) FROM built").fetchone()
        if rows != (INSTRUMENTS * sum(SESSIONS - window + 1 for window in (30, 60, 90, 252)),):
            raise RuntimeError(f"{rows} errors of betas, not one for each full window")
    yield Finding(
        f"betas with errors, {INSTRUMENTS * SESSIONS:,} bars",
        f"{built:.2f} s",
        f"scan {scanned:.3f} s",
        built / scanned,
        AT_MOST,
    )


SERIES = """
    SELECT 'A' || instrument AS instrument_a, 'B' AS instrument_b, 'same_close' AS close_alignment,
        CAST(NULL AS VARCHAR) AS same_close_alternative, DATE '2020-01-01' + CAST(session AS INTEGER) AS session_date,
        0.06 * (random() - 0.5) AS log_return_a, 0.04 * (random() - 0.5) AS log_return_b,
        CAST(DATE '2020-01-01' + CAST(session AS INTEGER) AS TIMESTAMP) AS known_at_utc
    FROM range(?) AS sessions (session), range(?) AS instruments (instrument)
    ORDER BY instrument, session"""


def compiled(folder: Path, model: str) -> str:
    """SQL of a model, its relations by their bare names."""
    project = str(ROOT / "dbt_project")
    command = [sys.executable, "-m", "dbt.cli.main", "compile", "--select", model, "--project-dir", project]
    command += ["--profiles-dir", project, "--target-path", str(folder / "target"), "--log-path", str(folder / "logs")]
    environment = {**os.environ, "HASHWATT_BUILD_FILE": str(folder / "compiled.duckdb"), "HASHWATT_LAKE": str(folder)}
    subprocess.run(command, env=environment, cwd=folder, capture_output=True, check=True)
    (file,) = (folder / "target" / "compiled").rglob(f"{model}.sql")
    return re.sub(r'"\w+"\."\w+"\."(\w+)"', r'"\1"', file.read_text(encoding="utf-8"))


def cpu(act: Callable[[], object]) -> float:
    """Seconds of processor that `act` took, over all threads of this process."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    act()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
