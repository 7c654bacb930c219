"""Poisoned input: each case stops at the right gate and says so, and readers keep the last publication to the byte."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from ingestion.answers import source_of
from ingestion.contracts import MARKET_BAR
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.providers.rows import Window
from orchestration.errors import GateRefused
from orchestration.live import look
from orchestration.pipeline.gates import REFUSED
from orchestration.pipeline.refresh import refresh
from orchestration.pipeline.workspace import FAILED_BUILDS_KEPT
from orchestration.publish.backup import back_up, restore
from orchestration.settings import Settings
from tests.e2e.conftest import Home, landed
from tests.e2e.live_world import copy_of, hashwatt
from tests.e2e.poison import POISONS, Poison, cut_in_half, edition, readers_see, tree
from tests.feeds.formats.market import SESSIONS, seconds
from tests.feeds.formats.yahoo import chart
from tests.lakes import rows_of

pytestmark = pytest.mark.e2e

WULF = ("WULF", "yahoo")
IN_A_WHOLE_RUN = ("no rows", "unknown issuer")


@pytest.fixture(scope="module")
def home(first_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return copy_of(first_home.settings, tmp_path_factory.mktemp("poisoned"))


def refusal_of(settings: Settings, table: str) -> str:
    """What the refusal of a table says when it is landed by the step of a refresh."""
    try:
        outcome = landed(settings, "bundle", table)[table]
    except dg.Failure as failure:
        assert REFUSED in failure.metadata, failure.description
        return str(failure.description)
    assert not outcome.verdict.passed
    return outcome.message()


def told(poison: Poison, reason: str) -> None:
    """The first line names the table, and all of it says what is wrong and what to do."""
    assert poison.table in reason.splitlines()[0]
    for word in poison.words:
        assert word in reason, poison.name
    assert re.search("Remedy:|refresh again|fetch|Restore|Correct|must hold|must read", reason), reason


@pytest.mark.parametrize(
    "poison", [one for one in POISONS if one.name not in IN_A_WHOLE_RUN], ids=lambda poison: poison.name
)
def test_poison_stops_at_its_gate(poison: Poison, home: Settings, tmp_path: Path) -> None:
    lake = tree(home.lake, leave_out=".quarantine/")
    poison.spoil(spoilt := edition(home, tmp_path))
    told(poison, refusal_of(spoilt, poison.table))
    assert tree(home.lake, leave_out=".quarantine/") == lake, "what was refused never reached the lake"


def test_a_clean_rerun_after_poison_and_damage_converges(
    first_home: Home, copied: Callable[[], Settings], tmp_path: Path
) -> None:
    """In a home from its backup, which goes on as the one that was backed up. The poisoned run is refused: each table is told
    with its remedy and nothing else is, and readers keep what they had to the byte. Landed again, the lake is what was built
    from before; that the same lake gives the same bytes is test_second_day's."""
    clean = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "restored" / "home")})
    restored = restore(clean, back_up(home := copied(), tmp_path / "backup.tar", 0.0))
    assert restored == first_home.summary.publication_id and readers_see(clean) == readers_see(home)
    assert look(clean, None, 0.0, (), "bundle").same_as is not None, "what was archived and landed is whole"
    lake = tree(clean.lake, leave_out=".quarantine/")
    earlier = [clean.builds / f"earlier-{number}" for number in range(FAILED_BUILDS_KEPT)]
    for number, folder in enumerate(earlier):
        folder.mkdir(parents=True)
        os.utime(folder, (number, number))
    published = readers_see(clean)
    spoilt, poisons = edition(clean, tmp_path / "edition"), [one for one in POISONS if one.name in IN_A_WHOLE_RUN]
    for poison in poisons:
        poison.spoil(spoilt)
    with pytest.raises(GateRefused) as refused:
        refresh(spoilt)
    assert refused.value.exit_code == 3 and len(refused.value.reasons) == len(poisons)
    for poison in poisons:
        (reason,) = [one for one in refused.value.reasons if poison.table in one.splitlines()[0]]
        told(poison, reason)
        assert reason in refused.value.message
    assert readers_see(clean) == published
    noted = hashwatt(clean, "query", "select 1 as one").stderr
    assert "was refused by its checks" in noted and len(noted.splitlines()) == 1
    kept = set(clean.builds.iterdir())
    assert len(kept) == FAILED_BUILDS_KEPT, "of the failed runs the last three can be looked into"
    assert set(earlier) - kept == {earlier[0]}
    for month in range(1, 6):
        cut_in_half(clean.lake / "raw_market__bar" / f"month=2025-0{month}" / "data.parquet")
    (clean.lake / "raw_network__day" / "manifest.json").write_text("[]")
    (clean.lake / "raw_sec__filing" / "empty" / "data.parquet").unlink()
    assert look(clean, None, 0.0, (), "bundle").same_as is None, "what is damaged is seen"
    touched = {poison.table for poison in poisons} | {"raw_market__bar", "raw_network__day", "raw_sec__filing"}
    healed = landed(clean, "bundle", *sorted(touched))
    assert all(one.verdict.passed for one in healed.values())
    assert tree(clean.lake, leave_out=".quarantine/") == lake
    news = look(clean, None, 0.0, (), "bundle")
    assert news.same_as is not None and news.same_as.id == restored, "there is nothing else to publish"


def test_prices_restated_for_a_split_that_nobody_can_tell_reach_no_reader(
    copied: Callable[[], Settings],
) -> None:
    """A provider gives a split twice, with two ratios. Without it the closes before it would be taken as traded."""
    settings = copied()
    # After the days of which the bundle tells.
    sessions = [date(2026, 8, 6), date(2026, 8, 7), date(2026, 8, 10), date(2026, 8, 11)]
    bells = [seconds(SESSIONS[day].open_utc) for day in sessions]
    splits = {str(n): {"date": bells[2] + n, "numerator": 1, "denominator": ratio} for n, ratio in enumerate((190, 19))}
    answer = chart(bells, [3.8, 3.61, 2.51, 1.96], events={"splits": splits}, symbol="WULF")
    source = source_of("market", "yahoo", "WULF", Window(sessions[0], sessions[-1]), date(2026, 8, 12))
    asked = {"symbols": {"WULF": "WULF"}}
    Archive(Storage(settings.archive)).put(
        source, json.dumps(answer).encode(), fetched_at_utc=datetime(2026, 8, 12), request=asked
    )
    landed(settings, "replay", "raw_market__coverage", "raw_market__action", MARKET_BAR.name)
    bars = rows_of(Lake(Storage(settings.lake)), MARKET_BAR).to_pylist()
    found = [(row["session_date"], row["close_usd"]) for row in bars if (row["instrument"], row["provider"]) == WULF]
    assert sorted(found) == [(sessions[2], 2.51), (sessions[3], 1.96)]
    reasons = [
        row["reason"]
        for file in sorted((settings.lake / f"{MARKET_BAR.name}.quarantine").rglob("*.parquet"))
        for row in pq.read_table(file).to_pylist()
    ]
    assert any("before 2026-08-10 is restated for a split that nobody can tell" in reason for reason in reasons)
