"""A command in a process of its own, which is ended by the memory and the time that its options give it, whatever it does."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Final

import click

from orchestration.errors import QueryRefused
from orchestration.interruption import SIGNALS, Interrupted

_ASKED: Final = "hashwatt.asked"
# Beside what the engine counts: Python, DuckDB's own code, the rows that are being written.
_BESIDE: Final = 96 << 20
_THREAD: Final = 8 << 20
_GRACE_SECONDS: Final = 1.0


class Alone(click.Command):
    """The engine keeps its own account of memory, which some functions pass by, and is asked to stop, which some do not
    hear. So a command with options `memory` and `timeout` is run by the operating system's account, again and alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_ASKED] = list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        given, command = ctx.find_root().params, ctx.params
        if given["alone"]:
            _limit(command["memory"], command["timeout"])
            try:
                return super().invoke(ctx)
            except MemoryError:
                raise too_hungry() from None
        # What was asked is given on as it was; -P, since a module of that name may lie in the folder one stands in.
        again = [
            sys.executable,
            "-P",
            "-m",
            "orchestration.cli.main",
            "--alone",
            *(["--debug"] if given["debug"] else []),
        ]
        code = _run([*again, str(self.name), *ctx.meta[_ASKED]])
        if code >= 0:
            ctx.exit(code)
        if -code in SIGNALS:
            raise Interrupted(-code)
        raise too_long(command["timeout"]) if code == -signal.SIGALRM else too_hungry()


def too_long(seconds: float) -> QueryRefused:
    return QueryRefused(f"the query was stopped after {seconds:g} seconds", "ask for less, or give --timeout SECONDS")


def too_hungry() -> QueryRefused:
    return QueryRefused(
        "the query needs more memory than it may use", "aggregate or filter first, or give more, as --memory 4GB"
    )


def size_in_bytes(size: str) -> int:
    """The bytes of 500MB or 4GB, as DuckDB counts them."""
    return int(size[:-2]) * {"MB": 10**6, "GB": 10**9}[size[-2:].upper()]


def _limit(memory: str, timeout: float) -> None:
    """Let the system end this process. Memory only where /proc tells what is used by now, on Linux: macOS keeps to no such
    limit, and the engine's own remains."""
    # The engine ends itself when the time is up, in words; this ends what does not hear.
    signal.setitimer(signal.ITIMER_REAL, timeout + _GRACE_SECONDS)
    # One signal of the terminal comes to both processes, and the other one answers it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    account = Path("/proc/self/statm")
    if account.exists():
        used = int(account.read_text().split()[5]) * resource.getpagesize()
        most = used + size_in_bytes(memory) + _BESIDE + _THREAD * (os.cpu_count() or 1)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _run(command: list[str]) -> int:
    """The exit code. Standard streams are handed on; those that are no files, in a program around this one, are copied."""
    ends = [_end(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)]
    with subprocess.Popen(command, stdin=ends[0], stdout=ends[1], stderr=ends[2], text=True) as process:
        try:
            said = process.communicate(sys.stdin.read() if ends[0] == subprocess.PIPE else None)
        except BaseException:
            process.kill()
            raise
    for text, is_error in zip(said, (False, True), strict=True):
        click.echo(text or "", nl=False, err=is_error)
    return process.returncode


def _end(stream: IO[str]) -> int:
    try:
        return stream.fileno()
    except OSError:
        return subprocess.PIPE
