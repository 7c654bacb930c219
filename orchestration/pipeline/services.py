"""Dagster's pages and its daemon under one supervisor, for `hashwatt dev` and `hashwatt serve`: each leads a group of processes that
ends with it, and with this process, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import filelock

from orchestration.errors import HashwattError
from orchestration.pipeline.instance import DEFINITIONS, prepare_instance, prune_runs
from orchestration.progress import report
from orchestration.settings import Settings

TETHERED = Path(__file__).with_name("tethered.py")
# Who dies sooner would die again; how long what is ended may take, below the patience of orchestration/interruption.py.
_STEADY_SECONDS, _GRACE_SECONDS = 60.0, 3.0
_TEND_EVERY_SECONDS = 600.0


@dataclass
class Service:
    """One process and all that it starts, in a group of their own. `target` is a click command as MODULE:FUNCTION."""

    name: str
    target: str
    arguments: list[str]
    environment: dict[str, str] = field(repr=False)

    def start(self) -> None:
        command = [sys.executable, "-P", str(TETHERED), os.getcwd(), self.target, *self.arguments]
        # In a session of its own a Ctrl-C of the terminal comes to the supervisor alone.
        self.process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, start_new_session=True)
        self.since = time.monotonic()

    def is_alive(self) -> bool:
        """Whether any process of the group is left."""
        self.process.poll()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, 0)
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def supervise(settings: Settings, port: int, *, read_only: bool, tend: Callable[[], None]) -> None:
    """Run the pages on `port` and the daemon until a signal ends this process, and start anew whichever dies; every ten
    minutes prune the history and call `tend`. Raises HashwattError when another supervisor serves this home, and when one dies within
    a minute of its start, as on a port that is taken."""
    environment = {
        **os.environ,
        **settings.environment,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    arguments = [str(port), *(["--read-only"] if read_only else [])]
    pages = Service("the pages", "orchestration.webserver:main", arguments, environment)
    daemon = Service("the daemon", "dagster._daemon.cli:cli", ["run", "-m", DEFINITIONS], environment)
    settings.home.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(str(settings.home / "serve.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise HashwattError(
            f"another `hashwatt dev` or `hashwatt serve` runs on {settings.home}",
            "end it first; one schedule is enough",
        ) from error
    try:
        keep_history(settings, lost_too=True)
        try:
            for service in (daemon, pages):
                service.start()
            _watch(settings, [daemon, pages], tend)
        finally:
            _end([daemon, pages])
    finally:
        lock.release()


def keep_history(settings: Settings, *, lost_too: bool = False) -> None:
    """Prune the history, and end in it the runs whose process is gone; those of the daemon only with `lost_too`, for
    whoever knows that no daemon runs."""
    with prepare_instance(settings, lost_too=lost_too) as instance:
        prune_runs(instance)


def _watch(settings: Settings, services: list[Service], tend: Callable[[], None]) -> None:
    due = time.monotonic()
    while True:
        for service in services:
            if (code := service.process.poll()) is None:
                continue
            if time.monotonic() - service.since < _STEADY_SECONDS:
                raise HashwattError(
                    f"{service.name} ended with exit code {code}",
                    "what it printed says why; where the port is taken give another, --port NUMBER",
                )
            report(f"{service.name} ended with exit code {code} and is started anew")
            service.send(signal.SIGKILL)
            keep_history(settings, lost_too=service is services[0])
            service.start()
        if time.monotonic() >= due:
            try:
                keep_history(settings)
                tend()
            except Exception as error:
                # The service goes on: what is wrong now is said, and tried again in ten minutes.
                report(f"{type(error).__name__}: {error}")
            due = time.monotonic() + _TEND_EVERY_SECONDS
        time.sleep(0.5)


def _end(services: list[Service]) -> None:
    started = [service for service in services if hasattr(service, "process")]
    for service in started:
        service.send(signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while any(service.is_alive() for service in started) and time.monotonic() < deadline:
        with suppress(KeyboardInterrupt):
            time.sleep(0.1)
    for service in started:
        service.send(signal.SIGKILL)
