"""Refreshes that are killed, interrupted and let through at random for some minutes, while a reader looks all the time.

`python -m bench.soak --minutes 10 --seed 1` changes one contract of a copied ledger before each run, so that each publication
says which run made it: readers must see the last run that said it was done, or the one after it, and nothing between. In the end
one undisturbed run must give the very tables that a new home gives.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import psutil

from bench.measure import Finding
from orchestration.pipeline.instance import RUNS_KEPT
from orchestration.publish.store import KEEP

ROOT = Path(__file__).resolve().parent.parent
HASHWATT = [sys.executable, "-m", "orchestration.cli.main"]
LEDGER = ROOT / "ingestion" / "ledger"
DEAL = "IREN-2025-11-03-Microsoft"
VALUE = re.compile(rf"^({DEAL},.*?,increment,)[\d.]+(,)", re.MULTILINE)
FIRST_VALUE = 9_000
"""What the first run says of the contract, USD million; each run says one more."""
SEEN = f"""
select (select value_usd_m from fct_ai_deal where deal_id = '{DEAL}')::bigint,
       (select value_usd_m from mart_contracted_ai_book where issuer = 'IREN')
       = (select sum(value_usd_m) from fct_ai_deal where issuer = 'IREN' and is_in_book)
"""
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, None)
"""One of these ends a run; None lets it through."""
SECONDS_TO_END = 20.0
MEGABYTES_OF_A_RUN = 10.0
"""What Dagster's history may hold of one run, of as many as are kept."""
OF_THE_RUN = ("meta_publication", "meta_check")
"""Tables that say which run it was, not what is known."""


class World:
    """A home with a ledger of its own, and what is seen of it."""

    def __init__(self, folder: Path) -> None:
        self.home, self.ledger, self.output = folder / "home", folder / "ledger", folder / "output.txt"
        shutil.copytree(LEDGER, self.ledger, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        self.shipped = (self.ledger / "ai_deal.csv").read_text(encoding="utf-8")
        if not VALUE.search(self.shipped):
            raise RuntimeError(f"{DEAL} is not in the ledger any more")

    def says(self, value: int) -> None:
        (self.ledger / "ai_deal.csv").write_text(VALUE.sub(rf"\g<1>{value}\g<2>", self.shipped), encoding="utf-8")

    def start(self, *arguments: str, home: Path | None = None) -> subprocess.Popen[bytes]:
        env = {**os.environ, "HASHWATT_HOME": str(home or self.home), "HASHWATT_LEDGER": str(self.ledger)}
        with self.output.open("wb") as output:
            return subprocess.Popen(
                [*HASHWATT, *arguments], env=env, cwd=ROOT, stdout=output, stderr=output, start_new_session=True
            )

    def run(self, *arguments: str, home: Path | None = None) -> None:
        if self.start(*arguments, home=home).wait() != 0:
            raise RuntimeError(f"hashwatt {' '.join(arguments)}: {self.output.read_text(encoding='utf-8')[-3000:]}")

    def family(self) -> list[psutil.Process]:
        """Every process that works in the home, whoever its parent is."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("HASHWATT_HOME") == str(self.home) and process.pid != os.getpid():
                    found.append(process)
        return found

    def seen(self) -> int:
        """The value that readers see now. Raises RuntimeError when book and deals are not of one run."""
        file = self.home / "current" / "hashwatt.duckdb"
        with duckdb.connect(str(file.resolve()), read_only=True) as connection:
            row = connection.execute(SEEN).fetchone()
        if row is None or not row[1]:
            raise RuntimeError(f"readers see a torn publication: {row}")
        return int(row[0])

    def megabytes(self, *parts: str) -> float:
        return sum(one.stat().st_size for one in self.home.joinpath(*parts).rglob("*") if one.is_file()) / 1e6

    def besides_what_is_kept(self) -> float:
        """Runs and publications grow until as many are there as are kept, which takes longer than a soak."""
        return self.megabytes() - self.megabytes("dagster") - self.megabytes("publications")


class Reader(threading.Thread):
    """Reads without pause; keeps what went wrong."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True)
        self.world, self.reads, self.torn, self.done = world, 0, list[str](), threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.2):
            try:
                self.world.seen()
            except (duckdb.Error, RuntimeError) as error:
                self.torn.append(str(error))
            self.reads += 1


