"""One real publication of the bundle and one of the live edition for all workers, copied for every test that changes something."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import filelock
import pytest

from ingestion.contracts import TABLES
from ingestion.load import Edition
from orchestration import clock
from orchestration.live import edgar_client, open_ingestion
from orchestration.pipeline.raw import land
from orchestration.pipeline.refresh import RefreshSummary
from orchestration.pipeline.workspace import Workspace, opened
from orchestration.settings import Settings
from tests.dbt.conftest import run_dbt as run_dbt
from tests.e2e.denied import without_network
from tests.e2e.live_world import FirstRefresh, LiveServers, Request, World
from tests.edgar.server import EdgarServer
from tests.feeds.server import FeedServer


@dataclass(frozen=True)
class Home:
    """A home with one publication in it, what its refresh said, and whom it tried to ask although it had no network."""

    settings: Settings
    summary: RefreshSummary
    progress: tuple[str, ...]
    tried: str


REFRESH = """
import json
from dataclasses import asdict
from orchestration.pipeline.refresh import refresh
from orchestration.settings import Settings

progress = []
summary = refresh(Settings.from_env(), progress=progress.append)
print(json.dumps({"summary": asdict(summary), "progress": progress}, default=str))
"""


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Never to be changed: copy it. The worker that comes first refreshes; the others wait and read what it was told."""
    folder = _of_all_workers(tmp_path_factory)
    settings = Settings.from_env({"HASHWATT_HOME": str(folder / "first" / "home")})

    def make() -> dict[str, Any]:
        done, tried = without_network(settings, folder / "first", REFRESH)
        assert done.returncode == 0, done.stderr
        return {**json.loads(done.stdout.splitlines()[-1]), "tried": tried}

    said = _made_once(folder / "first.json", make)
    summary = RefreshSummary(**{**said["summary"], "path": Path(said["summary"]["path"])})
    return Home(settings, summary, tuple(said["progress"]), said["tried"])


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The home is never to be changed: copy it. Each worker has servers of its own, which all say the same."""
    folder = _of_all_workers(tmp_path_factory)
    with EdgarServer() as edgar, FeedServer() as feeds:
        servers = LiveServers(edgar, feeds, folder / "live" / "home")
        said = _made_once(folder / "live.json", lambda: asdict(servers.refresh_first()))
        asked = {name: [Request(**one) for one in said[name]] for name in ("to_edgar", "to_feeds")}
        servers.as_after_the_first()
        yield World(servers.settings, servers, FirstRefresh(**{**said, **asked}))


def _of_all_workers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def _made_once(told: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `make` says, as `told` keeps it: the worker that comes first makes it, the others wait and read."""
    with filelock.FileLock(told.with_suffix(".lock")):
        if not told.exists():
            told.write_text(json.dumps(make(), default=str), encoding="utf-8")
    said: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return said


@pytest.fixture
def copied(first_home: Home, tmp_path: Path) -> Callable[[], Settings]:
    """A home of the test's own that has the first publication."""

    return lambda: copy_of(first_home, tmp_path)


def copy_of(first: Home, folder: Path) -> Settings:
    """The home once more, in `folder`."""
    home = folder / "home"
    shutil.copytree(first.settings.home, home, symlinks=True, ignore=shutil.ignore_patterns("builds", "*.lock"))
    return replace(first.settings, home=home)


@contextmanager
def built(
    settings: Settings, edition: Edition, landed: Sequence[str], model: str
) -> Iterator[duckdb.DuckDBPyConnection]:
    """What a run of `edition` lands of the raw tables `landed`, and `model` from them and from the lake as it is: by the steps
    of a refresh, but nothing else is built."""
    client = edgar_client(settings) if edition == "live" else None
    ingestion = open_ingestion(settings, edition, clock.now_utc(), client)
    with opened(settings, 0.0, lambda: Workspace(settings, "built", edition, None, ingestion)) as workspace:
        for name in landed:
            verdict = land(workspace, TABLES[name]).verdict
            critical = [one for one in verdict.failures if one.severity == "critical"]
            assert not critical and not verdict.unevaluated, f"{name}: {critical}"
        assert workspace.build([model]).fault is None
        with duckdb.connect(str(workspace.build_file), read_only=True) as connection:
            yield connection
