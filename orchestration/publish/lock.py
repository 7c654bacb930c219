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
from dataclasses import asdict, dataclass
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


@dataclass(frozen=True)
class Holder:
    """Who holds the writer lock; `since_utc` is ISO 8601."""

    pid: int
    since_utc: str
    command: str
    host: str

    def sentence(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since_utc} ({self.command})"


@contextmanager
def writer_lock(
    settings: Settings,
    wait_seconds: float = 0.0,
) -> Iterator[None]:
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


def running_refresh(settings: Settings) -> Holder | None:
    """The holder of the writer lock, or None when it is free. A holder that left no details has pid 0.

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
        return _read_holder(settings) or Holder(0, "an unknown time", "unknown command", "this machine")
    except OSError as error:
        raise HashwattError(
            f"cannot be told, {settings.lock_file} cannot be read: {error.strerror}", "ask whoever refreshes this home"
        ) from error
    return None


def busy(holder: Holder | None) -> RefreshRunning:
    """The error of a command that does not wait for `holder` any longer."""
    return RefreshRunning(
        f"another refresh is running: {_told(holder)}",
        "wait for it to end, or give --wait SECONDS; readers are not affected meanwhile",
    )


def _told(holder: Holder | None) -> str:
    return holder.sentence() if holder else "it left no details"


def _acquire(
    lock: filelock.BaseFileLock,
    settings: Settings,
    wait_seconds: float,
) -> None:
    import filelock

    deadline = time.monotonic() + wait_seconds
    seconds = _PROBE_GRACE_SECONDS
    while True:
        try:
            lock.acquire(timeout=seconds, poll_interval=_POLL_SECONDS)
            return
        except filelock.Timeout:
            holder = _read_holder(settings)
        left = deadline - time.monotonic()
        if left <= 0:
            raise busy(holder)
        report(f"waiting for another refresh to end: {_told(holder)}")
        seconds = min(left, _REPORT_EVERY_SECONDS)


def _holder_file(settings: Settings) -> Path:
    return settings.lock_file.with_name(settings.lock_file.name + ".json")


def _write_holder(settings: Settings) -> None:
    holder = Holder(
        pid=os.getpid(),
        since_utc=f"{clock.now_utc():%Y-%m-%dT%H:%M:%SZ}",
        # What Dagster starts for a run has a page of arguments.
        command=shorten(" ".join([Path(sys.argv[0]).name, *sys.argv[1:]]) or "unknown command", 80, placeholder=" ..."),
        host=platform.node(),
    )
    # The details serve a message only: a full disk must not stop the refresh here, where nothing is known yet.
    with suppress(OSError):
        _holder_file(settings).write_text(json.dumps(asdict(holder)), encoding="utf-8")


def _read_holder(settings: Settings) -> Holder | None:
    try:
        return Holder(**json.loads(_holder_file(settings).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
