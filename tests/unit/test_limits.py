"""The limit holds at the server, in every sliding second, for all threads and processes; and it ends when it should."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from urllib3.util import connection as urllib3_connection

from ingestion.fetch import http_errors, limits
from ingestion.fetch.client import Client
from ingestion.fetch.limits import RateLimit
from tests.edgar.relay import Relay
from tests.edgar.server import QUICK, EdgarServer, busiest, redirect

pytestmark = pytest.mark.usefixtures("only_this_machine")

ROOT = Path(__file__).resolve().parents[2]
PATH = "/submissions/CIK0009990001.json"

ASKING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ingestion.fetch.limits import RateLimit
from ingestion.fetch.client import Client

url, folder, threads, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
limit = RateLimit("edgar", requests=8, seconds=0.5, folder=folder)
client = Client(limit, {"127.0.0.1"}, loopback_for_tests=True)
with ThreadPoolExecutor(threads) as pool:
    for answer in pool.map(lambda _: client.get(url, kind="json"), range(times)):
        assert answer.status == 200
"""

HOLDING = """
import sys, time
from pathlib import Path
from ingestion.fetch import limits

limits.IN_FLIGHT_SECONDS = 1
limit = limits.RateLimit("edgar", requests=int(sys.argv[2]), folder=Path(sys.argv[1]))
with limit.place(time.monotonic() + 5):
    print("held", flush=True)
    time.sleep(60)
"""


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


def test_two_processes_and_their_threads_share_one_limit_at_the_server(
    edgar_server: EdgarServer, tmp_path: Path
) -> None:
    edgar_server.put(PATH, b"{}")
    edgar_server.latency_seconds = 0.05
    command = [sys.executable, "-c", ASKING, edgar_server.url + PATH, str(tmp_path / "limit"), "5", "12"]
    children = [subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) for _ in range(2)]
    assert [child.wait(60) for child in children] == [0, 0]
    assert edgar_server.asked() == 24
    assert edgar_server.busiest(0.5) <= 8
    moments = [one.moment for one in edgar_server.arrivals]
    # Twenty-four requests are three rounds of eight: it holds back, and it does not dawdle.
    assert 1.0 < max(moments) - min(moments) < 2.0


def test_a_far_server_costs_its_distance_once(edgar_server: EdgarServer, tmp_path: Path) -> None:
    with Relay(edgar_server.port, there=lambda: 0.9) as relay:
        ask_through(relay, edgar_server, RateLimit("far", requests=8, seconds=0.6, folder=tmp_path), 24)
    assert edgar_server.busiest(0.6) <= 8
    moments = [one.moment for one in edgar_server.arrivals]
    # Three rounds: 1.2 s between the first and the last, and the grace twice. With the way in every round, 3.0.
    assert 1.2 < max(moments) - min(moments) < 2.6


