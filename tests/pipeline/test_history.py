"""Dagster's event log over connections that stay open: the same files and the same events as Dagster's own storage."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import psutil
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from orchestration.pipeline.history import OpenEventLog
from orchestration.pipeline.instance import (
    COMMAND_LINE,
    PROCESS,
    STARTED_BY,
    prepare_instance,
    prune_runs,
    unreadable_history,
)
from orchestration.progress import listening
from orchestration.settings import Settings

Garble = Callable[[bytes], bytes]


@dg.asset(check_specs=[dg.AssetCheckSpec("sound", asset="thing")])
def thing() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    yield dg.MaterializeResult(metadata={"rows": 3}, check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")})


def run_once(instance: dg.DagsterInstance) -> str:
    done = dg.materialize([thing], instance=instance, tags={"dagster/max_retries": "0"})
    assert done.success
    return done.run_id


def open_files(folder: Path) -> list[str]:
    """Files below `folder` that this process holds open."""
    return sorted(file.path for file in psutil.Process().open_files() if Path(file.path).parent == folder.resolve())


def test_what_is_written_is_what_dagster_itself_reads(settings: Settings) -> None:
    with prepare_instance(settings) as instance:
        assert isinstance(instance.event_log_storage, OpenEventLog)
        run_id = run_once(instance)
        said = [record.event_log_entry for record in instance.get_records_for_run(run_id).records]
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as stock:
        assert type(stock.event_log_storage) is SqliteEventLogStorage
        assert [record.event_log_entry for record in stock.get_records_for_run(run_id).records] == said
        latest = stock.get_latest_materialization_event(dg.AssetKey("thing"))
        assert latest is not None and latest.run_id == run_id
        (check,) = stock.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("thing"), "sound"), limit=5
        )
        assert check.run_id == run_id and check.status.value == "SUCCEEDED"
        run_once(stock)
    with prepare_instance(settings) as instance:
        assert len(instance.get_runs()) == 2
        assert run_once(instance) != run_id


def test_a_run_whose_process_was_killed_does_not_stand_as_going_on(settings: Settings) -> None:
    """The daemon starts one run at a time, so it would wait for a killed refresh for ever."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    going: dict[str, str] = {}
    with prepare_instance(settings) as instance:
        for process in (str(gone.pid), str(os.getpid())):
            job = dg.Definitions([thing]).resolve_implicit_global_asset_job_def()
            run = instance.create_run_for_job(job, tags={STARTED_BY: COMMAND_LINE, PROCESS: process}, status="STARTED")
            going[process] = run.run_id
    with prepare_instance(settings) as instance:
        killed, alive = (instance.get_run_by_id(run_id) for run_id in going.values())
    assert killed is not None and killed.status is dg.DagsterRunStatus.FAILURE
    assert alive is not None and alive.status is dg.DagsterRunStatus.STARTED


def test_files_are_open_during_a_run_and_closed_after_it(settings: Settings) -> None:
    folder = settings.dagster_home.resolve() / "history" / "runs"
    with prepare_instance(settings) as instance:
        run_id = run_once(instance)
        held = open_files(folder)
        assert {str(folder / f"{run_id}.db"), str(folder / "index.db")} <= {*held}
        run_once(instance)
        assert open_files(folder).count(str(folder / "index.db")) == held.count(str(folder / "index.db"))
    assert open_files(folder) == []
    assert not list(folder.glob("*-wal")), "all of it is in the files themselves"


def test_a_run_that_is_deleted_is_gone(settings: Settings) -> None:
    with prepare_instance(settings) as instance:
        first, second = run_once(instance), run_once(instance)
        instance.delete_run(first)
        assert [run.run_id for run in instance.get_runs()] == [second]
        assert instance.get_records_for_run(first).records == []


def test_the_history_of_many_runs_is_no_larger_than_that_of_the_newest(settings: Settings) -> None:
    folder = settings.dagster_home / "history" / "runs"
    with prepare_instance(settings) as instance:
        for _ in range(4):
            run_once(instance)
            prune_runs(instance, keep=2)
        kept = {run.run_id for run in instance.get_runs()}
        with instance.event_log_storage.index_connection() as connection:
            checked = {run_id for (run_id,) in connection.exec_driver_sql("select run_id from asset_check_executions")}
    assert len(kept) == 2
    assert {file.stem for file in folder.glob("*.db*")} - {"index"} == kept
    assert checked == kept


def test_nothing_is_written_down_for_dagster_to_send(settings: Settings, tmp_path: Path) -> None:
    """Telemetry is first written to a file, which the pages and the daemon send."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path / "person"))
        patch.setenv("DAGSTER_HOME", str(settings.dagster_home))
        patch.delenv("DAGSTER_DISABLE_TELEMETRY", raising=False)
        with prepare_instance(settings) as instance:
            assert not instance.nux_enabled, "the page asks for an address to send to its maker"
            run_once(instance)
    assert not [*tmp_path.rglob("event.log"), *tmp_path.rglob(".telemetry")]


def test_a_run_of_a_daemon_that_is_gone_is_ended_by_whoever_knows(settings: Settings) -> None:
    with prepare_instance(settings) as instance:
        job = dg.Definitions([thing]).resolve_implicit_global_asset_job_def()
        run_id = instance.create_run_for_job(job, status="STARTED").run_id
    for lost_too, status in ((False, dg.DagsterRunStatus.STARTED), (True, dg.DagsterRunStatus.FAILURE)):
        with prepare_instance(settings, lost_too=lost_too) as instance:
            run = instance.get_run_by_id(run_id)
            assert run is not None and run.status is status


@pytest.mark.parametrize(
    ("name", "garble"),
    [
        ("history/runs.db", lambda content: content[: len(content) // 2]),
        ("history/runs/index.db", lambda content: content[::-1]),
        ("schedules/schedules.db", lambda content: b""),
    ],
    ids=["torn", "binary", "empty"],
)
def test_a_history_that_cannot_be_read_is_put_aside(settings: Settings, name: str, garble: Garble) -> None:
    """Nothing that is published depends on it, so it stops no run."""
    with prepare_instance(settings) as instance:
        run_once(instance)
    database = settings.dagster_home / name
    database.write_bytes(garble(database.read_bytes()))
    assert unreadable_history(settings) == ([database] if garble(b"12") else [])
    (settings.dagster_home / "dagster.yaml").write_bytes(b"\xff\xfe")
    lines: list[str] = []
    for _ in "12":
        with listening(lines.append), prepare_instance(settings) as instance:
            run_once(instance)
    assert unreadable_history(settings) == [] and len(lines) == bool(garble(b"12"))


def test_a_run_whose_events_cannot_be_read_is_ended_and_forgotten(settings: Settings) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    with prepare_instance(settings) as instance:
        first, second = run_once(instance), run_once(instance)
        job = dg.Definitions([thing]).resolve_implicit_global_asset_job_def()
        tags = {STARTED_BY: COMMAND_LINE, PROCESS: str(gone.pid)}
        going = instance.create_run_for_job(job, tags=tags, status="STARTED").run_id
    for run_id in (first, going):
        (settings.dagster_home / "history" / "runs" / f"{run_id}.db").write_bytes(b"\0torn" * 2000)
    with prepare_instance(settings) as instance:
        ended = instance.get_run_by_id(going)
        assert ended is not None and ended.status is dg.DagsterRunStatus.FAILURE
        prune_runs(instance, 2)
        assert {run.run_id for run in instance.get_runs()} == {second, going}
