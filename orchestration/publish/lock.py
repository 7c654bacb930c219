"""One refresh at a time, between the scheduler and the command line. The operating system holds the lock, so a killed
process releases it; a small file beside it says who holds it, for the message only."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from orchestration import clock
from orchestration.errors import HashwattError, RefreshRunning
from orchestration.faults import require_writable
from orchestration.progress import report
from orchestration.settings import Settings

if TYPE_CHECKING:
    import filelock

# `hashwatt status` takes the lock for an instant to see whether it is free; a refresh must not trip over that.
_PROBE_GRACE_SECONDS = 0.5
_POLL_SECONDS = 0.1
_REPORT_EVERY_SECONDS = 15.0


@contextmanager
def writer_lock(settings: Settings, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the writer lock of `settings.home` for the block.

    Waits up to `wait_seconds`, and reports for whom at the start and about every 15 seconds.
    Raises RefreshRunning when another process still holds it, HashwattError when the home cannot be written.
    """
    import filelock

    require_writable(settings)
    try:
        lock = filelock.FileLock(str(settings.lock_file))
        _acquire(lock, settings, wait_seconds)
    except OSError as error:
        raise HashwattError(
            f"the lock {settings.lock_file} cannot be taken: {error}",
            "check that HASHWATT_HOME names a folder you may write to, on a local disk",
        ) from error
    try:
        _write_holder(settings)
        yield
    finally:
        with suppress(OSError):
            _holder_file(settings).unlink(missing_ok=True)
        lock.release()


def running_refresh(settings: Settings) -> str | None:
    """Who holds the writer lock, in words for a person; None when it is free.

    The right to read the lock is enough. Raises HashwattError where there is not even that.
    """
    import fcntl

    try:
        with settings.lock_file.open("rb") as file:
            # What filelock takes alone; asking to share it fails while somebody has it.
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except BlockingIOError:
        return _holder(settings)
    except OSError as error:
        raise HashwattError(
            f"cannot be told, {settings.lock_file} cannot be read: {error.strerror}", "ask whoever refreshes this home"
        ) from error
    return None


def busy(holder: str) -> RefreshRunning:
    """The error of a command that does not wait for `holder` any longer."""
    return RefreshRunning(
        f"another refresh is running: {holder}",
        "wait for it to end, or give --wait SECONDS; readers are not affected meanwhile",
    )


def _acquire(lock: filelock.BaseFileLock, settings: Settings, wait_seconds: float) -> None:
    import filelock

    deadline = time.monotonic() + wait_seconds
    seconds = _PROBE_GRACE_SECONDS
    while True:
        try:
            lock.acquire(timeout=seconds, poll_interval=_POLL_SECONDS)
            return
        except filelock.Timeout:
            holder = _holder(settings)
        left = deadline - time.monotonic()
        if left <= 0:
            raise busy(holder)
        report(f"waiting for another refresh to end: {holder}")
        seconds = min(left, _REPORT_EVERY_SECONDS)


def _holder_file(settings: Settings) -> Path:
    return settings.lock_file.with_name(settings.lock_file.name + ".json")


def _write_holder(settings: Settings) -> None:
    # What Dagster starts for a run has a page of arguments.
    command = shorten(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]]) or "unknown command", 80, placeholder=" ...")
    said = f"process {os.getpid()} on {platform.node()}, since {clock.now_utc():%Y-%m-%dT%H:%M:%SZ} ({command})"
    # The details serve a message only: a full disk must not stop the refresh here, where nothing is known yet.
    with suppress(OSError):
        _holder_file(settings).write_text(json.dumps(said), encoding="utf-8")


def _holder(settings: Settings) -> str:
    with suppress(OSError, ValueError):
        if isinstance(said := json.loads(_holder_file(settings).read_text(encoding="utf-8")), str):
            return said
    return "one that left no details"