def test_no_delay_on_the_way_brings_more_than_the_limit_together(
    edgar_server: EdgarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However late requests are, there or back: only what is quicker than any before could be too much."""
    monkeypatch.setattr(limits, "GRACE_SECONDS", 0.03)
    there, back = cycle([0.05, 0.15, 0.35, 0.05]), cycle([0.05] * 6 + [0.35])
    with Relay(edgar_server.port, lambda: next(there), lambda: next(back)) as relay:
        ask_through(relay, edgar_server, RateLimit("late", requests=4, seconds=0.3, folder=tmp_path), 16)
    assert edgar_server.busiest(0.3) <= 4
    assert remembered(tmp_path / "late.sqlite")[0] >= 100  # so an allowance was made


def ask_through(relay: Relay, edgar_server: EdgarServer, limit: RateLimit, times: int) -> None:
    edgar_server.put(PATH, b"{}")
    client = Client(limit, {"127.0.0.1"}, loopback_for_tests=True)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.get(f"http://127.0.0.1:{relay.port}{PATH}", kind="json"), range(times)))
    assert edgar_server.asked() == times


def test_a_way_that_becomes_short_all_at_once_breaks_no_more_than_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MOST_ALLOWANCE_SECONDS", 0.1)
    limit = RateLimit("cleared", requests=4, seconds=0.25, folder=tmp_path)
    arrived: list[float] = []

    def ask(number: int) -> None:
        take(limit, 10, *((0.25, 0.0) if number < 8 else (0.0, 0.25)), arrived)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(20)))
    assert arrived[4] - arrived[3] > 0.45  # four answers do not tell the distance
    assert 4 < busiest(arrived, 0.25) <= 8
    assert busiest(arrived, 0.15) <= 4
    assert busiest(arrived, 0.75) <= 16


def test_connecting_is_no_part_of_the_way(
    edgar_server: EdgarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect: Callable[..., Any] = urllib3_connection.create_connection

    def slowly(*place: Any, **how: Any) -> Any:
        time.sleep(0.1)
        return connect(*place, **how)

    monkeypatch.setattr(urllib3_connection, "create_connection", slowly)
    file = tmp_path / "hops.sqlite"
    limit = RateLimit("hops", requests=100, seconds=60, folder=tmp_path)
    client = Client(limit, {"127.0.0.1"}, bounds=QUICK, loopback_for_tests=True)
    edgar_server.put(PATH, b"{}")
    edgar_server.fail("/moved", redirect(PATH))
    client.get(edgar_server.url + "/moved", kind="json")
    shortest, trips = remembered(file)
    assert shortest < 100
    assert trips == 2  # one for each hop
    with pytest.raises(http_errors.Unreachable):
        client.get("http://127.0.0.1:9" + PATH, kind="json")
    assert remembered(file) == (shortest, 2)
    with sqlite3.connect(file) as connection:
        places, last = connection.execute(f"select count(*), max(item_timestamp) from {limits.TABLE}").fetchone()
    connection.close()
    assert places == 2 + QUICK.attempts
    assert last / 1000 <= time.monotonic() + limits.MOST_ALLOWANCE_SECONDS  # none is held any longer


def test_a_bare_limit_is_used_up_to_the_brim(tmp_path: Path) -> None:
    limit = RateLimit("brim", requests=8, seconds=0.5, folder=tmp_path)
    started = time.monotonic()
    for _ in range(8):
        with limit.place(soon()):
            pass
    assert time.monotonic() - started < 0.3
    with limit.place(soon()):
        assert 0.5 <= time.monotonic() - started < 0.8


def test_a_thread_in_the_queue_keeps_its_own_deadline(tmp_path: Path) -> None:
    limit = RateLimit("queue", requests=1, seconds=0.9, folder=tmp_path)
    with limit.place(soon()):
        pass

    patient = threading.Thread(target=take, args=(limit, 5))
    patient.start()
    time.sleep(0.1)
    started = time.monotonic()
    with pytest.raises(http_errors.DeadlineExceeded):
        take(limit, 0.2)
    assert time.monotonic() - started < 0.6
    patient.join()


def take(
    limit: RateLimit, seconds: float, there: float = 0.0, back: float = 0.0, arrived: list[float] | None = None
) -> None:
    with limit.place(soon(seconds)) as place:
        if there or back:
            place.written()
            time.sleep(there)
            arrived.append(time.monotonic())
            time.sleep(back)


def remembered(file: Path) -> tuple[int, int]:
    """The shortest round trip in milliseconds, and how many there were."""
    with sqlite3.connect(file) as connection:
        shortest, trips = connection.execute("select min(shortest_ms), sum(trips) from trips").fetchone()
    connection.close()
    return shortest, trips


def test_no_distance_is_allowed_for_a_request_that_was_given_up_on_its_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "ENOUGH_TRIPS", 1)
    monkeypatch.setattr(limits, "MOST_ALLOWANCE_SECONDS", 0.15)
    limit = RateLimit("cut", requests=1, seconds=0.2, folder=tmp_path)
    take(limit, 5, 0.25, 0.0, [])
    started = time.monotonic()
    with pytest.raises(KeyError), limit.place(soon()) as place:
        place.written()
        raise KeyError
    assert time.monotonic() - started < 0.1  # the allowance is in force
    started = time.monotonic()
    take(limit, 5)
    assert 0.25 <= time.monotonic() - started < 0.8
    assert remembered(tmp_path / "cut.sqlite")[1] == 1  # nor does it say how far the server is


def test_the_place_of_a_killed_process_stays_taken_until_its_answer_must_have_begun(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path), "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None and child.stdout.readline() == "held\n"
    held = time.monotonic()
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    limit = RateLimit("edgar", requests=1, seconds=0.5, folder=tmp_path)
    with pytest.raises(http_errors.DeadlineExceeded):
        take(limit, 0.7)
    take(limit, 10)
    assert 1.4 < time.monotonic() - held < 4


def test_a_pause_holds_for_everyone_and_ends(tmp_path: Path) -> None:
    for seconds in (0.5, 0.1):  # the longest counts
        RateLimit("shared", requests=8, folder=tmp_path).hold(seconds)
    other, started = RateLimit("shared", requests=8, folder=tmp_path), time.monotonic()
    with pytest.raises(http_errors.DeadlineExceeded):
        take(other, 0.2)
    take(other, 5)
    assert 0.4 < time.monotonic() - started < 1


def test_closing_is_an_error_for_everyone_and_ends(tmp_path: Path) -> None:
    limit = RateLimit("closed", requests=8, folder=tmp_path)
    for pause in (0.2, 5):
        limit.hold(pause)
    limit.hold(0.4, "shut out")
    other = RateLimit("closed", requests=8, folder=tmp_path)
    started = time.monotonic()
    for one in (limit, other):
        with pytest.raises(http_errors.Blocked, match=r"shut out; nothing is asked(.|\n)*addresses of clouds"):
            take(one, 5)
    assert time.monotonic() - started < 0.15  # at once, not after the pause
    time.sleep(0.45)
    with pytest.raises(http_errors.DeadlineExceeded, match="pause"):  # of the pause that is still on
        take(other, 1)


def test_limits_of_other_names_do_not_count(tmp_path: Path) -> None:
    RateLimit("one", requests=1, folder=tmp_path).hold(60, "shut out")
    with pytest.raises(http_errors.Blocked):
        take(RateLimit("one", requests=1, folder=tmp_path), 1)
    started = time.monotonic()
    take(RateLimit("two", requests=1, folder=tmp_path), 1)
    assert time.monotonic() - started < 0.5  # at once, whatever holds of the other


def test_what_was_written_before_the_machine_started_again_is_dropped(tmp_path: Path) -> None:
    take(RateLimit("old", requests=1, seconds=0.1, folder=tmp_path), 1)
    ahead = int(time.monotonic() * 1000) + 2 * limits.HORIZON_SECONDS * 1000
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.execute(f"insert into {limits.TABLE} values ('ghost', {ahead})")
        connection.execute(f"insert into holds values ({ahead}, 'ghost')")
        for minute in (ahead // 60_000, int(time.monotonic() / 60) - limits.MEMORY_MINUTES - 1):
            connection.execute(f"insert into trips values ({minute}, 400, 100)")
    connection.close()
    again = RateLimit("old", requests=1, seconds=0.1, folder=tmp_path)
    take(again, 1)
    started = time.monotonic()
    take(again, 1)
    assert time.monotonic() - started > 0.09  # nothing known about the distance


@pytest.mark.parametrize("rubbish", [b"not a database at all, but long enough to be taken for one" * 20, b"SQLite"])
def test_a_torn_file_is_begun_anew(rubbish: bytes, tmp_path: Path) -> None:
    (tmp_path / "torn.sqlite").write_bytes(rubbish)
    take(RateLimit("torn", requests=1, folder=tmp_path), 1)
    with pytest.raises(http_errors.DeadlineExceeded):
        take(RateLimit("torn", requests=1, folder=tmp_path), 0.2)


def test_a_folder_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="0700"):
        take(RateLimit("edgar", requests=1, folder=folder), 1)
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(PermissionError, match="link"):
        take(RateLimit("edgar", requests=1, folder=tmp_path / "link"), 1)


def test_a_forked_child_counts_with_its_parent(tmp_path: Path) -> None:
    limit = RateLimit("fork", requests=2, seconds=30, folder=tmp_path)
    take(limit, 1)
    inherited = limit._bucket.conn
    child = os.fork()
    if child == 0:  # nothing of pytest may run in here
        try:
            take(limit, 5)
        except BaseException:
            os._exit(1)
        os._exit(2 if limit._bucket.conn is inherited else 0)
    assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(http_errors.DeadlineExceeded):
        take(limit, 0.3)


def test_the_folder_is_one_for_the_user_whatever_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.tempfile, "gettempdir", lambda: str(tmp_path))
    take(RateLimit("edgar", requests=1), 1)
    folder = tmp_path / f"hashwatt-{os.getuid()}"
    assert (folder / "edgar.sqlite").exists()
    assert folder.stat().st_mode & 0o077 == 0
