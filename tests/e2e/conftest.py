"""One real publication per worker, copied for every test that breaks something."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

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
    """Never to be changed: copy it."""
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path_factory.mktemp("first") / "home")})
    lines: list[str] = []
    summary = refresh(settings, progress=lines.append)
    return Home(settings, summary, tuple(lines))


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
