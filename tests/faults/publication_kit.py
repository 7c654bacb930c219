"""A small candidate, a real check ledger and a publish request, for the tests of publication, reading and the CLI."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import PublicationFailed
from orchestration.publish import publication
from orchestration.publish.publication import Published, PublishRequest, publish
from orchestration.publish.store import list_publications, next_run_number, pointed_id
from orchestration.settings import Settings
from quality.gate import expected_checks
from quality.judge import Outcome, Verdict
from quality.ledger import CheckLedger
from quality.suites import RAW_SUITES

JUDGED = "raw_market__bar"
ROWS = 50
CANDIDATE_SQL = """
create table dim_issuer(issuer varchar primary key, current_name varchar not null, known_at_utc timestamp not null);
create table mart_book(
    issuer varchar, marker bigint not null, value_usd_m double check (value_usd_m > 0),
    primary key (issuer)
);
create table fct_day(day_date date primary key, marker bigint, is_open boolean, price_usd decimal(18, 4));
create table meta_freshness(
    source_table varchar primary key, rows bigint, first_date date, last_date date, last_known_at_utc timestamp
);
comment on table mart_book is 'One row per issuer; the owner''s book.';
comment on column mart_book.value_usd_m is 'Contracted value.';
create schema raw;
create table raw.secret(i integer);
"""


def settings_for(home: Path, **changes: Any) -> Settings:
    return replace(Settings.from_env({"HASHWATT_HOME": str(home)}), **changes)


def make_candidate(path: Path, marker: int, *, rows: int = ROWS, extra: str = "") -> Path:
    """A candidate whose tables all carry `marker`, rows inserted in no order."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(CANDIDATE_SQL)
        numbers = f"(select (i * 7919) % {rows} as i from range({rows}) as t(i))"
        connection.execute(
            f"insert into dim_issuer select 'I' || i, 'Issuer ' || i, timestamp '2025-01-01' + to_days(i::int) from {numbers}"
        )
        connection.execute(f"insert into mart_book select 'I' || i, {marker}, i + 0.5 from {numbers}")
        connection.execute(
            f"insert into fct_day select date '2025-01-01' + i::int, {marker}, i % 2 = 0, i from {numbers}"
        )
        connection.execute("insert into meta_freshness values ('raw_x', 3, '2025-01-01', '2025-02-01', '2025-02-02')")
        if extra:
            connection.execute(extra)
    return path


def verdict(rows: int = 10, failing: Collection[str] = (), without: Collection[str] = ()) -> Verdict:
    """A verdict on JUDGED: every rule of its suite passed but the `failing` ones; `without` are left out."""
    outcomes = tuple(
        Outcome(
            rule=rule.name,
            severity=rule.severity,
            passed=rule.name not in failing,
            observed=float(rule.name in failing),
            limit="0",
            sample=(),
            remedy=f"mend what {rule.name} found",
            states="holds",
        )
        for rule in RAW_SUITES[JUDGED].rules
        if rule.name not in without
    )
    return Verdict(JUDGED, rows, outcomes, (), 0.01)


def make_request(settings: Settings, marker: int, *, now: datetime | None = None, **changes: Any) -> PublishRequest:
    """A request whose candidate and passing checks lie in the run's own folder."""
    run = settings.builds / f"run-{marker}"
    run.mkdir(parents=True, exist_ok=True)
    checks = CheckLedger(run / "checks.jsonl")
    checks.path.unlink(missing_ok=True)
    checks.record(verdict())
    request = PublishRequest(
        candidate=make_candidate(run / "hashwatt.duckdb", marker),
        checks=checks.path,
        expected=list(expected_checks([JUDGED], [], [])),
        settings=settings,
        run_id=f"run-{marker}",
        edition="bundle",
        as_of=date(2025, 9, 30) if marker == 930 else None,
        inputs={"raw_x": ["b" * 64, "a" * 64]},
        units={("mart_book", "value_usd_m"): "USD million"},
        now_utc=now or datetime.now(UTC),
        run_number=next_run_number(settings),
    )
    return replace(request, **changes)


