"""Servers of this machine that speak the providers' and EDGAR's formats, started once for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from tests.edgar.server import EdgarServer
from tests.feeds.server import FeedServer


@pytest.fixture(scope="session")
def running_feeds() -> Iterator[FeedServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with FeedServer() as server:
        yield server


@pytest.fixture(scope="session")
def running_edgar() -> Iterator[EdgarServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with EdgarServer() as server:
        yield server


@pytest.fixture
def server(running_edgar: EdgarServer) -> EdgarServer:
    """EDGAR's server, which serves nothing yet; tests of other servers have a `server` of their own."""
    return running_edgar.reset()


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """An archive that holds nothing yet."""
    return Archive(Storage(tmp_path / "archive"))
