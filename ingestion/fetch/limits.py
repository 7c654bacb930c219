"""How often a source may be asked, counted over all threads and processes of one user on this machine. Asks nothing.

A request arrives somewhere between its sending and the beginning of its answer. Its place comes free one window after
that answer, less an allowance for the distance: the shortest round trip of the last hour without GRACE_SECONDS. So the
server sees at most `requests` in any sliding window as long as no way there and no way back are together shorter than
the allowance, however late single requests are; in particular as long as ways there differ by at most GRACE_SECONDS.
Whatever the ways do, it sees at most `requests` in any window less MOST_ALLOWANCE_SECONDS, and `requests * (n + 1)` in
any n windows. Decision 0010 has the proof.
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

from ingestion.fetch.http_errors import Blocked, DeadlineExceeded

POLL_SECONDS = 0.01
# By how much a round trip may be shorter than every one of the last hour before the limit can be exceeded.
GRACE_SECONDS = 0.05
# Bounds what an allowance that has become wrong can cost.
MOST_ALLOWANCE_SECONDS = 0.5
# Fewer say too little about the shortest.
ENOUGH_TRIPS = 8
# Long enough to hold what was measured before the way became crowded; when it clears, requests come that quickly again.
MEMORY_MINUTES = 60
# A place whose holder was killed comes free after this; no answer takes that long to begin.
IN_FLIGHT_SECONDS = 90
# The clock starts again with the machine: what lies further ahead was written before.
HORIZON_SECONDS = 3600
TABLE = "places"


class Place:
    """The place of one request. Not told when the request was written, it learns nothing about the distance."""

    def __init__(self) -> None:
        self.written_ms: int | None = None

    def written(self) -> None:
        """The request has been handed to the network; connecting before that is no part of its way."""
        self.written_ms = _now_ms() + 1  # rounded up: no round trip may look longer than it was


class RateLimit:
    """At most `requests` in any `seconds` at the server, shared by everything on this machine that uses `name`.

    The head of this module says how exactly that is kept.

    The count is kept in a SQLite file under `folder` (by default one folder per user in the system's temporary
    folder, whatever HASHWATT_HOME is). Losing the file costs the memory of the last window and of the distance.
    """

    def __init__(self, name: str, *, requests: int, seconds: float = 1.0, folder: Path | None = None) -> None:
        self.name, self.requests, self.seconds = name, requests, seconds
        self._folder = folder or Path(tempfile.gettempdir()) / f"hashwatt-{os.getuid()}"
        self._turn, self._inside = threading.Lock(), threading.Lock()
        self._pid: int | None = None

    @contextmanager
    def place(self, deadline: float) -> Iterator[Place]:
        """Waits for a place and holds it; leave the context when the answer has begun, by an exception when it failed.

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
        place, begun = Place(), False
        try:
            yield place
            begun = True
        finally:
            counted = _now_ms()
            with self._exclusive(time.monotonic() + IN_FLIGHT_SECONDS) as connection:
                if begun and place.written_ms is not None:
                    connection.execute(
                        "insert into trips values (?, ?, 1) on conflict (minute) do update "
                        "set shortest_ms = min(shortest_ms, excluded.shortest_ms), trips = trips + 1",
                        (counted // 60_000, max(counted - place.written_ms, 0)),
                    )
                if not begun:
                    # It may still be on its way, and no answer will bound when it arrives: no allowance for it.
                    counted = max(counted, (place.written_ms or 0) + _ms(GRACE_SECONDS)) + _ms(MOST_ALLOWANCE_SECONDS)
                connection.execute(f"update {TABLE} set item_timestamp = ? where name = ?", (counted, token))

    def hold(self, seconds: float, reason: str | None = None) -> None:
        """Nobody asks for `seconds`: the source wants a rest. With a `reason` whoever tries gets Blocked, and does not wait."""
        seconds = min(seconds, HORIZON_SECONDS)
        with self._exclusive(time.monotonic() + IN_FLIGHT_SECONDS) as connection:
            connection.execute("insert into holds values (?, ?)", (_now_ms() + int(seconds * 1000), reason))

    def _try(self, token: str, deadline: float) -> float:
        """Takes a place if one is free. Returns 0, or the seconds after which to try again."""
        with self._exclusive(deadline) as connection:
            now = _now_ms()
            horizon = now + _ms(HORIZON_SECONDS)
            connection.execute("delete from holds where until_ms <= ? or until_ms > ?", (now, horizon))
            holds = connection.execute("select until_ms, reason from holds order by reason is null, until_ms desc")
            if hold := holds.fetchone():
                rest: float = (hold[0] - now) / 1000
                if hold[1] is not None:
                    raise Blocked(
                        self.name,
                        f"{hold[1]}; nothing is asked for another {rest:.0f} s",
                        "Wait until then; many sources refuse the addresses of clouds for good: then ask from another",
                    )
                return max(rest, POLL_SECONDS)
            connection.execute(f"delete from {TABLE} where item_timestamp > ?", (horizon,))
            self._bucket.leak(now)
            distance = _distance(connection, now)
            allowance = min(max((distance or 0) - _ms(GRACE_SECONDS), 0), _ms(MOST_ALLOWANCE_SECONDS))
            if not self._bucket.put(RateItem(token, now + allowance)):
                first, flying = connection.execute(
                    "select min(item_timestamp) filter (where item_timestamp <= :now), "
                    f"count(*) filter (where item_timestamp > :now) from {TABLE}",
                    {"now": now},
                ).fetchone()
                # The next place to come free is that of the earliest answer. Look again soon while there is none, or
                # while those to come may tell the distance.
                if first is None or (distance is None and flying):
                    return POLL_SECONDS
                free = int(first) + self.seconds * 1000 + 1 - allowance
                return max(free - now, 1) / 1000
            until = now + IN_FLIGHT_SECONDS * 1000
            connection.execute(f"update {TABLE} set item_timestamp = ? where name = ?", (until, token))
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
        bucket.conn.execute(
            "create table if not exists trips (minute integer primary key, shortest_ms integer, trips integer)"
        ).close()
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


def _distance(connection: sqlite3.Connection, now: int) -> int | None:
    """The shortest round trip remembered, in milliseconds; None while there are too few to tell."""
    minute = now // 60_000
    connection.execute("delete from trips where minute > ? or minute < ?", (minute, minute - MEMORY_MINUTES))
    shortest, trips = connection.execute("select min(shortest_ms), coalesce(sum(trips), 0) from trips").fetchone()
    return shortest if trips >= ENOUGH_TRIPS else None


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _now_ms() -> int:
    """The machine's clock since its start: the same in every process, and nobody can set it."""
    return time.monotonic_ns() // 1_000_000
