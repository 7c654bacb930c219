"""What ends a query: the memory and the time of its process, also where the engine's own account is passed by."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration.settings import Settings

pytestmark = pytest.mark.slow

# The most memory that any process had: of a process this small, so that what counts is the query's.
MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([done.returncode, done.stdout[:1000], done.stderr, most]))
"""
HASHWATT = [sys.executable, "-m", "orchestration.cli.main", "query"]
TOO_HUNGRY = (
    "error: the query needs more memory than it may use\n"
    "what to do: aggregate or filter first, or give more, as --memory 4GB\n"
)
HUNGRY = {
    "repeat": "select repeat('x', 1000000) from range(3000)",
    "unnest": "select unnest(range(100000000)) as x",
    "recursive": "with recursive r as (select 1 as n, 'a' as s union all select n + 1, s || s from r where n < 34) select max(length(s)) from r",
    "map": "select map(list(i::varchar), list(repeat('v', 100))) as m from range(3000000) t(i)",
}


def measured(settings: Settings, *arguments: str) -> tuple[int, str, str, int]:
    """Exit code, the beginning of the answer, what was said, and the most bytes that a process had."""
    command = [sys.executable, "-c", MEASURED, *HASHWATT, *arguments]
    done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=True, timeout=300)
    code, out, err, most = json.loads(done.stdout)
    return code, out, err, most


def environment(settings: Settings) -> dict[str, str]:
    return {**os.environ, **settings.environment}


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="this system keeps to no limit of a process's memory")
@pytest.mark.parametrize("statement", HUNGRY)
def test_no_statement_has_more_memory_than_was_given(settings: Settings, statement: str) -> None:
    code, _, said, most = measured(settings, HUNGRY[statement], "--memory", "50MB", "--format", "csv")
    assert (code, said) == (6, TOO_HUNGRY)
    # 50 MB, and what Python and DuckDB are without a query.
    assert most < 250_000_000


def test_rows_are_handed_on_as_they_come(settings: Settings) -> None:
    """A hundred megabytes of rows pass through fifty."""
    asked = "select i, repeat('x', 500) as x from range(200000) t(i)"
    code, out, said, most = measured(settings, asked, "--memory", "50MB", "--format", "csv")
    assert (code, said, out.splitlines()[:2]) == (0, "", ["i,x", f"0,{'x' * 500}"])
    assert most < 250_000_000


def test_what_does_not_hear_that_its_time_is_up_is_ended(settings: Settings) -> None:
    """One call of one function takes minutes here, and the engine looks at the clock between calls."""
    deaf = "select levenshtein(repeat('a', 600000), repeat('b', 600000)) as x"
    done = subprocess.run(
        [*HASHWATT, deaf, "--timeout", "0.5"], env=environment(settings), capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr.startswith("error: the query was stopped after 0.5 seconds\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_command_ends_the_process_of_the_query(settings: Settings, number: signal.Signals) -> None:
    asked = "select count(*) from range(1000000000000) t(i)"
    with subprocess.Popen(
        [*HASHWATT, asked], env=environment(settings), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while not (children := _children(process.pid)):
            time.sleep(0.05)
        process.send_signal(number)
        said = process.stderr.read()
    assert process.returncode == 128 + number and said == f"interrupted by {number.name}\n"
    assert not any(_is_running(child) for child in children)


def _children(pid: int) -> list[int]:
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in done.stdout.split()]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
