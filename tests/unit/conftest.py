"""What several files of unit/ need: servers that speak as the providers and EDGAR do, one of each a worker; time zones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from orchestration.settings import Settings
from tests.edgar.server import EdgarServer
from tests.faults.publication_kit import publish_marker, settings_for
from tests.feeds.server import FeedServer
from tests.unit.feedskit import Life

ZONES = ("America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The time zone that this process believes to be in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.delenv("TZ")
    time.tzset()


@pytest.fixture(scope="session")
def running_feeds() -> Iterator[FeedServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with FeedServer() as server:
        yield server


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    """The providers' server: nothing mounted, nothing asked."""
    return running_feeds.reset()


@pytest.fixture
def home(server: FeedServer, tmp_path: Path) -> Life:
    return Life(tmp_path, server)


@pytest.fixture(scope="session")
def running_edgar() -> Iterator[EdgarServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with EdgarServer() as server:
        yield server


@pytest.fixture
def edgar_server(running_edgar: EdgarServer) -> EdgarServer:
    """EDGAR's server, which serves nothing yet."""
    return running_edgar.reset()


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with one publication, marker 1, which nobody changes."""
    settings = settings_for(tmp_path_factory.mktemp("home"))
    publish_marker(settings, 1)
    return settings


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that holds nothing yet."""
    return Archive(Storage(tmp_path / "archive"))
