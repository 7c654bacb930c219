"""What guards a publication: one writer, every check present, none crashed. Broken one at a time, in real runs."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

import quality.suites
from ingestion.contracts import TABLES
from orchestration.definitions import defs
from orchestration.errors import GateRefused, HashwattError, RefreshRunning
from orchestration.pipeline import dbt
from orchestration.pipeline.instance import prepare_instance
from orchestration.pipeline.jobs import MARKET_HISTORY, workspace_config
from orchestration.pipeline.refresh import explain, quiet, refresh
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.lock import running_refresh, writer_lock
from orchestration.settings import Settings
from quality.ledger import CheckLedger
from quality.rules import Rule, Suite
from tests.e2e.conftest import Home
from tests.e2e.live_world import copy_of
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


@dataclass(frozen=True)
class Built:
    """A home, and the folder of a `run` in it for which every raw table was judged; `file` is what dbt made in the first one."""

    settings: Settings
    run: Path
    file: Path

    def from_the_models_on(self) -> HashwattError:
        """How the steps of the daily job from the models on end; dbt's part is that of the first refresh."""

        def build(build_file: Path, *_: object) -> dbt.Built:
            shutil.copy(self.file, build_file)
            return dbt.Built(tuple(json.loads((self.settings.dbt_target / "run_results.json").read_bytes())["results"]))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dbt, "build", build)
            return self.failure_of(dg.AssetSelection.all() - dg.AssetSelection.assets(*TABLES, MARKET_HISTORY))

    def failure_of(self, selection: dg.AssetSelection) -> HashwattError:
        """How these steps of the daily job end: in no publication."""
        before = readers_see(self.settings)
        job = dg.define_asset_job("these_steps", selection, executor_def=dg.in_process_executor)
        steps = dg.Definitions.merge(defs, dg.Definitions(jobs=[job])).resolve_job_def("these_steps")
        with prepare_instance(self.settings) as instance, quiet(self.settings):
            done = steps.execute_in_process(
                run_config=workspace_config("bundle", wait_seconds=0.0),
                instance=instance,
                run_id=self.run.name,
                raise_on_error=False,
            )
        assert not done.success and readers_see(self.settings) == before
        return explain(done.all_events, self.settings, self.run.name)


@pytest.fixture
def built(first_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Built:
    settings = copy_of(first_home.settings, tmp_path)
    monkeypatch.setenv("HASHWATT_HOME", str(settings.home))
    built = Built(settings, settings.builds / str(uuid.uuid4()), first_home.built / DATABASE_NAME)
    built.run.mkdir(parents=True)
    keep_records(first_home.built, built.run, TABLES)
    return built


def keep_records(of: Path, run: Path, tables: Collection[str]) -> None:
    """The check ledger of one run in that of another, as far as it is about these tables."""
    lines = (of / "checks.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (run / "checks.jsonl").write_text("".join(one for one in lines if json.loads(one)["table"] in tables))


def test_a_raw_check_that_crashes_fails_the_run(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quality.suites.RAW_SUITES, RAW, _crashing(quality.suites.RAW_SUITES[RAW]))
    failed = built.failure_of(dg.AssetSelection.assets(RAW))
    assert type(failed) is HashwattError and str(built.run) in failed.remedy
    assert "no_such_column" in failed.message and RAW in failed.message
    assert _crashed(built.run) == [RAW]


def test_checks_that_vanish_stop_the_publication(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate and a dbt test leave no trace: every step succeeds, and publication still says no."""
    keep_records(built.run, built.run, TABLES.keys() - {RAW})
    record_dbt, lost = CheckLedger.record_dbt, list[str]()

    def forget_one(self: CheckLedger, results: Sequence[Any]) -> None:
        tests = [result for result in results if result["unique_id"].startswith("test.")]
        lost.append(tests[0]["unique_id"])
        record_dbt(self, [result for result in results if result is not tests[0]])

    monkeypatch.setattr(CheckLedger, "record_dbt", forget_one)
    refused = built.from_the_models_on()
    assert isinstance(refused, GateRefused)
    assert RAW in refused.message and lost[0] in refused.message


def test_a_mart_check_that_crashes_stops_the_publication(built: Built, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(quality.suites.MART_SUITES, MART, _crashing(quality.suites.MART_SUITES[MART]))
    failed = built.from_the_models_on()
    assert type(failed) is HashwattError and str(built.run) in failed.remedy
    assert "no_such_column" in failed.message and MART in failed.message
    assert _crashed(built.run) == [MART]


def _crashed(build: Path) -> list[str]:
    return [one.table for one in CheckLedger(build / "checks.jsonl").read() if one.status == "crashed"]
