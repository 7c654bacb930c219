"""How often a source may be asked, counted over all threads and processes of one user on this machine. Asks nothing.

A request holds its place from before it is sent until a full window after its answer has begun. It reaches the server
somewhere in between, so the server can never see more than `requests` in any sliding window, whatever the delays on
the way; counting from the moment of sending would let late and punctual requests arrive together.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from pyrate_limiter import Rate, RateItem, SQLiteBucket

from ingestion.http_errors import Blocked, DeadlineExceeded

POLL_SECONDS = 0.01
# A place whose holder was killed comes free after this; no answer takes that long to begin.
IN_FLIGHT_SECONDS = 90
# The clock starts again with the machine: what lies further ahead was written before.
HORIZON_SECONDS = 3600
TABLE = "places"


class RateLimit:
    """At most `requests` in any `seconds` at the server, shared by everything on this machine that uses `name`.

    The count is kept in a SQLite file under `folder` (by default one folder per user in the system's temporary
    folder, whatever HASHWATT_HOME is). Losing the file costs nothing but the memory of the last window.
    """

    def __init__(self, name: str, *, requests: int, seconds: float = 1.0, folder: Path | None = None) -> None:
        self.name, self.requests, self.seconds = name, requests, seconds
        self._folder = folder or Path(tempfile.gettempdir()) / f"hashwatt-{os.getuid()}"
        self._turn, self._inside = threading.Lock(), threading.Lock()
        self._pid: int | None = None

    @contextmanager
    def place(self, deadline: float) -> Iterator[None]:
        """Waits for a place and holds it; leave the context when the answer has begun or failed.

        `deadline` is on time.monotonic(). Raises DeadlineExceeded when no place comes free before it, and Blocked at
        once while the source is closed.
        """
        token = uuid.uuid4().hex
        if not self._turn.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise self._too_late(0)
        try:
            while (wait := self._try(token, deadline)) > 0:
                if time.monotonic() + wait > deadline:
                    raise self._too_late(wait)
                time.sleep(wait)
        finally:
            self._turn.release()
        try:
            yield
        finally:
            with self._exclusive(time.monotonic() + IN_FLIGHT_SECONDS) as connection:
                connection.execute(f"update {TABLE} set item_timestamp = ? where name = ?", (_now_ms(), token))

    def pause(self, seconds: float) -> None:
        """Nobody asks for `seconds`: the source wants a rest."""
        self._hold(seconds, None)

    def close(self, seconds: float, reason: str) -> None:
        """Nobody asks for `seconds`, and whoever tries gets Blocked with `reason`."""
        self._hold(seconds, reason)

    def _hold(self, seconds: float, reason: str | None) -> None:
        seconds = min(seconds, HORIZON_SECONDS)
        with self._exclusive(time.monotonic() + IN_FLIGHT_SECONDS) as connection:
            connection.execute("insert into holds values (?, ?)", (_now_ms() + int(seconds * 1000), reason))

    def _try(self, token: str, deadline: float) -> float:
        """Takes a place if one is free. Returns 0, or the seconds after which to try again."""
        with self._exclusive(deadline) as connection:
            now = _now_ms()
            connection.execute("delete from holds where until_ms <= ? or until_ms > ?", (now, _horizon(now)))
            holds = connection.execute("select until_ms, reason from holds order by reason is null, until_ms desc")
            if hold := holds.fetchone():
                rest: float = (hold[0] - now) / 1000
                if hold[1] is not None:
                    raise Blocked(
                        self.name,
                        f"{hold[1]}; nothing is asked for another {rest:.0f} s",
                        "Wait until then; the last publication stays as it is",
                    )
                return max(rest, POLL_SECONDS)
            connection.execute(f"delete from {TABLE} where item_timestamp > ?", (_horizon(now),))
            self._bucket.leak(now)
            if not self._bucket.put(RateItem(token, now)):
                landed = connection.execute(
                    f"select min(item_timestamp) from {TABLE} where item_timestamp <= ?", (now,)
                )
                first = landed.fetchone()[0]
                # The next place to come free is that of the earliest answer; while there is none, look again soon.
                return POLL_SECONDS if first is None else max(first + self.seconds * 1000 + 1 - now, 1) / 1000
            flying = now + IN_FLIGHT_SECONDS * 1000
            connection.execute(f"update {TABLE} set item_timestamp = ? where name = ?", (flying, token))
            return 0

    @contextmanager
    def _exclusive(self, deadline: float) -> Iterator[sqlite3.Connection]:
        """The shared file, ours alone for a moment; committed at the end, or as it was when something is raised."""
        with self._inside:
            if self._pid != os.getpid():  # a connection must not be carried over a fork
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                _require_own(self._folder)
                self._lock = FileLock(self._folder / f"{self.name}.lock", poll_interval=0.001, thread_local=False)
            try:
                self._lock.acquire(timeout=max(deadline - time.monotonic(), 0))
            except Timeout as error:
                raise self._too_late(0) from error
            try:
                if self._pid != os.getpid():
                    self._bucket, self._pid = self._open(), os.getpid()
                with self._bucket.conn as connection:
                    yield connection
            finally:
                self._lock.release()

    def _open(self) -> SQLiteBucket:
        path = self._folder / f"{self.name}.sqlite"
        try:
            return self._prepared(path)
        except sqlite3.DatabaseError:
            for torn in self._folder.glob(f"{path.name}*"):
                torn.unlink()
            return self._prepared(path)

    def _prepared(self, path: Path) -> SQLiteBucket:
        rates = [Rate(self.requests, int(self.seconds * 1000))]
        bucket = SQLiteBucket.init_from_file(rates, table=TABLE, db_path=str(path))
        # Nothing here needs to outlive the machine: no waiting for the disk.
        bucket.conn.execute("pragma journal_mode = wal").close()
        bucket.conn.execute("pragma synchronous = off").close()
        bucket.conn.execute("create table if not exists holds (until_ms integer, reason text)").close()
        return bucket

    def _too_late(self, wait: float) -> DeadlineExceeded:
        return DeadlineExceeded(
            self.name,
            f"the limit of {self.requests} requests in {self.seconds:g} s leaves no place before the deadline"
            + (f" (the source asked for a pause of another {wait:.0f} s)" if wait > 1 else ""),
            "Try again later, or run fewer refreshes side by side",
            retry_after=wait or None,
        )


def _require_own(folder: Path) -> None:
    """In a folder that others can write to, someone could plant the file that we count in."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(f"{folder} is not a folder of this user alone; remove it, or set its mode to 0700")


def _now_ms() -> int:
    """The machine's clock since its start: the same in every process, and nobody can set it."""
    return time.monotonic_ns() // 1_000_000


def _horizon(now: int) -> int:
    return now + HORIZON_SECONDS * 1000
