"""The steps of docs/development.md, "Add a mart", taken in a copy of the project: three files, and the mart stands."""

from __future__ import annotations

import re
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from quality.judge import judge
from quality.rules import Context
from quality.suites import Suite, every_model
from tests.dbt.conftest import PROJECT, ROOT, RunDbt

BLOCK = re.compile(r"```(sql|yaml)\n(.+?)```\n", re.DOTALL)


def test_a_mart_is_three_files(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    (steps,) = re.findall(r"^## Add a mart\n(.+?)^## ", page, flags=re.DOTALL | re.MULTILINE)
    (_, sql), (_, yml), (_, line) = BLOCK.findall(steps)
    (model,) = yaml.safe_load(yml)["models"]
    ((name, key),) = yaml.safe_load(line).items()
    assert all(f"`{file}`" in steps for file in (f"{name}.sql", f"{name}.yml", "quality/suites/marts/every_model.yml"))

    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    (project / "models" / "marts" / f"{name}.sql").write_text(sql)
    (project / "models" / "marts" / f"{name}.yml").write_text(yml)
    built = ("build", "--select", f"+{name}", "--indirect-selection", "buildable", "--exclude", "test_type:unit")
    finished = run_dbt(tmp_path / "hashwatt.duckdb", lake, *built, target=tmp_path / "target", project=project)
    assert finished.returncode == 0, finished.stdout[-4000:]
    assert f"PASS {name}_rows_hold" in finished.stdout

    with duckdb.connect(str(tmp_path / "hashwatt.duckdb"), read_only=True) as connection:
        described = connection.execute(f"DESCRIBE main.{name}").fetchall()
        assert [(column, kind.lower()) for column, kind, *_ in described] == [
            (column["name"], column["data_type"]) for column in model["columns"]
        ]
        verdict = judge(connection, Suite(name, "main", tuple(key), every_model()), Context(datetime(2026, 12, 31)))
    assert verdict.passed, verdict.message()
