"""Poisoned input: each case stops at the right gate and says so, and readers keep the last publication to the byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.errors import GateRefused
from orchestration.refresh import refresh
from orchestration.settings import Settings
from tests.e2e.conftest import Home
from tests.e2e.poison import POISONS, Poison, edition, readers_see, tables_of, tree

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("poison", POISONS, ids=lambda poison: poison.name)
def test_poison_stops_at_its_gate(poison: Poison, copied: Callable[[], Settings], tmp_path: Path) -> None:
    settings = edition(copied(), tmp_path / "edition")
    published, lake = readers_see(settings), tree(settings.lake, leave_out=".quarantine/")
    poison.spoil(settings)
    with pytest.raises(GateRefused) as refused:
        refresh(settings)
    message = refused.value.message
    assert poison.table in message
    assert len(refused.value.reasons) == 1, "the one table that is at fault, and no other"
    for word in poison.words:
        assert word in message
    assert _has_remedy(message), message
    assert refused.value.exit_code == 3
    assert readers_see(settings) == published
    if poison.name != "truncated Parquet":
        assert tree(settings.lake, leave_out=".quarantine/") == lake, "what was refused never reached the lake"


def _has_remedy(message: str) -> bool:
    return any(
        word in message
        for word in ("Remedy:", "refresh again", "fetch", "Restore", "Correct", "must hold", "must read")
    )


def test_a_clean_rerun_after_poison_converges(first_home: Home, copied: Callable[[], Settings], tmp_path: Path) -> None:
    clean = copied()
    lake = tree(clean.lake, leave_out=".quarantine/")
    several = [
        poison
        for poison in POISONS
        if poison.name in ("unknown issuer", "duplicate key", "no rows", "truncated Parquet")
    ]
    for number, poison in enumerate(several):
        spoiled = edition(clean, tmp_path / f"edition-{number}")
        poison.spoil(spoiled)
        with pytest.raises(GateRefused):
            refresh(spoiled)
    again = refresh(clean)
    assert tree(clean.lake, leave_out=".quarantine/") == lake
    assert tables_of(again.path) == tables_of(first_home.summary.path)
    assert len(list(clean.builds.iterdir())) == 3, "of the failed runs the last three can be looked into"
