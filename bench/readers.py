"""Eight kinds of questions that a BI tool asks, at 1, 8 and 32 readers at once, while the publication is swapped every second.

`python -m bench.readers`: readers are threads of a server with a process for each core, connect for each question and keep the
connection before open, as docs/bi.md has it. Beside stands what the same costs when nothing is kept. The bars are for an
idle machine of two cores. What is swapped is the publication against a copy of it, so the answers never differ.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
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
SWAP_SECONDS = 1.0


class _Asked(NamedTuple):
    """What the readers of a process got: a time in ms for each answer, the publications that gave them, errors, and CPU in ms."""

    milliseconds: list[float]
    publications: set[str]
    errors: list[str]
    cpu: float


def _read(current: Path, until: float, number: int, keeps: bool, asked: _Asked) -> None:
    """Questions in turn until the clock says so."""
    questions = list(KINDS.values())
    kept = None
    while time.monotonic() < until:
        number += 1
        began = time.perf_counter()
        try:
            connection = duckdb.connect(str(current / "hashwatt.duckdb"), read_only=True, config={"threads": 1})
            if keeps:
                kept = connection  # Of the one before nothing is left open when `current` has moved.
            connection.execute(questions[number % len(questions)]).fetchall()
            if kept is None:
                connection.close()
            asked.milliseconds.append((time.perf_counter() - began) * 1000)
            asked.publications.add(os.readlink(current))
        except (duckdb.Error, OSError) as error:
            asked.errors.append(str(error))


def _serve(current: Path, until: float, numbers: Sequence[int], keeps: bool) -> _Asked:
    """One process of a server, with a thread for each reader."""
    asked = _Asked([], set(), [], 0.0)
    before = resource.getrusage(resource.RUSAGE_SELF)
    with ThreadPoolExecutor(len(numbers)) as threads:
        for done in [threads.submit(_read, current, until, number, keeps, asked) for number in numbers]:
            done.result()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return asked._replace(cpu=(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)


def _two(home: Path, folder: Path) -> tuple[Settings, Sequence[str]]:
    """A home with the current publication of `home` and the same under another id."""
    settings = Settings.from_env({"HASHWATT_HOME": str(folder)})
    source = (home / "current").resolve()
    names = [source.name, source.name[:-1] + ("0" if source.name[-1] != "0" else "1")]
    for name in names:
        shutil.copytree(source, settings.publications / name)
    move_pointer(settings, names[0])
    return settings, names


def _answers(
    settings: Settings, names: Sequence[str], readers: int, processes: int, seconds: float, keeps: bool
) -> _Asked:
    """What so many readers got together; RuntimeError where one got none, or not from both publications."""
    shares = [range(readers)[first::processes] for first in range(min(processes, readers))]
    with multiprocessing.get_context("spawn").Pool(len(shares)) as pool:
        pool.map(abs, range(len(shares)))  # The processes are there before the clock runs.
        until = time.monotonic() + seconds
        results: Any = pool.starmap_async(_serve, [(settings.current, until, share, keeps) for share in shares], 1)
        swaps = 0
        while time.monotonic() < until:
            swaps += 1
            move_pointer(settings, names[swaps % 2])
            time.sleep(SWAP_SECONDS)
        done: list[_Asked] = results.get()
    together = _Asked(
        [one for asked in done for one in asked.milliseconds],
        {one for asked in done for one in asked.publications},
        [error for asked in done for error in asked.errors],
        sum(asked.cpu for asked in done),
    )
    if together.errors or len(together.milliseconds) < 100 or len(together.publications) != 2:
        raise RuntimeError(
            f"{len(together.milliseconds)} answers, {len(together.errors)} errors: {together.errors[:3]}"
        )
    return together


def measure(home: Path, folder: Path, seconds: float, processes: int) -> list[Finding]:
    settings, names = _two(home, folder)
    found = []
    print("readers  connections   answers  errors  CPU/answer        p50        p99        bar", flush=True)
    for readers, bar in BARS_MS.items():
        for keeps in (False, True):
            asked = _answers(settings, names, readers, processes, seconds, keeps)
            took = asked.milliseconds
            p99 = statistics.quantiles(took, n=100)[98]
            told = (asked.cpu / len(took), statistics.median(took), p99)
            print(
                f"{readers:>7}  {'one is kept' if keeps else 'none kept':<11}  {len(took):>8,}  {len(asked.errors):>6}"
                + "".join(f"  {one:>6.1f} ms" for one in told)
                + (f"  {bar:>6} ms  {'holds' if p99 <= bar else 'TOO MUCH'}" if keeps else ""),
                flush=True,
            )
            if keeps:
                found.append(Finding(f"p99 of {readers} readers", f"{p99:.1f} ms", f"{bar} ms", p99 / bar, 1.0))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.readers", description=__doc__)
    parser.add_argument("--home", type=Path, help="HASHWATT_HOME or .hashwatt when not given")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long for each line")
    parser.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, help="of the server; 32: each reader its own"
    )
    given = parser.parse_args()
    home = given.home or Settings.from_env().home
    with tempfile.TemporaryDirectory(prefix="hashwatt-bench-") as folder:
        found = measure(home, Path(folder), given.seconds, given.processes)
    return int(not all(one.holds for one in found))


if __name__ == "__main__":
    sys.exit(main())
