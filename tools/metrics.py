"""Writes docs/metrics.md: the saved queries of the dbt project, the SQL that MetricFlow makes of each, and its answer.

`make metrics` calls it. It needs a home with a publication and installs MetricFlow into an environment of its own: the project does not
depend on it, and reads of its definitions what dbt itself parses.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from orchestration.pipeline.dbt import PROJECT_DIR, Manifest, load_manifest
from orchestration.settings import Settings
from tools.own_environment import environment
from tools.page_outputs import fill, run

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "metrics.md"
METRICFLOW = "dbt-metricflow==0.15.0"
DEFINED = ("semantic_models", "metrics", "saved_queries")
SQL_OF = """
import json, sys
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowQueryRequest
flow = CLIConfiguration()
flow.setup(configure_file_logging=False)
asked = [(name, MetricFlowQueryRequest.create(saved_query_name=name)) for name in sys.argv[2:]]
made = {name: flow.mf.explain(request).sql_statement.without_descriptions.sql for name, request in asked}
with open(sys.argv[1], "w") as file:
    json.dump(made, file)
"""

OPENING = """\
# Metrics

<!-- Written by `make metrics` from dbt_project/models/semantic/; edit the definitions there, not this page. Definitions: {digest} -->

Each metric is defined once, as a dbt metric on a semantic model (`dbt_project/models/semantic/`), and may be asked by any dimension of
that model or of one that it points at. The [data dictionary](dictionary.md#metrics) lists them with units. Below are questions
that are kept with them as saved queries, each with the SQL that MetricFlow makes of it and its answer on the bundle edition.
A test holds the answers to the marts. [0027](decisions/0027-metricflow-stands-apart.md) says why MetricFlow is not installed with the
project; `make metrics` installs it beside it and writes this page anew.
"""


def digest(manifest: Manifest) -> str:
    """A hash of all that is defined: semantic models, metrics and saved queries, without where and when dbt read them."""
    kept = (
        "name",
        "description",
        "label",
        "type",
        "type_params",
        "filter",
        "model",
        "entities",
        "measures",
        "dimensions",
    )
    told = [
        {key: one[key] for key in (*kept, "query_params", "defaults", "primary_entity") if key in one}
        for kind in DEFINED
        for _, one in sorted(manifest[kind].items())
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def sql_of(python: Path, names: list[str]) -> Mapping[str, str]:
    """The SQL that MetricFlow makes of saved queries, by name; raises CalledProcessError where it cannot."""
    with tempfile.TemporaryDirectory(prefix="hashwatt-metrics-") as folder:
        project, made = Path(folder) / "project", Path(folder) / "made.json"
        # MetricFlow reads the manifest of dbt's default folder, and of another version of dbt than ours it may not be.
        shutil.copytree(PROJECT_DIR, project, ignore=shutil.ignore_patterns("target", "logs"))
        told = {
            "DBT_PROFILES_DIR": str(project),
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "HASHWATT_BUILD_FILE": str(Path(folder) / "hashwatt.duckdb"),
            "HASHWATT_LAKE": folder,
        }
        parse = [str(python.with_name("dbt")), "--quiet", "parse"]
        for command in (parse, [str(python), "-c", SQL_OF, str(made), *names]):
            subprocess.run(command, cwd=project, env={**os.environ, **told}, check=True)
        answer: dict[str, str] = json.loads(made.read_text())
    return {name: sql.replace('"hashwatt"."main".', "").replace('"', "") for name, sql in answer.items()}


def render(manifest: Manifest, sql: Mapping[str, str]) -> str:
    """The whole page, its answers still to be filled in."""
    return "\n".join(_lines(manifest, sql)).rstrip() + "\n"


def _lines(manifest: Manifest, sql: Mapping[str, str]) -> Iterator[str]:
    yield OPENING.format(digest=digest(manifest))
    for query in saved_queries(manifest).values():
        yield f"## {query['label']}\n"
        yield f"`{query['name']}`: {', '.join(f'`{metric}`' for metric in query['query_params']['metrics'])}\n"
        yield f"```sql\n{sql[str(query['name'])]}\n```\n\n```text\n```\n\n{query['description']}\n"


def saved_queries(manifest: Manifest) -> dict[str, Mapping[str, Any]]:
    """The saved queries by name, in the order of their file."""
    return {query["name"]: query for query in manifest["saved_queries"].values()}


def main() -> int:
    home = Settings.from_env().home
    if not (home / "current" / "manifest.json").exists():
        print(f"hashwatt: nothing is published in {home}; run `make refresh` first", file=sys.stderr)
        return 2
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb")]
    python = environment(ROOT / ".venv-metrics", [METRICFLOW, *ours])
    manifest = load_manifest()
    page = render(manifest, sql_of(python, [*saved_queries(manifest)]))
    PAGE.write_text(fill(page, lambda command: run(command, home)), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
