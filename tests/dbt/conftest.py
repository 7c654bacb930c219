"""A lake filled from the shipped bundle and ledger, and dbt run on it in a process of its own. What takes seconds to make is
made once for all workers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.contracts import SEC_TABLES, TABLES
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, summarise
from ingestion.landing.lake import Lake
from ingestion.load import Ingestion
from tests.conftest import Once
from tests.dbt.models import Models, compile_models
from tests.lakes import stage_one

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"
LEDGER = ROOT / "ingestion" / "ledger"
NOW = datetime(2026, 11, 30, 12)

# dbt holds the keys of a yml against its schemas only where the adapter is one of a few, of which DuckDB's is none.
HELD_TO_SCHEMA = "from dbt.jsonschemas import jsonschemas as s; s._JSONSCHEMA_SUPPORTED_ADAPTERS.add('duckdb')"

RunDbt = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def lake(once: Once) -> Path:
    """The folder of a lake that holds every raw table of the bundle edition."""
    return once("lake", fill_lake) / "lake"


def fill_lake(home: Path, ledger: Path = LEDGER, own: Mapping[str, Batch] | None = None) -> tuple[Archive, Lake]:
    """A lake of the bundle edition in `home`/lake, with the archive beside it. Given batches of a test's `own` by table, even
    none, it holds these and of what is shipped the ledger alone."""
    archive, lake = Archive(Storage(home / "archive")), Lake(Storage(home / "lake"))
    ingestion = Ingestion("bundle", archive, ledger, ROOT / "ingestion" / "bundle", NOW)
    for name, table in TABLES.items():
        if own and name in own:
            batch = own[name]
        elif table in SEC_TABLES or (own is not None and table.group != "ledger"):
            lake.initialise(table)
            continue
        else:
            batch = ingestion.batch(name)
        assert not batch.rejected, batch.rejected[:3]
        staged = stage_one(lake, batch, home / "staging", NOW)
        assert not staged.rows_quarantined, summarise(staged.rejected)
        lake.promote(staged)
        lake.initialise(table)
    return archive, lake


@pytest.fixture(scope="session")
def run_dbt(tmp_path_factory: pytest.TempPathFactory) -> RunDbt:
    """`run_dbt(build_file, lake, *arguments, target=..., project=...)`: dbt on the project in a bare environment, output captured.

    dbt reads its project anew, for seconds, when variables or the database differ from the last time in the same target:
    so the file is given by its bare name, best the same everywhere, and runs with variables have a target of their own.
    """
    shared = tmp_path_factory.mktemp("dbt")
    parsed = PROJECT / "target" / "partial_parse.msgpack"

    def run(
        build_file: Path, lake: Path, *arguments: str, target: Path | None = None, project: Path = PROJECT
    ) -> subprocess.CompletedProcess[str]:
        target = target or (shared / "vars" if "--vars" in arguments else shared)
        build_file.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        if parsed.exists() and not (target / parsed.name).exists():
            shutil.copy(parsed, target)
        started = f"{HELD_TO_SCHEMA}; from orchestration.pipeline.dbt import main; main('dbt')"
        command = [sys.executable, "-c", started, *arguments]
        command += ["--project-dir", str(project), "--profiles-dir", str(project)]
        command += ["--log-path", str(shared / "logs"), "--no-use-colors"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(shared),
            "HASHWATT_BUILD_FILE": build_file.name,
            "HASHWATT_LAKE": str(lake),
            "DBT_TARGET_PATH": str(target),
        }
        return subprocess.run(
            command, env=environment, cwd=build_file.parent, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def models(once: Once, run_dbt: RunDbt, lake: Path) -> Models:
    """Every model as SQL in which T is still open."""
    return Models(once("models", lambda home: compile_models(run_dbt, lake, home)) / "target")


@dataclass(frozen=True)
class Empty:
    """Every model built without a row, its unit tests run and its tests compiled."""

    file: Path
    target: Path
    output: str

    @property
    def manifest(self) -> dict[str, Any]:
        """What dbt read of the project."""
        found: dict[str, Any] = json.loads((self.target / "manifest.json").read_bytes())
        return found


@pytest.fixture(scope="session")
def empty(once: Once, run_dbt: RunDbt, lake: Path) -> Empty:
    """One build proves the unit tests, which bring their rows with them, gives every model its columns, and tells of every
    file what dbt finds to warn of: it is silent about what it has read before."""

    def make(home: Path) -> None:
        # Tests that are true of no rows, or false, say nothing here.
        choice = ("--empty", "--exclude", "test_type:singular", "test_name:unique", "test_name:relationships")
        reading = ("--no-partial-parse", "--show-all-deprecations")
        finished = run_dbt(home / "hashwatt.duckdb", lake, "build", *reading, *choice, target=home / "target")
        assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
        (home / "output.txt").write_text(finished.stdout)

    home = once("empty", make)
    return Empty(home / "hashwatt.duckdb", home / "target", (home / "output.txt").read_text())
