"""What every test relies on: a clean environment, and `shared` tests skipped where ../shared is absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket

SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """A warehouse that the person at the keyboard has configured is never read or written by a test."""
    for name in [name for name in os.environ if name.startswith("HASHWATT_")]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    absent = pytest.mark.skip(reason=f"{SHARED} is absent")
    for item in items:
        if item.get_closest_marker("shared"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder ../shared beside the working copy; ask for it in tests marked `shared`."""
    return SHARED


@pytest.fixture
def only_this_machine() -> Iterator[None]:
    """Sockets lead to this machine alone; for tests that ask a local server, by `pytest.mark.usefixtures`."""
    pytest_socket.socket_allow_hosts(["127.0.0.1"], allow_unix_socket=True)
    yield
    pytest_socket._remove_restrictions()
