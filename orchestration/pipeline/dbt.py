"""dbt without Dagster: the project and its manifest, what a selection needs, one `dbt build` in a process of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.fetch.storage import sha256_of
from orchestration.live import files_sha256
from orchestration.progress import report
from orchestration.settings import passed_on

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest as DbtManifest

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
TARGET = "target"
RESULTS = "run_results.json"
_PARSED = "partial_parse.msgpack"
_OURS = "--no-write-json"
_TETHERED = str(Path(__file__).with_name("tethered.py"))
_SUFFIXES = {".sql", ".py", ".yml", ".yaml", ".csv", ".md"}
_FINISHED = re.compile(rb" (\d+) of (\d+) (?!START)")
_REPORT_EVERY = 50
# What a person needs to find a row: a test's own columns come first, then the key.
_ROWS_SHOWN = 3
_COLUMNS_SHOWN = 6
_LINES_SHOWN = 20

Manifest = Mapping[str, Any]
Node = Mapping[str, Any]


class ManifestFailed(Exception):
    """dbt could not read its own project: the message is dbt's."""


@dataclass(frozen=True)
class Built:
    """What a build came to. `results` are those of run_results.json; `failed_tests` and `fault` say in words for a person
    what the tests found and what could not be built, each None where there is nothing to say."""

    results: tuple[Mapping[str, Any], ...]
    failed_tests: str | None = None
    fault: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        return tuple(_name(r) for r in self.results if r["unique_id"].startswith("model.") and r["status"] == "success")


def prepare_manifest(project_dir: Path = PROJECT_DIR) -> Path:
    """The path of `manifest.json`, parsed again when it, what dbt keeps beside it, or a file of the project has changed since.

    Needs neither a database nor a variable of the environment. Raises ManifestFailed with dbt's own words.
    """
    import filelock

    target = project_dir / TARGET
    manifest, parsed, stamp = target / "manifest.json", target / _PARSED, target / "manifest.sha256"
    wanted = files_sha256([project_dir], _SUFFIXES, ("dbt-core", "dbt-duckdb"))

    def stamped() -> bytes:
        return f"{wanted} {sha256_of(manifest)} {sha256_of(parsed)}".encode()

    def is_fresh() -> bool:
        return manifest.exists() and parsed.exists() and stamp.exists() and stamp.read_bytes() == stamped()

    if is_fresh():
        return manifest
    target.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(str(target / "parse.lock")):
        if not is_fresh():
            stamp.unlink(missing_ok=True)
            code, said = _dbt(["parse"], project_dir / "hashwatt.duckdb", Path("lake"), target, project_dir)
            if code != 0:
                raise ManifestFailed(f"dbt cannot parse {project_dir}:\n{said}")
            stamp.write_bytes(stamped())
    return manifest


@cache
def load_manifest() -> Manifest:
    """The manifest of the project, read once per process and, when the project changed, written by dbt first."""
    found: Manifest = json.loads(prepare_manifest().read_bytes())
    return found


def models(manifest: Manifest, layer: str | None = None) -> dict[str, Node]:
    """Model name to node; of one layer (the folder below models/) when given."""
    nodes = (n for n in manifest["nodes"].values() if n["resource_type"] == "model")
    return {n["name"]: n for n in nodes if layer is None or n["fqn"][1] == layer}


def data_tests(manifest: Manifest) -> dict[str, Node]:
    """Test name to node, every enabled data test; unit tests judge the code, not the day's data, and are not among them."""
    return {n["name"]: n for n in manifest["nodes"].values() if n["resource_type"] == "test"}


def tests_of(manifest: Manifest, chosen: Collection[str]) -> list[str]:
    """Names of the data tests that are about the models in `chosen` and read nothing that these do not need anyhow."""
    known = models(manifest)
    ids = {known[name]["unique_id"] for name in chosen}
    needed = _with_parents(manifest, ids)

    def is_about(test: Node) -> bool:
        read = set(_parents(test))
        return test["attached_node"] in ids if test.get("attached_node") else bool(ids & read) and read <= needed

    return [name for name, test in data_tests(manifest).items() if is_about(test)]