def crash_points(room: str) -> list[str]:
    """The points that the modules of a room of orchestration/ reach."""
    modules = sorted((Path(publication.__file__).parents[1] / room).glob("*.py"))
    return [name for path in modules for name in re.findall(r'\breach\("(\w+)"', path.read_text())]


def publish_marker(settings: Settings, marker: int, **changes: Any) -> Published:
    return publish(make_request(settings, marker, **changes))


@contextmanager
def reading(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what `current` names, as a BI tool would: by path, read-only."""
    with duckdb.connect(str((settings.current / "hashwatt.duckdb").resolve()), read_only=True) as connection:
        yield connection


def seen_marker(settings: Settings) -> int | None:
    """The one marker that readers see in all tables and Parquet files; None before the first publication."""
    if not settings.current.exists():
        return None
    folder = settings.current.resolve()
    with duckdb.connect(str(folder / "hashwatt.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select marker, count(*) from mart_book group by 1 union all select marker, count(*) from fct_day group by 1 "
            f"union all select marker, count(*) from read_parquet('{folder}/parquet/mart_book.parquet') group by 1"
        ).fetchall()
        names = connection.execute("select publication_id from meta_publication").fetchall()
    assert len(found) == 3 and len(set(found)) == 1, f"mixed versions: {found}"
    assert found[0][1] == ROWS
    assert names == [(folder.name,)]
    return int(found[0][0])


def snapshot(settings: Settings) -> dict[str, bytes]:
    """Every byte of the publications and the name that `current` points at."""
    files = {
        str(path.relative_to(settings.home)): path.read_bytes()
        for path in sorted(settings.publications.rglob("*"))
        if path.is_file()
    }
    return {**files, "current": str(pointed_id(settings)).encode()}


def ids(settings: Settings) -> list[str]:
    """Ids of the publications, oldest first."""
    return [publication.id for publication in reversed(list_publications(settings))]


def process_env(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a child that imports what this process imports and works on the same home."""
    path = os.pathsep.join([str(Path(__file__).resolve().parents[2]), *filter(None, sys.path)])
    return {**os.environ, "PYTHONPATH": path, "HASHWATT_HOME": str(settings.home), **more}


# Forked from one process that has imported this module: what a test kills costs no start of Python.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])


def elsewhere(settings: Settings, work: Callable[..., object], *arguments: object, **env: str) -> BaseProcess:
    """`work` begun in a process of its own, on this home; the crash point, if any, comes in by the environment."""
    environment = {"HASHWATT_HOME": str(settings.home), **env}
    process = _PROCESSES.Process(target=_work, args=(environment, work, arguments), daemon=True)
    process.start()
    return process


def _work(environment: dict[str, str], work: Callable[..., object], arguments: Sequence[object]) -> None:
    os.environ.update(environment)
    work(*arguments)


def code_of(process: BaseProcess) -> int | None:
    """The exit code once the process has ended; None when it does not."""
    process.join(timeout=120)
    return process.exitcode


def publish_in_home(marker: int) -> None:
    publish_marker(Settings.from_env(), marker)


def command(*arguments: str) -> None:
    """`hashwatt ...`."""
    from orchestration.cli.main import main

    main(arguments)


def publish_within(limit: int) -> None:
    """Publish marker 2 while no file may grow beyond `limit` bytes, DuckDB's own included; exit code 9 when that is told."""
    request = make_request(Settings.from_env(), 2)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        publish(request)
    except PublicationFailed as error:
        sys.exit(9 if "could not be written" in error.message else 1)


def clone(settings: Settings, source: str, name: str) -> None:
    """An intact publication called `name`: the files of `source` under another id."""
    target = settings.publications / name
    shutil.copytree(settings.publications / source, target)
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").write_text(json.dumps({**manifest, "publication_id": name}))
