"""The limit holds at the server, in every sliding second, for all threads and processes; and it ends when it should."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ingestion import http_errors, limits
from ingestion.limits import RateLimit
from tests.edgar.server import EdgarServer, busiest

pytestmark = pytest.mark.usefixtures("only_this_machine")

ROOT = Path(__file__).resolve().parents[2]
PATH = "/submissions/CIK0009990001.json"

ASKING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from ingestion.limits import RateLimit
from ingestion.session import Session

url, folder, threads, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
session = Session(RateLimit("edgar", requests=8, folder=folder), {"127.0.0.1"}, loopback_for_tests=True)
with ThreadPoolExecutor(threads) as pool:
    for answer in pool.map(lambda _: session.get(url, kind="json"), range(times)):
        assert answer.status == 200
"""

HOLDING = """
import sys, time
from pathlib import Path
from ingestion import limits

limits.IN_FLIGHT_SECONDS = 2
limit = limits.RateLimit("edgar", requests=int(sys.argv[2]), folder=Path(sys.argv[1]))
with limit.place(time.monotonic() + 5):
    print("held", flush=True)
    time.sleep(60)
"""


def soon(seconds: float = 10.0) -> float:
    return time.monotonic() + seconds


def test_two_processes_and_their_threads_share_one_limit_at_the_server(tmp_path: Path) -> None:
    with EdgarServer() as server:
        server.put(PATH, b"{}")
        server.latency_seconds = 0.05
        command = [sys.executable, "-c", ASKING, server.url + PATH, str(tmp_path / "limit"), "5", "16"]
        children = [subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) for _ in range(2)]
        assert [child.wait(60) for child in children] == [0, 0]
        assert server.asked() == 32
        assert server.busiest(1.0) <= 8
        moments = [one.moment for one in server.arrivals]
        # Thirty-two requests are four rounds of eight: it holds back, and it does not dawdle.
        assert 3.0 < max(moments) - min(moments) < 4.5


def test_no_delay_on_the_way_brings_more_than_the_limit_together(tmp_path: Path) -> None:
    """A request reaches the server anywhere between its sending and its answer: also at the worst moment."""
    limit = RateLimit("late", requests=4, seconds=0.3, folder=tmp_path)
    arrived: list[float] = []
    dice = random.Random(5)

    def ask(number: int) -> None:
        with limit.place(soon()):
            flight, share = (0.25, 1.0) if number % 2 else (0.02, dice.random())
            time.sleep(flight * share)
            arrived.append(time.monotonic())
            time.sleep(flight * (1 - share))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(32)))
    assert len(arrived) == 32
    assert busiest(arrived, 0.3) <= 4


def test_a_bare_limit_is_used_up_to_the_brim(tmp_path: Path) -> None:
    limit = RateLimit("brim", requests=8, seconds=0.5, folder=tmp_path)
    started = time.monotonic()
    for _ in range(8):
        with limit.place(soon()):
            pass
    assert time.monotonic() - started < 0.3
    with limit.place(soon()):
        assert 0.5 <= time.monotonic() - started < 0.8


def test_a_deadline_is_not_waited_out_in_vain(tmp_path: Path) -> None:
    limit = RateLimit("full", requests=1, folder=tmp_path)
    with limit.place(soon()):
        pass
    started = time.monotonic()
    with pytest.raises(http_errors.DeadlineExceeded, match="limit of 1 requests in 1 s"), limit.place(soon(0.2)):
        pass
    assert time.monotonic() - started < 0.5


def test_a_thread_in_the_queue_keeps_its_own_deadline(tmp_path: Path) -> None:
    limit = RateLimit("queue", requests=1, seconds=1.5, folder=tmp_path)
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


def take(limit: RateLimit, seconds: float) -> None:
    with limit.place(soon(seconds)):
        pass


def test_a_failed_request_gives_its_place_back_after_the_window(tmp_path: Path) -> None:
    limit = RateLimit("failing", requests=1, seconds=0.2, folder=tmp_path)
    with pytest.raises(KeyError), limit.place(soon()):
        raise KeyError
    started = time.monotonic()
    take(limit, 5)
    assert 0.15 < time.monotonic() - started < 1


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
    limit = RateLimit("edgar", requests=1, folder=tmp_path)
    with pytest.raises(http_errors.DeadlineExceeded):
        take(limit, 1.0)
    take(limit, 10)
    assert 2.0 < time.monotonic() - held < 5


def test_a_pause_holds_for_everyone_and_ends(tmp_path: Path) -> None:
    RateLimit("shared", requests=8, folder=tmp_path).pause(0.5)
    other, started = RateLimit("shared", requests=8, folder=tmp_path), time.monotonic()
    with pytest.raises(http_errors.DeadlineExceeded):
        take(other, 0.2)
    take(other, 5)
    assert 0.4 < time.monotonic() - started < 1


def test_the_longest_pause_counts(tmp_path: Path) -> None:
    limit, started = RateLimit("pauses", requests=8, folder=tmp_path), time.monotonic()
    limit.pause(0.6)
    limit.pause(0.1)
    take(limit, 5)
    assert time.monotonic() - started > 0.55


def test_closing_is_an_error_for_everyone_and_ends(tmp_path: Path) -> None:
    limit = RateLimit("closed", requests=8, folder=tmp_path)
    for pause in (0.2, 5):
        limit.pause(pause)
    limit.close(0.4, "shut out")
    other = RateLimit("closed", requests=8, folder=tmp_path)
    started = time.monotonic()
    for one in (limit, other):
        with pytest.raises(http_errors.Blocked, match="shut out; nothing is asked"):
            take(one, 5)
    assert time.monotonic() - started < 0.15  # at once, not after the pause
    time.sleep(0.45)
    with pytest.raises(http_errors.DeadlineExceeded, match="pause"):  # of the pause that is still on
        take(other, 1)


def test_limits_of_other_names_do_not_count(tmp_path: Path) -> None:
    RateLimit("one", requests=1, folder=tmp_path).close(60, "shut out")
    take(RateLimit("two", requests=1, folder=tmp_path), 1)


def test_what_was_written_before_the_machine_started_again_is_dropped(tmp_path: Path) -> None:
    take(RateLimit("old", requests=1, seconds=0.1, folder=tmp_path), 1)
    ahead = int(time.monotonic() * 1000) + 2 * limits.HORIZON_SECONDS * 1000
    with sqlite3.connect(tmp_path / "old.sqlite") as connection:
        connection.execute(f"insert into {limits.TABLE} values ('ghost', {ahead})")
        connection.execute(f"insert into holds values ({ahead}, 'ghost')")
    connection.close()
    take(RateLimit("old", requests=1, seconds=0.1, folder=tmp_path), 1)


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
