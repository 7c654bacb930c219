"""Where the dbt project is, its manifest and how dbt is called. Assets and models live elsewhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from dagster_dbt import DbtCliResource, DbtProject
from packaging.version import Version, parse

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
TARGET = "target"
# What this interpreter is given to be dbt: this, the folder to start in, dbt's own arguments.
_DBT_PROCESS = ("-P", str(Path(__file__).with_name("dbt_process.py")))
_SUFFIXES = {".sql", ".yml", ".yaml", ".csv", ".md"}

Manifest = Mapping[str, Any]


class ManifestFailed(Exception):
    """dbt could not read its own project: the message is dbt's."""


def project_hash(project_dir: Path) -> str:
    """SHA-256 over every file that dbt would read, and the versions that read it."""
    digest = hashlib.sha256()
    for package in ("dbt-core", "dbt-duckdb"):
        digest.update(f"{package} {importlib.metadata.version(package)}\n".encode())
    for path in sorted(project_dir.rglob("*")):
        inside = path.relative_to(project_dir)
        if path.suffix in _SUFFIXES and inside.parts[0] not in (TARGET, "logs") and path.is_file():
            digest.update(f"{inside.as_posix()}\n".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def prepare_manifest(project_dir: Path = PROJECT_DIR) -> Path:
    """The path of `manifest.json`, parsed again when a file of the project has changed since it was written.

    Needs neither a database nor a variable of the environment. Raises ManifestFailed with dbt's own words.
    """
    import filelock

    target = project_dir / TARGET
    manifest, stamp = target / "manifest.json", target / "manifest.sha256"
    wanted = project_hash(project_dir)
    if _stamped(stamp) == wanted and manifest.exists():
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(str(target / "parse.lock")):
        if _stamped(stamp) == wanted and manifest.exists():
            return manifest
        stamp.unlink(missing_ok=True)
        folders = ("--project-dir", str(project_dir), "--profiles-dir", str(project_dir))
        done = subprocess.run(
            [sys.executable, *_DBT_PROCESS, str(project_dir), "parse", *folders],
            cwd=project_dir,
            env={
                **os.environ,
                **dbt_environment(Path("hashwatt.duckdb"), Path("lake")),
                "DBT_TARGET_PATH": TARGET,
                "DBT_LOG_PATH": TARGET,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ManifestFailed(f"dbt cannot parse {project_dir}:\n{done.stdout}{done.stderr}".rstrip())
        stamp.write_text(wanted, encoding="utf-8")
    return manifest


def _stamped(stamp: Path) -> str:
    try:
        return stamp.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""


def dbt_environment(build_file: Path, lake: Path) -> dict[str, str]:
    """What dbt is told through its environment: the name of the run's own database file, in whose folder it starts, the
    lake, a short log, no calls home."""
    return {
        "HASHWATT_BUILD_FILE": build_file.name,
        "HASHWATT_LAKE": str(lake),
        "DBT_LOG_FORMAT_FILE": "text",
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, for a library that hands its own environment to a child process."""
    before = {**os.environ}
    for name, value in variables.items():
        os.environ[name] = value
    try:
        yield
    finally:
        for name in variables:
            del os.environ[name]
            if name in before:
                os.environ[name] = before[name]


class Dbt(DbtCliResource):
    """dagster-dbt's resource without two of its preparations.

    It would ask `dbt --version`, which asks the network for newer releases, and open an adapter in this process that
    only its fetching of row counts and columns needs. The version is known from the installed package.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return parse(importlib.metadata.version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: object) -> Any:
        return None


def dbt_here() -> Dbt:
    """dbt on the project by this interpreter, so that an environment need not be activated. The first argument of a call
    is the folder to start in."""
    project = str(PROJECT_DIR)
    flags = list(_DBT_PROCESS)
    return Dbt(project_dir=project, profiles_dir=project, dbt_executable=sys.executable, global_config_flags=flags)


@cache
def load_project() -> tuple[DbtProject, Manifest]:
    """The dbt project and its manifest, parsed once per process and, when the project changed, by dbt first."""
    manifest = json.loads(prepare_manifest().read_bytes())
    return DbtProject(project_dir=PROJECT_DIR, profiles_dir=PROJECT_DIR, target_path=Path(TARGET)), manifest


def models(manifest: Manifest, layer: str | None = None) -> dict[str, Mapping[str, Any]]:
    """Model name to node; of one layer (the folder below models/) when given."""
    nodes = (n for n in manifest["nodes"].values() if n["resource_type"] == "model")
    return {n["name"]: n for n in nodes if layer is None or n["fqn"][1] == layer}


def data_tests(manifest: Manifest) -> list[Mapping[str, Any]]:
    """Every enabled data test of the project; unit tests judge the code, not the day's data, and are not among them."""
    return [n for n in manifest["nodes"].values() if n["resource_type"] == "test"]
