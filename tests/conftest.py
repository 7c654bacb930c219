"""What every test relies on: a clean environment, `slow` by folder, `shared` skipped where ../shared is absent."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_socket
from filelock import FileLock
from hypothesis import settings

TESTS = Path(__file__).resolve().parent
SHARED = TESTS.parents[1] / "shared"
# Folders whose tests build with dbt, run the daily job, kill processes or wake Dagster or Great Expectations.
SLOW = ("dbt", "e2e", "faults", "gates", "pipeline")
# These come first, one for each worker: they are long, and each makes what many others read, which would wait for it.
FIRST = ("e2e/test_second_day.py", "e2e/test_refresh.py", "dbt/test_core_build.py")

Once = Callable[[str, Callable[[Path], object]], Path]


def pytest_configure(config: pytest.Config) -> None:
    """A warehouse that the person at the keyboard has configured is never read or written by a test."""
    for name in [name for name in os.environ if name.startswith("HASHWATT_")]:
        del os.environ[name]
    # As the command line does: what Dagster, dbt and Great Expectations make when they are imported stays to the end.
    gc.set_threshold(50_000)
    # How long an example takes tells of what else the machine does.
    settings.register_profile("suite", deadline=None)
    settings.load_profile("suite")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What `make check` leaves out is not imported: each of its processes would pay for Dagster alone."""
    return (
        True
        if collection_path.parent == TESTS and collection_path.name in SLOW and config.option.markexpr == "not slow"
        else None
    )


def _name(item: pytest.Item) -> str:
    return item.path.relative_to(TESTS).as_posix()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    absent = pytest.mark.skip(reason=f"{SHARED} is absent")
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in SLOW:
            item.add_marker(pytest.mark.slow)
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(absent)
    names = [*FIRST, *{_name(item): None for item in items}]
    items.sort(key=lambda item: names.index(_name(item)))


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once(name, make)`: a folder that the first worker to ask for it has filled by `make`; it is read by all."""

    def folder(name: str, make: Callable[[Path], object]) -> Path:
        root = tmp_path_factory.getbasetemp()
        made = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / f"once-{name}"
        with FileLock(f"{made}.lock"):
            if not (done := made / "done").exists():
                shutil.rmtree(made, ignore_errors=True)
                made.mkdir()
                make(made)
                done.touch()
        return made

    return folder


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
