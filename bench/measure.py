"""Wall time of a command and the peak memory of its process tree. What is measured, and against what, is in the other modules."""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class Measured:
    """Wall seconds, and the greatest sum of resident memory over the process and its descendants, in MB."""

    seconds: float
    peak_mb: float


@dataclass(frozen=True)
class Finding:
    """One line of the report: a value, what it is measured against, the ratio, and the bound that it must keep."""

    subject: str
    value: str
    baseline: str
    ratio: float
    bound: float

    @property
    def holds(self) -> bool:
        return self.ratio <= self.bound


def tree_mb(process: psutil.Process) -> float:
    """Resident memory of a process and its descendants, MB; pages they share count once for each."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 1e6


def measure(command: Sequence[str], *, env: Mapping[str, str], cwd: Path) -> Measured:
    """Runs a command once; raises RuntimeError with the end of its output when it fails."""
    peak = 0.0
    ended = threading.Event()
    with tempfile.TemporaryFile("w+") as output:
        started = time.perf_counter()
        child = subprocess.Popen(command, env=dict(env), cwd=cwd, stdout=output, stderr=subprocess.STDOUT)

        def watch() -> None:
            nonlocal peak
            process = psutil.Process(child.pid)
            while not ended.is_set():
                peak = max(peak, tree_mb(process))
                ended.wait(SAMPLE_SECONDS)

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = child.wait()
        seconds = time.perf_counter() - started
        ended.set()
        watcher.join()
        if code != 0:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{output.read()[-3000:]}")
    return Measured(seconds, peak)


def median_of(runs: int, once: Callable[[], Measured]) -> Measured:
    """The median time of `runs` runs and their greatest peak."""
    done = [once() for _ in range(runs)]
    return Measured(statistics.median(one.seconds for one in done), max(one.peak_mb for one in done))
