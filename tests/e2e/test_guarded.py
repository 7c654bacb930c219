"""What guards a publication: one writer, every check present, none crashed. Broken one at a time, in real runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import quality.suites
from orchestration.errors import GateRefused, RefreshRunning
from orchestration.refresh import RefreshFailed, refresh
from orchestration.settings import Settings
from orchestration.writer_lock import running_refresh, writer_lock
from quality.ledger import CheckLedger
from quality.rules import Rule, Suite
from tests.e2e.conftest import Home
from tests.e2e.poison import ROOT, readers_see, tables_of, tree

pytestmark = pytest.mark.e2e


def test_a_refresh_beside_another_says_so_at_once(tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})
    with writer_lock(settings), pytest.raises(RefreshRunning, match="another refresh is running: process"):
        refresh(settings)
    assert not settings.lake.exists()


def test_the_run_itself_takes_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the scheduler pass no command line: without its look at the lock, the run still stops at it."""
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})
    monkeypatch.setattr("orchestration.refresh.running_refresh", lambda settings: None)
    with writer_lock(settings), pytest.raises(RefreshRunning, match="another refresh is running: process"):
        refresh(settings)
    assert not settings.lake.exists()
    assert running_refresh(settings) is None


def test_of_two_refreshes_one_waits_and_both_publish_the_same(
    first_home: Home, copied: Callable[[], Settings], tmp_path: Path
) -> None:
    """A process of its own refreshes from the bundle while this one waits, then rebuilds from the archive alone: the same
    input gives the same Parquet bytes and the same rows, whoever reads it and from where."""
    settings = copied()
    before = tree(settings.lake)
    code = (
        "import sys; from orchestration.refresh import refresh; from orchestration.settings import Settings;"
        "print(refresh(Settings.from_env({'HASHWATT_HOME': sys.argv[1]})).content_sha256)"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(settings.home)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 240
        while running_refresh(settings) is None:
            assert first.poll() is None and time.monotonic() < deadline, "the first refresh never took the lock"
            time.sleep(0.05)
        lines: list[str] = []
        archive_alone = replace(settings, bundle_dir=tmp_path / "no-bundle", ledger_dir=tmp_path / "no-ledger")
        second = refresh(archive_alone, edition="replay", wait_seconds=600, progress=lines.append)
        out, _ = first.communicate(timeout=240)
    finally:
        first.kill()
    assert first.returncode == 0
    assert any(line.startswith("waiting for another refresh to end: process") for line in lines)
    assert out.strip().splitlines()[-1] == second.content_sha256 == first_home.summary.content_sha256
    assert tables_of(second.path) == tables_of(first_home.summary.path)
    assert tree(settings.lake) == before
    assert len([path for path in settings.publications.iterdir() if not path.name.startswith(".")]) == 3
    assert settings.current.resolve() == second.path.resolve()


def _crashing(suite: Suite) -> Suite:
    broken = Rule("no_such_column", "warning", "It cannot run.", "Mend the rule.", where="no_such_column > 1")
    return Suite(suite.table, suite.schema, suite.key, (*suite.rules, broken))


@pytest.mark.parametrize(
    ("suites", "table"), [("RAW_SUITES", "raw_network__day"), ("MART_SUITES", "mart_correlation")], ids=["raw", "mart"]
)
def test_a_check_that_crashes_stops_the_publication(
    suites: str, table: str, copied: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copied()
    published = readers_see(settings)
    known: dict[str, Suite] = getattr(quality.suites, suites)
    monkeypatch.setitem(known, table, _crashing(known[table]))
    with pytest.raises(RefreshFailed, match="no_such_column") as failed:
        refresh(settings)
    assert table in failed.value.message
    assert readers_see(settings) == published
    assert failed.value.build is not None
    crashed = [r for r in CheckLedger(failed.value.build / "checks.jsonl").read() if r.status == "crashed"]
    assert [record.table for record in crashed] == [table]


def test_checks_that_vanish_stop_the_publication(
    copied: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gate and a dbt test that leave no trace: every step succeeds, and publication still says no."""
    settings = copied()
    published = readers_see(settings)
    record, record_dbt = CheckLedger.record, CheckLedger.record_dbt
    lost: list[str] = []

    def forget_network(self: CheckLedger, verdict: Any) -> None:
        if verdict.table != "raw_network__day":
            record(self, verdict)

    def forget_one(self: CheckLedger, results: Sequence[Any]) -> None:
        tests = [result for result in results if result["unique_id"].startswith("test.")]
        lost.append(tests[0]["unique_id"])
        record_dbt(self, [result for result in results if result is not tests[0]])

    monkeypatch.setattr(CheckLedger, "record", forget_network)
    monkeypatch.setattr(CheckLedger, "record_dbt", forget_one)
    with pytest.raises(GateRefused) as refused:
        refresh(settings)
    assert "raw_network__day" in refused.value.message
    assert lost[0] in refused.value.message
    assert readers_see(settings) == published
