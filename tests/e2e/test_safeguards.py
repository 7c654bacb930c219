"""What guards a publication: one writer, every check present, none crashed. Broken one at a time, in real runs."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import quality.suites
from orchestration.definitions import defs
from orchestration.errors import GateRefused, RefreshRunning
from orchestration.pipeline.gates import GATE
from orchestration.pipeline.instance import prepare_instance
from orchestration.pipeline.published import KEY
from orchestration.pipeline.refresh import RefreshFailed, explain, quiet, refresh, run_config
from orchestration.pipeline.warehouse import PUBLISHED
from orchestration.publish.lock import running_refresh, writer_lock
from orchestration.settings import Settings
from quality.ledger import CheckLedger
from quality.rules import Rule, Suite
from tests.e2e.conftest import Home, copy_of
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e

RAW, MART = "raw_network__day", "mart_correlation"


def test_a_refresh_beside_another_says_so_at_once(tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})
    with writer_lock(settings), pytest.raises(RefreshRunning, match="another refresh is running: process"):
        refresh(settings)
    assert not settings.lake.exists()


def test_the_run_itself_takes_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of the scheduler pass no command line: without its look at the lock, the run still stops at it."""
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})
    monkeypatch.setattr("orchestration.pipeline.refresh.running_refresh", lambda settings: None)
    with writer_lock(settings), pytest.raises(RefreshRunning, match="another refresh is running: process"):
        refresh(settings, force=True)
    assert not settings.lake.exists()
    assert running_refresh(settings) is None


def _crashing(suite: Suite) -> Suite:
    broken = Rule("no_such_column", "warning", "It cannot run.", "Mend the rule.", where="no_such_column > 1")
    return Suite(suite.table, suite.schema, suite.key, (*suite.rules, broken))


def test_a_raw_check_that_crashes_stops_the_publication(
    copied: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = copied()
    published = readers_see(settings)
    monkeypatch.setitem(quality.suites.RAW_SUITES, RAW, _crashing(quality.suites.RAW_SUITES[RAW]))
    with pytest.raises(RefreshFailed, match="no_such_column") as failed:
        refresh(settings, force=True)
    assert RAW in failed.value.message
    assert readers_see(settings) == published
    assert failed.value.build is not None
    assert _crashed(failed.value.build) == [RAW]


@dataclass(frozen=True)
class Refused:
    """A home in which a run has built everything and lost two of its checks: what was said and what readers see."""

    settings: Settings
    error: GateRefused
    lost: str
    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def build(self) -> Path:
        (build,) = self.settings.builds.iterdir()
        return build


@pytest.fixture(scope="module")
def refused(first_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Refused:
    """A gate and a dbt test leave no trace: every step succeeds, and publication still says no."""
    settings = copy_of(first_home, tmp_path_factory.mktemp("refused"))
    published = readers_see(settings)
    record, record_dbt = CheckLedger.record, CheckLedger.record_dbt
    lost: list[str] = []

    def forget_network(self: CheckLedger, verdict: Any) -> None:
        if verdict.table != RAW:
            record(self, verdict)

    def forget_one(self: CheckLedger, results: Sequence[Any]) -> None:
        tests = [result for result in results if result["unique_id"].startswith("test.")]
        lost.append(tests[0]["unique_id"])
        record_dbt(self, [result for result in results if result is not tests[0]])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CheckLedger, "record", forget_network)
        patch.setattr(CheckLedger, "record_dbt", forget_one)
        with pytest.raises(GateRefused) as caught:
            refresh(settings, force=True)
    return Refused(settings, caught.value, lost[0], published, readers_see(settings))


def test_checks_that_vanish_stop_the_publication(refused: Refused) -> None:
    assert RAW in refused.error.message
    assert refused.lost in refused.error.message
    assert refused.after == refused.before


def test_a_mart_check_that_crashes_stops_the_publication(refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps of the daily job from these gates on, in a copy of what the refused run had built by then."""
    settings, run_id = refused.settings, str(uuid.uuid4())
    build = settings.builds / run_id
    shutil.copytree(refused.build, build)
    try:
        monkeypatch.setitem(quality.suites.MART_SUITES, MART, _crashing(quality.suites.MART_SUITES[MART]))
        with prepare_instance(settings) as instance, quiet(settings):
            done = _from_the_gates_on().execute_in_process(
                run_config=run_config("bundle", None, 0.0),
                instance=instance,
                run_id=run_id,
                raise_on_error=False,
            )
        failed = explain(done.all_events, settings, run_id)
        assert isinstance(failed, RefreshFailed)
        assert "no_such_column" in failed.message and MART in failed.message
        assert failed.build == build
        assert _crashed(build) == [MART]
        assert {event.step_key for event in done.all_events if event.is_step_start} == {"mart_gates"}
        assert readers_see(settings) == refused.before
    finally:
        shutil.rmtree(build)


def _from_the_gates_on() -> dg.JobDefinition:
    gates = [dg.AssetCheckKey(dg.AssetKey(name), GATE) for name in PUBLISHED]
    selection = dg.AssetSelection.checks(*gates) | dg.AssetSelection.assets(KEY)
    job = dg.define_asset_job("from_the_gates_on", selection, executor_def=dg.in_process_executor)
    return dg.Definitions.merge(defs, dg.Definitions(jobs=[job])).resolve_job_def("from_the_gates_on")


def _crashed(build: Path) -> list[str]:
    return [one.table for one in CheckLedger(build / "checks.jsonl").read() if one.status == "crashed"]
