"""Dagster's instance inside the home: its settings, opening it, keeping its history bounded. No job runs here."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ingestion.fetch.storage import sync
from orchestration.errors import HashwattError
from orchestration.progress import report
from orchestration.settings import HISTORY_SETTING, Settings

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

DEFINITIONS = "orchestration.definitions"
STARTED_BY, COMMAND_LINE, PROCESS = "hashwatt/started_by", "command line", "hashwatt/process"
# A run of the daily job is seven megabytes.
RUNS_KEPT, _PRUNED_AT_ONCE = 30, 20
_RUNS: Final = Path("history", "runs")
_DATABASES: Final = (Path("history", "runs.db"), _RUNS / "index.db", Path("schedules", "schedules.db"))

INSTANCE: Final = Path(__file__).with_name("dagster.yml")
# The address holds a password, so it stays in the environment.
IN_POSTGRES: Final = f"""\
storage:
  postgres:
    postgres_url:
      env: {HISTORY_SETTING}
"""


@contextmanager
def prepare_instance(settings: Settings, *, lost_too: bool = False) -> Iterator[dg.DagsterInstance]:
    """The instance that `hashwatt dev` shows too, open for the block; runs in it are of this home and know no other. Runs of
    a command line that was killed are ended in it: they would stand as going on for ever, and the daemon, which starts one
    run at a time, would wait for them. With `lost_too` those that a daemon started are ended as well, which is for whoever
    knows that none runs. A history that SQLite cannot read is put aside and a new one begun: no table depends on it."""
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    target = settings.dagster_home / "dagster.yaml"
    wanted = INSTANCE.read_text(encoding="utf-8") + ("" if settings.history is None else IN_POSTGRES)
    if not target.exists() or target.read_bytes() != wanted.encode():
        temporary = target.with_suffix(".tmp")
        temporary.write_text(wanted, encoding="utf-8")
        temporary.replace(target)
        sync(settings.dagster_home)
    if damaged := unreadable_history(settings):
        report(f"Dagster's history cannot be read ({damaged[0].name}): it is put aside, and a new one begun")
        _set_aside(settings.dagster_home)
    history = {
        "module": "orchestration.pipeline.history",
        "class": "OpenEventLog",
        "config": {"base_dir": str(settings.dagster_home / _RUNS)},
    }
    overrides = {"event_log_storage": history} if settings.history is None else {}
    reference = InstanceRef.from_dir(str(settings.dagster_home), overrides=overrides)
    with settings.in_force(), _opened(reference, settings) as instance:
        going = dg.RunsFilter(
            statuses=[dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
        )
        for run in instance.get_runs(filters=going):
            is_ours = run.tags.get(STARTED_BY) == COMMAND_LINE
            if lost_too if not is_ours else not _is_alive(run.tags.get(PROCESS)):
                _remove_unreadable(instance, run.run_id)
                instance.report_run_failed(run, "Its process is gone: it was killed.")
        yield instance


def _opened(reference: InstanceRef, settings: Settings) -> dg.DagsterInstance:
    import dagster as dg

    try:
        return dg.DagsterInstance.from_ref(reference)
    except Exception as error:
        if settings.history is None:
            raise
        raise HashwattError(
            f"the history that {HISTORY_SETTING} names cannot be opened: {str(error).splitlines()[0]}",
            "the address begins with postgresql+psycopg2://; install dagster-postgres, and see that the database lets you in",
        ) from error


def unreadable_history(settings: Settings) -> list[Path]:
    """Dagster's own databases that are there and that SQLite cannot read; those of single runs are not among them."""
    return [path for name in _DATABASES if not _is_readable(path := settings.dagster_home / name)]


def _is_readable(database: Path) -> bool:
    if not database.exists():
        return True
    try:
        with closing(sqlite3.connect(database)) as connection:
            return bool(connection.execute("pragma quick_check(1)").fetchone() == ("ok",))
    except sqlite3.DatabaseError as error:
        # One that is locked, or a disk without room, is not damaged.
        return error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _set_aside(dagster_home: Path) -> None:
    """All databases, since they refer to each other, in the place of those that were put aside before."""
    aside = dagster_home / "damaged"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    for folder in sorted({name.parts[0] for name in _DATABASES}):
        if (dagster_home / folder).exists():
            (dagster_home / folder).rename(aside / folder)


def _remove_unreadable(instance: dg.DagsterInstance, run_id: str) -> None:
    """The events of one run, where they cannot be read: nothing can be written to them or be deleted from them."""
    events = Path(instance.root_directory) / _RUNS / f"{run_id}.db"
    if not _is_readable(events):
        events.unlink()


def _is_alive(pid: str | None) -> bool:
    try:
        os.kill(int(pid or ""), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, ValueError):
        return False
    return True


def run_job(instance: dg.DagsterInstance, job: dg.JobDefinition, config: Mapping[str, Any]) -> dg.JobExecutionResult:
    """Run a job in this process, once: the daemon of `hashwatt dev` must not try a command line's run again.

    Unlike `execute_in_process` this says where the job is from, as `hashwatt dev` names it: without that the page shows a
    run neither on its timeline nor under its job.
    """
    from dagster._core.definitions.job_base import InMemoryJob
    from dagster._core.execution.api import execute_run
    from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteRepositoryOrigin
    from dagster._core.types.loadable_target_origin import LoadableTargetOrigin

    location = ManagedGrpcPythonEnvCodeLocationOrigin(LoadableTargetOrigin(module_name=DEFINITIONS))
    run = instance.create_run_for_job(
        job,
        run_config={**config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        tags={**job.run_tags, "dagster/max_retries": "0", STARTED_BY: COMMAND_LINE, PROCESS: str(os.getpid())},
        remote_job_origin=RemoteRepositoryOrigin(location, "__repository__").get_job_origin(job.name),
    )
    return execute_run(InMemoryJob(job), run, instance)


def prune_runs(instance: dg.DagsterInstance, keep: int = RUNS_KEPT) -> None:
    """Forget the oldest finished runs beyond `keep`, a few at a time, and what Dagster would keep of their checks."""
    import dagster as dg
    from dagster._core.storage.event_log import SqlEventLogStorage
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks
    from sqlalchemy import delete

    finished = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    )
    kept = instance.get_runs(filters=finished, limit=keep)
    if len(kept) < keep:
        return
    for run in instance.get_runs(filters=finished, cursor=kept[-1].run_id, limit=_PRUNED_AT_ONCE):
        _remove_unreadable(instance, run.run_id)
        instance.delete_run(run.run_id)
        if isinstance(events := instance.event_log_storage, SqlEventLogStorage):
            with events.index_connection() as connection:
                connection.execute(delete(Checks).where(Checks.c.run_id == run.run_id))
