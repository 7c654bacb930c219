"""A real home from its backup: the same tables, and the next refresh finds them whole. That it builds the same again is held by
test_poisoned.py, in a home from its backup."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.pipeline.refresh import NothingNew, refresh
from orchestration.publish.backup import back_up, restore
from orchestration.settings import Settings
from tests.e2e.conftest import Home
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e


def test_a_restored_home_has_the_same_tables_and_is_whole(
    first_home: Home, copied: Callable[[], Settings], tmp_path: Path
) -> None:
    home = copied()
    elsewhere = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "elsewhere" / "home")})
    restored = restore(elsewhere, back_up(home, tmp_path / "backup.tar", 0.0))
    assert restored == first_home.summary.publication_id
    assert readers_see(elsewhere) == readers_see(home)
    # What was archived and landed is whole, or this would build.
    assert isinstance(refresh(elsewhere), NothingNew)
