"""Eight kinds of questions that a BI tool asks, at 1, 8 and 32 readers at once, while the publication is swapped again and again.

`python -m bench.readers --home HOME`: each question opens the file anew, or a pool does every few seconds, as docs/bi.md has it, and is held against the bar for an
idle machine of two cores. What is swapped is the publication against a copy of it, so the answers never differ.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from bench.measure import Finding
from orchestration.publish.store import move_pointer
from orchestration.settings import Settings

KINDS = {
    "one row": "from mart_contracted_ai_book where issuer = 'IREN'",
    "a ranking": "select issuer, value_usd_m from mart_contracted_ai_book order by value_usd_m desc nulls last limit 10",
    "a series": "select session_date, close_usd from fct_market_price_daily where instrument = 'MARA' order by 1",
    "the newest day": "select instrument, max_by(close_usd, session_date) from fct_market_price_daily group by 1",
    "months": "select date_trunc('month', session_date) as m, instrument, avg(close_usd) from fct_market_price_daily group by all",
    "a join": "select i.current_name, sum(b.principal_usd_m) from mart_bond_issuance b join dim_issuer i using (issuer) group by 1",
    "a pivot": "select calendar_quarter, sum(capex_cash_usd_m) filter (where issuer = 'MSFT') as msft, "
    "sum(capex_cash_usd_m) as all_of_them from mart_hyperscaler_capex group by 1 order by 1",
    "how fresh": "select publication_id, published_at_utc from meta_publication",
}
BARS_MS = {1: 10, 8: 60, 32: 200}


class _Asked(NamedTuple):
    milliseconds: list[float]
    publications: set[str]
    errors: list[str]


def _read(current: Path, until: float, number: int, lifetime: float) -> _Asked:
    """Questions in turn until the clock says so, each connection kept for `lifetime` seconds, as a pool does."""
    asked = _Asked([], set(), [])
    questions = list(KINDS.values())
    connection, opened = None, 0.0
    while time.monotonic() < until:
        number += 1
        began = time.perf_counter()
        try:
            if connection is None or began - opened > lifetime:
                if connection is not None:
                    connection.close()
                connection, opened = duckdb.connect(str(current / "hashwatt.duckdb"), read_only=True), began
                connection.execute("SET threads = 1")
            connection.execute(questions[number % len(questions)]).fetchall()
            asked.milliseconds.append((time.perf_counter() - began) * 1000)
            asked.publications.add(os.readlink(current))
        except (duckdb.Error, OSError) as error:
            asked.errors.append(str(error))
    return asked


def _two(home: Path, folder: Path) -> tuple[Settings, Sequence[str]]:
    """A home with the current publication of `home` and the same under another id."""
    settings = Settings.from_env({"HASHWATT_HOME": str(folder)})
    source = (home / "current").resolve()
    names = [source.name, source.name[:-1] + ("0" if source.name[-1] != "0" else "1")]
    for name in names:
        shutil.copytree(source, settings.publications / name)
    move_pointer(settings, names[0])
    return settings, names


def measure(home: Path, folder: Path, seconds: float, lifetime: float) -> list[Finding]:
    settings, names = _two(home, folder)
    found = []
    for readers, bar in BARS_MS.items():
        with multiprocessing.get_context("spawn").Pool(readers) as pool:
            pool.map(abs, range(readers))  # The processes are there before the clock runs.
            until = time.monotonic() + seconds
            results: Any = pool.starmap_async(
                _read, [(settings.current, until, number, lifetime) for number in range(readers)]
            )
            swaps = 0
            while time.monotonic() < until:
                swaps += 1
                move_pointer(settings, names[swaps % 2])
                time.sleep(0.2)
            done: list[_Asked] = results.get()
        took = sorted(one for asked in done for one in asked.milliseconds)
        errors = [error for asked in done for error in asked.errors]
        if errors or len(took) < 100 or len({one for asked in done for one in asked.publications}) != 2:
            raise RuntimeError(f"{len(took)} answers, {len(errors)} errors: {errors[:3]}")
        p99 = statistics.quantiles(took, n=100)[98]
        print(
            f"{readers:>2} readers: {len(took):,} answers, {swaps} swaps, 0 errors, p50 {statistics.median(took):.1f} ms, p99 {p99:.1f} ms",
            flush=True,
        )
        found.append(Finding(f"p99 of {readers} readers", f"{p99:.1f} ms", f"{bar} ms", p99 / bar, 1.0))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.readers", description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long for each number of readers")
    parser.add_argument(
        "--lifetime", type=float, default=0.0, help="seconds for which a connection is kept; 0: anew each time"
    )
    given = parser.parse_args()
    home = given.home or Settings.from_env().home
    with tempfile.TemporaryDirectory(prefix="hashwatt-bench-") as folder:
        found = measure(home, Path(folder), given.seconds, given.lifetime)
    for one in found:
        print(f"{one.subject}: {one.value}, {one.ratio:.2f}x of the bar of {one.baseline}")
    return int(not all(one.holds for one in found))


if __name__ == "__main__":
    sys.exit(main())
