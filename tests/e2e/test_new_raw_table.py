"""A new raw table by the steps of docs/development.md: four files, two of them written by a command, and it is built."""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
READ_BY_A_RUN = ("ingestion", "orchestration", "quality", "dbt_project", "docs/raw-tables.md")

CONTRACT = """\
description: Sites where miners host computing, one row per site.
group: ledger
key: [issuer, site]
partition: whole
after: [raw_ledger__issuer]
columns:
  - issuer
  - name: site
    type: varchar
    nullable: false
    description: Name of the site.
  - name: gross_mw
    type: double
    unit: MW
    positive: true
    description: Gross power of the site; null where it was not disclosed.
"""
ROWS = """\
issuer,site,gross_mw,citation,confidence,known_at_basis,note,known_at_utc
RIOT,Corsicana,1000,10-Q 0001558370-25-000001,high,filing,,2025-05-01T20:00:00Z
CORZ,Denton,,second-hand: a press release,medium,announcement,,2025-02-26T21:00:00Z
"""
BUILD = """
import json
import dagster as dg
from orchestration.definitions import defs
from orchestration.pipeline.jobs import workspace_config
from orchestration.pipeline.warehouse import MANIFEST
with dg.DagsterInstance.ephemeral() as instance:
    done = defs.resolve_implicit_global_asset_job_def().execute_in_process(
        asset_selection=[dg.AssetKey("raw_ledger__issuer"), dg.AssetKey("raw_ledger__site")],
        run_config=workspace_config("bundle"), instance=instance, raise_on_error=False)
    gates = {e.asset_key.to_user_string(): e.passed for e in done.get_asset_check_evaluations()}
print(json.dumps(gates), "source.hashwatt.raw.raw_ledger__site" in MANIFEST["sources"])
"""


def differences(pair: filecmp.dircmp[str], inside: str = "") -> set[str]:
    """Files that are on one side only or not the same on both, by their path."""
    found = {*pair.left_only, *pair.right_only, *pair.diff_files}
    below = [differences(sub, f"{inside}{name}/") for name, sub in pair.subdirs.items()]
    return {f"{inside}{name}" for name in found}.union(*below)


def run(checkout: Path, home: Path, *arguments: str) -> str:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(checkout), "HASHWATT_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_raw_table_takes_four_files_and_is_built(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    left_out = shutil.ignore_patterns("__pycache__", "target", "logs", ".*")
    for name in READ_BY_A_RUN:
        for copy in (before, after):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, copy / name, ignore=left_out)
            else:
                shutil.copy(ROOT / name, copy / name)

    # What dbt parsed of the project as it is, so that it reads only what is new.
    if (parsed := ROOT / "dbt_project/target/partial_parse.msgpack").exists():
        (after / "dbt_project/target").mkdir()
        shutil.copy(parsed, after / "dbt_project/target")
    (after / "ingestion/contracts/raw_ledger__site.yml").write_text(CONTRACT)
    (after / "ingestion/ledger/site.csv").write_text(ROWS)
    run(after, tmp_path / "home", "-m", "ingestion.contracts.render")
    changed = differences(filecmp.dircmp(before, after, ignore=["__pycache__", "target"]))
    assert changed == {
        "ingestion/contracts/raw_ledger__site.yml",
        "ingestion/ledger/site.csv",
        "dbt_project/models/staging/_sources.yml",
        "docs/raw-tables.md",
    }

    said = run(after, tmp_path / "home", "-c", BUILD).splitlines()[-1]
    assert said == '{"raw_ledger__issuer": true, "raw_ledger__site": true} True'
    (kept,) = (tmp_path / "home" / "lake" / "raw_ledger__site").rglob("data.parquet")
    rows = duckdb.sql(f"select issuer, site, gross_mw, source from '{kept}' order by site").fetchall()
    assert rows == [
        ("RIOT", "Corsicana", 1000.0, "ledger/site.csv"),
        ("CORZ", "Denton", None, "ledger/site.csv"),
    ]
