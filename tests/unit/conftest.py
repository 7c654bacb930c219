"""Servers of this machine that speak the providers' and EDGAR's formats, started once for all tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.edgar.server import EdgarServer
from tests.feeds.server import FeedServer


@pytest.fixture(scope="session")
def running_feeds() -> Iterator[FeedServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with FeedServer() as server:
        yield server


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    """Nothing mounted, nothing asked."""
    return running_feeds.reset()


@pytest.fixture(scope="session")
def running_edgar() -> Iterator[EdgarServer]:
    """As whoever came before left it: reset it, and say what it is to serve."""
    with EdgarServer() as server:
        yield server
