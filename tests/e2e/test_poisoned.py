"""Poisoned input: each case stops at the right gate and says so, and readers keep the last publication to the byte."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import zip_longest
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingestion.answers import source_of
from ingestion.contracts import MARKET_BAR
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.providers.rows import Window
from orchestration.errors import GateRefused
from orchestration.pipeline.refresh import RefreshSummary, refresh
from orchestration.pipeline.workspace import FAILED_BUILDS_KEPT
from orchestration.publish.backup import back_up, restore
from orchestration.settings import Settings
from tests.e2e.conftest import Home, built
from tests.e2e.live_world import hashwatt
from tests.e2e.poison import POISONS, Poison, cut_in_half, edition, readers_see, tables_of, tree
from tests.feeds.formats.market import SESSIONS, seconds
from tests.feeds.formats.yahoo import chart

pytestmark = pytest.mark.e2e

BEFORE_THE_RERUN = ("no rows", "unknown issuer")
# The days of the network are judged by its epochs, and not at all while these are refused.
BY_ITSELF = "raw_network__epoch"


def together() -> list[Sequence[Poison]]:
    """One run judges every table, so it is given one poison of each table at a time; those before the rerun are left out."""
    by_table: dict[str, list[Poison]] = {}
    for poison in POISONS:
        if poison.name not in BEFORE_THE_RERUN:
            by_table.setdefault(poison.table, []).append(poison)
    alone = [[poison] for poison in by_table.pop(BY_ITSELF)]
    return alone + [[poison for poison in run if poison] for run in zip_longest(*by_table.values())]


def stops(settings: Settings, poisons: Sequence[Poison]) -> None:
    """A refresh with these is refused: each is told by its table, with its words and a remedy, and nothing else is."""
    published = readers_see(settings)
    for poison in poisons:
        poison.spoil(settings)
    with pytest.raises(GateRefused) as refused:
        refresh(settings)
    assert refused.value.exit_code == 3
    assert len(refused.value.reasons) == len(poisons), "the tables that are at fault, and no other"
    for poison in poisons:
        (reason,) = [reason for reason in refused.value.reasons if poison.table in reason.splitlines()[0]]
        for word in poison.words:
            assert word in reason, poison.name
        assert _has_remedy(reason), reason
        assert reason in refused.value.message
    assert readers_see(settings) == published
    noted = hashwatt(settings, "query", "select 1 as one").stderr
    assert "was refused by its checks" in noted and len(noted.splitlines()) == 1


def _has_remedy(message: str) -> bool:
    return any(
        word in message
        for word in ("Remedy:", "refresh again", "fetch", "Restore", "Correct", "must hold", "must read")
    )


@pytest.mark.parametrize("poisons", together(), ids=lambda poisons: " and ".join(poison.name for poison in poisons))
def test_poison_stops_at_its_gate(poisons: Sequence[Poison], copied: Callable[[], Settings], tmp_path: Path) -> None:
    settings = edition(copied(), tmp_path / "edition")
    lake = tree(settings.lake, leave_out=".quarantine/")
    stops(settings, poisons)
    assert tree(settings.lake, leave_out=".quarantine/") == lake, "what was refused never reached the lake"


def test_a_clean_rerun_after_poison_and_damage_converges(
    first_home: Home, copied: Callable[[], Settings], tmp_path: Path
) -> None:
    """In a home from its backup, which goes on as the one that was backed up."""
    clean = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "restored" / "home")})
    restore(clean, back_up(copied(), tmp_path / "backup.tar", 0.0))
    lake = tree(clean.lake, leave_out=".quarantine/")
    earlier = [clean.builds / f"earlier-{number}" for number in range(FAILED_BUILDS_KEPT)]
    for number, folder in enumerate(earlier):
        folder.mkdir(parents=True)
        os.utime(folder, (number, number))
    stops(edition(clean, tmp_path / "edition"), [poison for poison in POISONS if poison.name in BEFORE_THE_RERUN])
    kept = set(clean.builds.iterdir())
    assert len(kept) == FAILED_BUILDS_KEPT, "of the failed runs the last three can be looked into"
    assert set(earlier) - kept == {earlier[0]}
    for month in range(1, 6):
        cut_in_half(clean.lake / "raw_market__bar" / f"month=2025-0{month}" / "data.parquet")
    (clean.lake / "raw_network__day" / "manifest.json").write_text("[]")
    (clean.lake / "raw_sec__filing" / "empty" / "data.parquet").unlink()
    again = refresh(clean)
    assert isinstance(again, RefreshSummary) and again.is_current
    assert tree(clean.lake, leave_out=".quarantine/") == lake
    assert again.content_sha256 == first_home.summary.content_sha256
    assert tables_of(again.path) == tables_of(first_home.summary.path)
    assert set(clean.builds.iterdir()) == kept


def test_prices_restated_for_a_split_that_nobody_can_tell_reach_no_reader(
    copied: Callable[[], Settings],
) -> None:
    """A provider gives a split twice, with two ratios. Without it the closes before it would be taken as traded."""
    settings = copied()
    # After the days of which the bundle tells.
    sessions = [date(2026, 8, 6), date(2026, 8, 7), date(2026, 8, 10), date(2026, 8, 11)]
    bells = [seconds(SESSIONS[day].open_utc) for day in sessions]
    splits = {str(n): {"date": bells[2] + n, "numerator": 1, "denominator": ratio} for n, ratio in enumerate((190, 19))}
    told = chart(bells, [3.8, 3.61, 2.51, 1.96], events={"splits": splits}, symbol="WULF")
    source = source_of("market", "yahoo", "WULF", Window(sessions[0], sessions[-1]), date(2026, 8, 12))
    asked = {"symbols": {"WULF": "WULF"}}
    Archive(Storage(settings.archive)).put(
        source, json.dumps(told).encode(), fetched_at_utc=datetime(2026, 8, 12), request=asked
    )
    landed = ("raw_market__coverage", "raw_market__action", MARKET_BAR.name)
    with built(settings, "replay", landed, "fct_market_price_daily") as candidate:
        found = candidate.execute(
            "select session_date, close_usd from fct_market_price_daily where instrument = 'WULF'"
            " and provider = 'yahoo' order by 1"
        ).fetchall()
    assert found == [(sessions[2], 2.51), (sessions[3], 1.96)]
    reasons = [
        row["reason"]
        for file in sorted((settings.lake / f"{MARKET_BAR.name}.quarantine").rglob("*.parquet"))
        for row in pq.read_table(file).to_pylist()
    ]
    assert any("before 2026-08-10 is restated for a split that nobody can tell" in reason for reason in reasons)
