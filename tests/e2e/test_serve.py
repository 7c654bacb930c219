"""`hashwatt serve` with its real processes: pages that change nothing, on loopback alone; what dies comes back; one signal ends all."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from orchestration.settings import Settings

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
# Who dies younger than the minute that a service is given would end everything; here it is given no time at all.
QUICK = "from orchestration.pipeline import services; services._STEADY_SECONDS = 0.0; "
SERVE = [sys.executable, "-c", QUICK + "from orchestration.cli.main import main; main()", "serve"]
VERSION, START = "{ version }", 'mutation { startSchedule(scheduleSelector: {repositoryName: "__repository__", '
START += 'repositoryLocationName: "orchestration.definitions", scheduleName: "daily_after_close"}) { __typename } }'


class Served:
    """A running `hashwatt serve`, and how to ask its pages."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings.from_env({"HASHWATT_HOME": str(home)})
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        named = {**os.environ, "HASHWATT_HOME": str(home)}
        self.log = (home.parent / "serve.log").open("wb")
        command = [*SERVE, "--port", str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=named, stderr=self.log, start_new_session=True)

    def ask(self, query: str) -> dict[str, object]:
        body = json.dumps({"query": query}).encode()
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            said: dict[str, object] = json.load(answer)
        return said

    def answers(self) -> bool:
        try:
            return "data" in self.ask(VERSION)
        except OSError:
            return False

    def all(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def of(self, word: str) -> psutil.Process:
        """The process that the supervisor started with `word` in its command line."""
        (found,) = [one for one in psutil.Process(self.process.pid).children() if word in " ".join(one.cmdline())]
        return found

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


def until(is_so: Callable[[], object], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("served") / "home")
    try:
        until(running.answers)
        # Pages and daemon have started the processes of their code.
        until(lambda: len(running.all()) >= 4)
        yield running
    finally:
        running.end()


def test_it_serves_pages_that_change_nothing_on_loopback(served: Served) -> None:
    refused = served.ask(START)
    assert "UnauthorizedError" in json.dumps(refused)
    addresses = {
        one.laddr.ip
        for process in served.all()
        for one in process.net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    second = subprocess.run(
        [*SERVE, "--port", "1"],
        cwd=ROOT,
        env={**os.environ, "HASHWATT_HOME": str(served.settings.home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1 and "another `hashwatt dev` or `hashwatt serve` runs" in second.stderr
    assert not [*served.settings.dagster_home.rglob("event.log"), *served.settings.dagster_home.rglob(".telemetry")]


def test_what_dies_comes_back_and_nothing_outlives_a_kill(served: Served) -> None:
    pages = served.of("orchestration.webserver")
    gone = [pages, *pages.children(recursive=True)]
    pages.kill()
    assert psutil.wait_procs(gone, timeout=10)[1] == []
    until(served.answers)
    processes = served.all()
    served.process.kill()
    assert psutil.wait_procs(processes, timeout=10)[1] == []


def test_one_signal_ends_all(tmp_path: Path) -> None:
    served = Served(tmp_path / "home")
    try:
        until(lambda: len(served.all()) >= 2)
        processes = served.all()
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=30) == 143
        assert psutil.wait_procs(processes, timeout=5)[1] == []
    finally:
        served.end()
