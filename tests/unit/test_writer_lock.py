"""The writer lock: one holder, a message that names it, and release by the system when the holder is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.errors import RefreshRunning
from orchestration.progress import listening
from orchestration.publish.lock import running_refresh, writer_lock
from tests.faults.publication_kit import process_env, settings_for

HOLD = """
import sys
from orchestration.settings import Settings
from orchestration.publish.lock import writer_lock
with writer_lock(Settings.from_env()):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its standard input is closed."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=process_env(settings_for(home)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with holder(tmp_path) as process:
        with pytest.raises(RefreshRunning) as caught, writer_lock(settings):
            pass
        found = running_refresh(settings)
        assert found is not None and found.startswith(f"process {process.pid} on ")
        assert caught.value.message == f"another refresh is running: {found}"
        assert caught.value.exit_code == 4
        assert "--wait" in caught.value.remedy
        # Details that cannot be read do not hide the holder.
        settings.lock_file.with_name("refresh.lock.json").write_text("{torn")
        assert running_refresh(settings) == "one that left no details"
        with pytest.raises(RefreshRunning, match="no details"), writer_lock(settings):
            pass


def test_kill_frees_it_and_the_next_one_takes_over(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert settings.lock_file.with_name("refresh.lock.json").exists(), "the killed holder left its details"
        assert running_refresh(settings) is None
        with writer_lock(settings):
            assert (
                settings.lock_file.with_name("refresh.lock.json").read_text().startswith(f'"process {os.getpid()} on ')
            )
    assert not settings.lock_file.with_name("refresh.lock.json").exists()


def test_waiting_ends_when_the_holder_ends(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    told: list[str] = []
    with holder(tmp_path) as process:

        def end_the_holder(line: str) -> None:
            told.append(line)
            threading.Thread(target=process.stdin.close).start()

        with listening(end_the_holder), writer_lock(settings, wait_seconds=60):
            assert process.wait(timeout=60) == 0
    assert len(told) == 1 and told[0].startswith(f"waiting for another refresh to end: process {process.pid} on ")


def test_it_is_free_again_after_an_error_in_the_block(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with pytest.raises(ValueError, match="in the block"), writer_lock(settings):
        raise ValueError("in the block")
    assert running_refresh(settings) is None
    with writer_lock(settings):
        assert running_refresh(settings) is not None


def test_looking_whether_it_is_free_does_not_make_a_refresh_fail(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    stop = threading.Event()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not stop.is_set():
            running_refresh(settings)
            looks += 1

    thread = threading.Thread(target=look)
    thread.start()
    taken = 0
    try:
        while taken < 20 or looks < 20:
            with writer_lock(settings):
                taken += 1
            assert thread.is_alive()
    finally:
        stop.set()
        thread.join()
