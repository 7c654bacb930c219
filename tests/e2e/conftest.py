"""One real publication for all workers, copied for every test that breaks something."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import filelock
import pytest

from orchestration.refresh import RefreshSummary, refresh
from orchestration.settings import Settings


@dataclass(frozen=True)
class Home:
    """A home with one publication in it, and what its refresh said."""

    settings: Settings
    summary: RefreshSummary
    progress: tuple[str, ...]


@pytest.fixture(scope="session")
def first_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Never to be changed: copy it. The worker that comes first refreshes; the others wait and read what it was told."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    settings = Settings.from_env({"HASHWATT_HOME": str(folder / "first" / "home")})
    told = folder / "first.json"
    with filelock.FileLock(folder / "first.lock"):
        if not told.exists():
            lines: list[str] = []
            summary = refresh(settings, progress=lines.append)
            assert isinstance(summary, RefreshSummary)
            told.write_text(json.dumps({"summary": asdict(summary), "progress": lines}, default=str), encoding="utf-8")
    said = json.loads(told.read_text(encoding="utf-8"))
    summary = RefreshSummary(**{**said["summary"], "path": Path(said["summary"]["path"])})
    return Home(settings, summary, tuple(said["progress"]))


@pytest.fixture
def copied(first_home: Home, tmp_path: Path) -> Callable[[], Settings]:
    """A home of the test's own that has the first publication."""

    def copy() -> Settings:
        home = tmp_path / "home"
        shutil.copytree(
            first_home.settings.home, home, symlinks=True, ignore=shutil.ignore_patterns("builds", "*.lock")
        )
        return replace(first_home.settings, home=home)

    return copy