def with_upstream(manifest: Manifest, chosen: Collection[str], tests: Collection[str] = ()) -> list[str]:
    """Names of the models in `chosen` and of all that these and the tests need, by name."""
    known, checked = models(manifest), data_tests(manifest)
    ids = {known[name]["unique_id"] for name in chosen}
    ids.update(parent for name in tests for parent in _parents(checked[name]))
    return sorted(manifest["nodes"][one]["name"] for one in _with_parents(manifest, ids))


def _parents(node: Node) -> list[str]:
    return [one for one in node["depends_on"]["nodes"] if one.startswith("model.")]


def _with_parents(manifest: Manifest, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(ids)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += _parents(manifest["nodes"][one])
    return found


def build(
    build_file: Path,
    lake: Path,
    target: Path,
    as_of: date | None = None,
    selection: tuple[Collection[str], Collection[str]] | None = None,
) -> Built:
    """One `dbt build` from `lake` into `build_file`, which must not be in use: everything, or only the models and data tests
    that `selection` names. dbt's own files go to `target`. What the tests found and what broke is in the answer."""
    args = ["build", _OURS, "--exclude-resource-types", "unit_test", "exposure", "saved_query"]
    if selection is not None:
        args += ["--indirect-selection", "empty", "--select", *selection[0], *selection[1]]
    if as_of is not None:
        args += ["--vars", json.dumps({"as_of": as_of.isoformat()})]
    results = target / RESULTS
    results.unlink(missing_ok=True)
    code, said = _dbt(args, build_file, lake, target, PROJECT_DIR)
    found = json.loads(results.read_bytes())["results"] if results.exists() else []
    return Built(tuple(found)) if code == 0 else failure(found, build_file, target / "dbt.log", said)


def failure(results: Sequence[Mapping[str, Any]], build_file: Path, log: Path, said: str) -> Built:
    """What went wrong in a build with these results. The rows that tests found are read from the build file by the tests' own
    queries; `said` is what dbt printed last."""
    broken = [r for r in results if r["status"] in ("error", "runtime error")]
    failed = [r for r in results if r["status"] == "fail"]
    if failed and not broken:
        listed = "\n".join(f"{_name(r)}: {r['message']}{_rows_found(build_file, r['compiled_code'])}" for r in failed)
        remedy = f"repair the rows they name; the queries are in {log.parent}/compiled"
        return Built(tuple(results), failed_tests=f"dbt tests failed:\n{listed}\n{remedy}")
    listed = "\n".join(f"{_name(r)}: {r['message']}" for r in broken) or said
    return Built(tuple(results), fault=f"dbt could not build the warehouse:\n{listed}\nthe whole log is {log}")


def row_counts(build_file: Path, names: Collection[str]) -> dict[str, int]:
    """Rows of each of the models that stand in the build file, by name; of a view by asking it."""
    import duckdb

    if not names:
        return {}
    known = models(load_manifest())
    relations = {name: known[name]["relation_name"].split(".", 1)[1] for name in names}
    counts = (f"select '{name}', count(*) from {relation}" for name, relation in relations.items())
    with duckdb.connect(str(build_file), read_only=True) as connection:
        return dict(connection.execute(" union all ".join(counts)).fetchall())


def _name(result: Mapping[str, Any]) -> str:
    return str(result["unique_id"].split(".")[2])


def _rows_found(build_file: Path, query: str) -> str:
    """The first rows that a test's query gives, each on a line of its own; none where it cannot be asked again."""
    import duckdb

    try:
        with duckdb.connect(str(build_file), read_only=True) as connection:
            found = connection.sql(f"select * from ({query}) as found limit {_ROWS_SHOWN}")
            names = found.columns[:_COLUMNS_SHOWN]
            rows = found.fetchall()
    except duckdb.Error:
        # The refusal is worth more than its examples.
        return ""
    cells = [", ".join(f"{name}: {value}" for name, value in zip(names, row, strict=False)) for row in rows]
    return "".join(f"\n  {line}" for line in cells)


def _dbt(args: Sequence[str], build_file: Path, lake: Path, target: Path, project_dir: Path) -> tuple[int, str]:
    """dbt by this interpreter, so that no environment need be activated: its exit code and the last lines it printed."""
    target.mkdir(parents=True, exist_ok=True)
    environment = {
        **passed_on(),
        "HASHWATT_BUILD_FILE": build_file.name,
        "HASHWATT_LAKE": str(lake),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "DBT_LOG_FORMAT_FILE": "text",
        "DBT_LOG_LEVEL_FILE": "info",
        "DBT_USE_COLORS": "false",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "PYTHONUNBUFFERED": "1",
    }
    folders = ("--project-dir", str(project_dir), "--profiles-dir", str(project_dir))
    command = [sys.executable, "-P", _TETHERED, str(build_file.parent), f"{__name__}:main", *args, *folders]
    last: list[bytes] = []
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                last = [*last[1 - _LINES_SHOWN :], line]
                if (found := _FINISHED.search(line)) and int(found[1]) % _REPORT_EVERY == 0:
                    report(f"dbt: {found[1].decode()} of {found[2].decode()}")
        except BaseException:
            # Whoever cancels the run means dbt, too.
            process.kill()
            raise
    return process.returncode, b"".join(last).decode(errors="replace").rstrip()


def main(prog_name: str) -> None:
    """The process that tethered.py starts: dbt with the arguments of this process, ended with 0 or 1. A build of ours
    writes its results alone; with them dbt would write its whole manifest, twice, for three seconds, as `dbt parse` did."""
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.exceptions import DbtUsageException
    from dbt.cli.main import dbtRunner
    from dbt.events import logging

    events: Any = logging
    manager = events.get_event_manager()
    fire, unheard = manager.fire_event, (events.EventLevel.TEST, events.EventLevel.DEBUG)

    def tell(event: Any, level: Any = None, *args: Any, **named: Any) -> None:
        """What is told on the terminal and in dbt.log begins at info. dbt makes each of its 9,000 other events a line for
        both all the same, without secrets, before it throws it away: a seventh of a build."""
        if (level or event.level_tag()) not in unheard:
            fire(event, level, *args, **named)

    manager.fire_event = tell
    is_build = _OURS in sys.argv
    done = dbtRunner(manifest=_parsed() if is_build else None).invoke(sys.argv[1:])
    if isinstance(done.exception, DbtUsageException):
        # Every other fault dbt has told by now.
        print(done.exception)
    if is_build and isinstance(done.result, RunExecutionResult):
        done.result.write(str(Path(passed_on()["DBT_TARGET_PATH"]) / RESULTS))
    sys.exit(0 if done.success else 1)


def _parsed() -> DbtManifest:
    """What `dbt parse` has read of the project, whatever the variables: only SQL reads them. Of the 600 macros it has the third
    that a build may reach, by what calls them or by the name that dbt knows: each node gets every macro, three times over."""
    from dbt.adapters.sql import impl
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack((PROJECT_DIR / TARGET / _PARSED).read_bytes(), decoder=extended_mashumuro_decoder)
    by_name = {value for name, value in vars(impl).items() if name.endswith("_MACRO_NAME")} | {"py_script_postfix"}
    waiting = [one for node in manifest.nodes.values() for one in node.depends_on.macros]
    waiting += [
        one
        for one, macro in manifest.macros.items()
        if macro.package_name == manifest.metadata.project_name
        or macro.name in by_name
        or macro.name.startswith(("materialization_table", "materialization_view", "materialization_test"))
    ]
    reached: set[str] = set()
    while waiting:
        if (one := waiting.pop()) not in reached:
            reached.add(one)
            waiting += manifest.macros[one].depends_on.macros
    manifest.macros = {one: macro for one, macro in manifest.macros.items() if one in reached}
    manifest.build_parent_and_child_maps()  # type: ignore[no-untyped-call]
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest
