"""Company facts to Parquet in the lake, against edgartools' parse to a frame; throughput, peak memory, and how it grows.

`make bench ARGS=companyfacts` copies the five recorded documents of ../shared/data/sec under other CIKs into a temporary
folder, and installs edgartools into an environment of its own: the project does not depend on it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from bench.measure import Finding, Measured, measure
from ingestion.landing.staging import stage
from tools.own_environment import environment

RECORDED = Path(__file__).resolve().parents[2] / "shared" / "data" / "sec"
PEERS = (Path(__file__).resolve().parents[1] / ".venv-bench", ("edgartools==5.62.0", "pandas", "lxml"))
MANY, MOST = 20, 100
FETCHED = datetime(2026, 11, 20)
MEMORY_MB = 300.0
LEAD_MANY, LEAD_ONE = 10.0, 3.0
GROWTH = 1.15
"""Peak memory of 100 issuers over that of the largest one alone; the rest of a flat line is the allocator."""

PEER = """
import json, sys, time
import orjson
from edgar.entity.parser import EntityFactsParser
def frame(path):
    with open(path, "rb") as handle:
        return EntityFactsParser.parse_company_facts(orjson.loads(handle.read())).to_dataframe()
paths = sys.argv[1:]
frame(paths[0])
started = time.perf_counter()
rows = sum(len(frame(path)) for path in paths[1:])
print(json.dumps({"seconds": time.perf_counter() - started, "rows": rows}))
"""


def companyfacts(folder: Path, runs: int) -> Iterator[Finding]:
    """Throughput over many files and over one, and memory; the first file of each run warms up and is not counted."""
    files = write_documents(folder / "documents", MOST + 1)
    peer = environment(*PEERS)
    largest = max(files, key=lambda file: file.stat().st_size)
    for subject, timed, lead in (
        (f"{MANY} company facts", files[1 : MANY + 1], LEAD_MANY),
        ("one", [largest], LEAD_ONE),
    ):
        given = [files[0], *timed]
        pairs = [(run_ours(folder, given), run_peer(peer, given)) for _ in range(runs)]
        ours, theirs = (min(side, key=lambda one: one["seconds"]) for side in zip(*pairs, strict=True))
        if ours["rows"] != theirs["rows"]:
            raise RuntimeError(f"{ours['rows']:,} rows here, {theirs['rows']:,} in edgartools")
        megabytes = sum(file.stat().st_size for file in timed) / 1e6
        yield Finding(
            f"{subject} to Parquet, {megabytes:.0f} MB",
            f"{megabytes / ours['seconds']:.0f} MB/s",
            f"edgartools to a frame {megabytes / theirs['seconds']:.1f} MB/s, {theirs['seconds'] / ours['seconds']:.1f}x",
            ours["seconds"] / theirs["seconds"],
            1 / lead,
        )
    alone = peak_of(folder, [largest])
    yield Finding(
        "peak memory, largest file", f"{alone.peak_mb:.0f} MB", f"{MEMORY_MB:.0f} MB", alone.peak_mb / MEMORY_MB, 1.0
    )
    many = peak_of(folder, files[:MOST])
    yield Finding(
        f"peak memory, {MOST} issuers",
        f"{many.peak_mb:.0f} MB",
        f"the largest alone {alone.peak_mb:.0f} MB",
        many.peak_mb / alone.peak_mb,
        GROWTH,
    )


def write_documents(folder: Path, count: int) -> list[Path]:
    """Copies of the recorded documents, each under a CIK of its own."""
    recorded = sorted(RECORDED.glob("*companyfacts_CIK*.json"))
    if not recorded:
        raise RuntimeError(f"no recorded company facts in {RECORDED}")
    folder.mkdir(parents=True)
    files = []
    for number in range(count):
        body = recorded[number % len(recorded)].read_bytes()
        cik = 9_000_000_000 + number
        files.append(folder / f"CIK{cik}.json")
        files[-1].write_bytes(re.sub(rb'^\{"cik":\d+', b'{"cik":%d' % cik, body, count=1))
    return files


def run_peer(python: Path, files: Sequence[Path]) -> dict[str, float]:
    home = {**os.environ, "HOME": str(files[0].parent)}
    return last_line([str(python), "-c", PEER, *map(str, files)], home)


def run_ours(folder: Path, files: Sequence[Path]) -> dict[str, float]:
    return last_line(ours_command(folder, files), dict(os.environ))


def ours_command(folder: Path, files: Sequence[Path]) -> list[str]:
    listed = folder / "listed.txt"
    listed.write_text("\n".join(map(str, files)))
    return [sys.executable, "-m", "bench.companyfacts", str(listed)]


def last_line(command: Sequence[str], env: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(command, env=env, cwd=Path(__file__).parents[1], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stderr[-3000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def peak_of(folder: Path, files: Sequence[Path]) -> Measured:
    return measure(ours_command(folder, files), env=dict(os.environ), cwd=Path(__file__).parents[1])


def first_load(files: Sequence[Path]) -> None:
    """What a first load does with archived documents: parse, check, write each partition's Parquet file.

    Prints seconds and rows after the first document. Promotion, which waits for the disk, comes after the clock.
    """
    from ingestion.contracts import FACT, FILING
    from ingestion.edgar.companyfacts import parse_company_facts, read_ahead
    from ingestion.fetch.archive import Fetch
    from ingestion.fetch.storage import Storage
    from ingestion.landing.batch import Batch
    from ingestion.landing.lake import Lake
    from ingestion.landing.staging import Staged

    filings = FILING.schema().empty_table()
    recorded = {"Apple Inc.", "NVIDIA CORP", "ALPHABET INC.", "MARVELL TECHNOLOGY, INC", "STRATEGY INC"}

    def read(file: Path) -> Callable[[], Batch]:
        content = file.read_bytes()
        fetch = Fetch(f"bench/{file.name}", "0" * 64, len(content), FETCHED, FETCHED, {})
        return parse_company_facts(fetch, content, "BENCH", file.stem[3:], filings, names=recorded)

    with tempfile.TemporaryDirectory(prefix="hashwatt-bench-") as folder:
        lake = Lake(Storage(Path(folder) / "lake"))

        def land(files: Sequence[Path]) -> list[Staged]:
            batches = read_ahead(partial(read, file) for file in files)
            return [stage(lake, batch.table, [batch], Path(folder) / "staged", FETCHED) for batch in batches]

        waiting: list[Staged] = []
        if len(files) > 1:
            waiting += land(files[:1])
            files = files[1:]
        started = time.perf_counter()
        timed = land(files)
        seconds = time.perf_counter() - started
        waiting += timed
        rows = sum(staged.rows_kept for staged in timed)
        for staged in waiting:
            lake.promote(staged)
        if sum(kept for staged in waiting for _, kept in staged.partitions.values()) < rows or lake.verify(FACT):
            raise RuntimeError("the lake does not hold what was staged")
        print(json.dumps({"seconds": seconds, "rows": rows}))


if __name__ == "__main__":
    first_load([Path(line) for line in Path(sys.argv[1]).read_text().splitlines()])
