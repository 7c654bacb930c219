"""A lake filled from the shipped bundle and ledger, and dbt run on it in a process of its own. One lake per worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.contracts import TABLES
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.load import Ingestion

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "dbt_project"

RunDbt = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a lake that holds every raw table of the bundle edition."""
    home = tmp_path_factory.mktemp("lake")
    now = datetime(2026, 11, 20, 12)
    archive = Archive(Storage(home / "archive"))
    ingestion = Ingestion("bundle", archive, ROOT / "ingestion" / "ledger", ROOT / "ingestion" / "bundle", now)
    lake = Lake(Storage(home / "lake"))
    for name, table in TABLES.items():
        if table.group != "sec":
            lake.promote(lake.stage(ingestion.batch(name), home / "staging", now))
        lake.initialise(table)
    return home / "lake"


@pytest.fixture(scope="session")
def run_dbt(tmp_path_factory: pytest.TempPathFactory) -> RunDbt:
    """`run_dbt(build_file, lake, *arguments, target=...)`: dbt on the project in a bare environment, output captured.

    dbt reads its project anew, for seconds, when variables or the database differ from the last time in the same target:
    so the file is given by its bare name, best the same everywhere, and runs with variables have a target of their own.
    """
    shared = tmp_path_factory.mktemp("dbt")
    parsed = PROJECT / "target" / "partial_parse.msgpack"

    def run(
        build_file: Path, lake: Path, *arguments: str, target: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        target = target or (shared / "vars" if "--vars" in arguments else shared)
        build_file.parent.mkdir(parents=True, exist_ok=True)
        target.mkdir(parents=True, exist_ok=True)
        if parsed.exists() and not (target / parsed.name).exists():
            shutil.copy(parsed, target)
        command = [sys.executable, "-m", "dbt.cli.main", *arguments]
        command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command += ["--target-path", str(target), "--log-path", str(shared / "logs"), "--no-use-colors"]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(shared),
            "HASHWATT_BUILD_FILE": build_file.name,
            "HASHWATT_LAKE": str(lake),
        }
        return subprocess.run(
            command, env=environment, cwd=build_file.parent, capture_output=True, text=True, check=False
        )

    return run
