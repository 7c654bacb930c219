"""One real publication of the bundle and one of the live edition for all workers, copied for every test that changes something."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from ingestion.contracts import TABLES
from ingestion.load import Edition
from orchestration import clock
from orchestration.live import edgar_client, open_ingestion
from orchestration.pipeline.raw import Landed, land
from orchestration.pipeline.refresh import RefreshSummary
from orchestration.pipeline.workspace import Workspace, opened
from orchestration.settings import Settings
from tests.conftest import Once
from tests.dbt.conftest import lake as lake
from tests.dbt.conftest import models as models
from tests.dbt.conftest import run_dbt as run_dbt
from tests.e2e.denied import without_network
from tests.e2e.live_world import FirstRefresh, LiveServers, Request, World, copy_of
from tests.edgar.server import EdgarServer
from tests.feeds.server import FeedServer


@dataclass(frozen=True)
class Home:
    """A home with one publication in it, what its refresh said, and whom it tried to ask although it had no network; `built` is
    the folder of its run as it was when all was built and judged."""

    settings: Settings
    summary: RefreshSummary
    progress: tuple[str, ...]
    tried: str
    built: Path


REFRESH = """
import json, shutil
from dataclasses import asdict
from orchestration.pipeline.refresh import refresh
from orchestration.settings import Settings

settings, progress = Settings.from_env(), []

def told(line):
    progress.append(line)
    if line.startswith("publication: "):
        (run,) = settings.builds.iterdir()
        shutil.copytree(run, "built")

summary = refresh(settings, progress=told)
print(json.dumps({"summary": asdict(summary), "progress": progress}, default=str))
"""


@pytest.fixture(scope="session")
def first_home(once: Once) -> Home:
    """Never to be changed: copy it. The worker that comes first refreshes; the others wait and read what it was told."""

    def make(folder: Path) -> None:
        done, tried = without_network(home_in(folder), folder, REFRESH)
        assert done.returncode == 0, done.stderr
        said = {**json.loads(done.stdout.splitlines()[-1]), "tried": tried}
        (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")

    def home_in(folder: Path) -> Settings:
        return Settings.from_env({"HASHWATT_HOME": str(folder / "home")})

    folder = once("first", make)
    said = json.loads((folder / "said.json").read_text(encoding="utf-8"))
    summary = RefreshSummary(**{**said["summary"], "path": Path(said["summary"]["path"])})
    return Home(home_in(folder), summary, tuple(said["progress"]), said["tried"], folder / "built")


@pytest.fixture(scope="session")
def world(once: Once) -> Iterator[World]:
    """The home is never to be changed: copy it. Each worker has servers of its own, which all say the same."""
    with EdgarServer() as edgar, FeedServer() as feeds:

        def make(folder: Path) -> None:
            said = LiveServers(edgar, feeds, folder / "home").refresh_first()
            (folder / "said.json").write_text(json.dumps(asdict(said)), encoding="utf-8")

        folder = once("live", make)
        servers = LiveServers(edgar, feeds, folder / "home")
        servers.as_after_the_first()
        said = json.loads((folder / "said.json").read_text(encoding="utf-8"))
        asked = {name: [Request(**one) for one in said[name]] for name in ("to_edgar", "to_feeds")}
        yield World(servers.settings, servers, FirstRefresh(**{**said, **asked}))


@pytest.fixture
def copied(first_home: Home, tmp_path: Path) -> Callable[[], Settings]:
    """A home of the test's own that has the first publication."""

    return lambda: copy_of(first_home.settings, tmp_path)


def landed(settings: Settings, edition: Edition, *tables: str) -> dict[str, Landed]:
    """What becomes of raw tables in a run of `edition`, by the steps of a refresh; nothing is built."""
    client = edgar_client(settings) if edition == "live" else None
    ingestion = open_ingestion(settings, edition, clock.now_utc(), client)
    with opened(settings, 0.0, lambda: Workspace(settings, "landed", edition, None, ingestion)) as workspace:
        workspace.is_kept = False
        return {name: land(workspace, TABLES[name]) for name in tables}