def soak(folder: Path, minutes: float, seed: int) -> Iterator[Finding]:
    """Raises RuntimeError when a run that nobody disturbed fails."""
    choose, world = random.Random(seed), World(folder)
    world.says(FIRST_VALUE)
    started = time.monotonic()
    world.run("refresh", "--quiet")
    usual, seen, lost, left_over = time.monotonic() - started, FIRST_VALUE, 0, 0
    ends: Counter[str] = Counter()
    sizes = [world.besides_what_is_kept()]
    (reader := Reader(world)).start()
    end = time.monotonic() + 60 * minutes
    for value in range(FIRST_VALUE + 1, FIRST_VALUE + 10_000):
        if time.monotonic() > end:
            break
        world.says(value)
        how = choose.choice(SIGNALS)
        process = world.start("refresh", "--quiet")
        with suppress(subprocess.TimeoutExpired):
            process.wait(None if how is None else choose.uniform(0.0, 1.1 * usual))
        if disturbed := how is not None and process.poll() is None:
            with suppress(ProcessLookupError):
                process.send_signal(how)
        code = process.wait()
        if not disturbed and code != 0:
            raise RuntimeError(f"an undisturbed run ended with {code}: {world.output.read_text()[-3000:]}")
        ends["published" if code == 0 else signal.Signals(-code).name if code < 0 else f"exit {code}"] += 1
        _ended, alive = psutil.wait_procs(world.family(), timeout=SECONDS_TO_END)
        left_over += len(alive)
        for one in alive:
            one.kill()
        now = world.seen()
        # A run that was stopped may have published just before; one that said so has.
        lost += now not in ({value} if code == 0 else {value, seen})
        seen = now
        sizes.append(world.besides_what_is_kept())
        print(
            f"  {value}: {how.name if how else 'undisturbed'}, {code}; readers see {now}, {sizes[-1]:.0f} MB",
            flush=True,
        )
    world.says(last := value + 1)
    world.run("refresh", "--quiet")
    reader.done.set()
    reader.join()
    world.run("doctor")
    if world.seen() != last:
        raise RuntimeError("the undisturbed run at the end is not what readers see")
    world.run("refresh", "--quiet", home=folder / "new")
    different = differences(world.home, folder / "new")
    runs = sum(ends.values())
    said = ", ".join(f"{name} {count}" for name, count in ends.most_common())
    yield Finding("publications lost or gone back", f"{lost}", f"{runs} runs: {said}", lost, 0)
    yield Finding("reads that were torn or failed", f"{len(reader.torn)}", f"{reader.reads} reads", len(reader.torn), 0)
    yield Finding("processes left 20 s after the end", f"{left_over}", f"{runs} runs", left_over, 0)
    yield Finding(
        "tables unlike those of a new home", f"{len(different)}", ", ".join(different) or "all alike", len(different), 0
    )
    middle = max(sizes[len(sizes) // 2 :][:3] or sizes)
    yield Finding("home but what is kept", f"{sizes[-1]:.0f} MB", f"half-way {middle:.0f} MB", sizes[-1] / middle, 1.2)
    kept = len(list((world.home / "publications").iterdir()))
    yield Finding("publications kept", f"{kept}", f"at most {KEEP}", kept, KEEP)
    history, allowed = world.megabytes("dagster"), MEGABYTES_OF_A_RUN * min(runs + 2, RUNS_KEPT)
    yield Finding("its history of runs", f"{history:.0f} MB", f"{allowed:.0f} MB", history / allowed, 1.0)


def differences(home: Path, other: Path) -> list[str]:
    """Published tables whose rows differ, beside those that say which run it was."""
    with duckdb.connect() as connection:
        for name, place in (("a", home), ("b", other)):
            connection.execute(f"ATTACH '{(place / 'current' / 'hashwatt.duckdb').resolve()}' AS {name} (READ_ONLY)")
        sql = "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? AND schema_name = 'main' ORDER BY ALL"
        tables: dict[str, list[str]] = {}
        columns = connection.execute(sql, ["a"]).fetchall()
        if columns != connection.execute(sql, ["b"]).fetchall():
            return ["the columns themselves"]
        for table, column in columns:
            if table not in OF_THE_RUN:
                tables.setdefault(table, []).append(f'"{column}"')
        return [table for table, names in tables.items() if _differ(connection, table, ", ".join(names))]


def _differ(connection: duckdb.DuckDBPyConnection, table: str, names: str) -> bool:
    a, b = (f"SELECT {names} FROM {one}.main.{table}" for one in "ab")
    sql = f"SELECT (SELECT count(*) FROM (({a}) EXCEPT ALL ({b}))) + (SELECT count(*) FROM (({b}) EXCEPT ALL ({a})))"
    row = connection.execute(sql).fetchone()
    return row is None or row[0] > 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1, help="which signals at which moments")
    asked = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory(prefix="hashwatt-soak-") as folder:
        for one in soak(Path(folder), asked.minutes, asked.seed):
            broken += not one.holds
            print(f"{one.subject:<36}{one.value:>8}   {one.baseline}{'' if one.holds else '   TOO MUCH'}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
