"""The recipes in examples/ run as they stand, on what the bundle publishes; the bundle for Superset names what is published."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from tests.e2e.conftest import Home
from tools.on_superset import BUNDLE, PLACE, pack

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_runs(recipe: Path, first_home: Home) -> None:
    pytest.importorskip(recipe.stem.removeprefix("with_"))
    env = {**os.environ, "HASHWATT_HOME": str(first_home.settings.home)}
    done = subprocess.run([sys.executable, str(recipe)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "APLD" in done.stdout


def test_the_notebook_runs_from_top_to_bottom(first_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHWATT_HOME", str(first_home.settings.home))
    notebook = json.loads((ROOT / "examples" / "capex.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    names: dict[str, Any] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [], "outputs grow old"
            exec(compile("".join(cell["source"]), "capex.ipynb", "exec"), names)
    frame = names["by_quarter"]
    assert isinstance(frame, pd.DataFrame) and frame.loc["2025Q4", "MSFT"] == 29876


def test_the_loader_of_the_page_tells_the_book_and_its_publication(first_home: Home) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "HASHWATT_HOME": str(first_home.settings.home), "PATH": path}
    loader = ROOT / "examples" / "observable" / "src" / "data" / "book.json.sh"
    done = subprocess.run(["sh", str(loader)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    book = json.loads(done.stdout)
    assert {row["publication_id"] for row in book} == {first_home.settings.current.resolve().name}
    assert (book[0]["issuer"], book[0]["value_usd_m"]) == ("APLD", 36200)


def loaded(part: str) -> dict[str, Any]:
    return {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in (BUNDLE / part).rglob("*.yaml")}


def test_the_dashboard_names_what_is_published(first_home: Home) -> None:
    datasets, charts = loaded("datasets"), loaded("charts")
    by_uuid = {one["uuid"]: one for one in datasets.values()}
    with duckdb.connect(str(first_home.settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        for table, dataset in datasets.items():
            said = [(one["column_name"], one["type"], one["description"]) for one in dataset["columns"]]
            published = connection.execute(
                "select column_name, data_type, description || coalesce(' [' || unit || ']', '') from meta_column "
                "where table_name = ? order by position",
                [table],
            ).fetchall()
            assert dataset["table_name"] == table and said == published
        for chart in charts.values():
            for metric in chart["params"]["metrics"]:
                connection.execute(
                    f"select {metric['sqlExpression']} from {by_uuid[chart['dataset_uuid']]['table_name']}"
                )
    (dashboard,) = loaded("dashboards").values()
    shown = {one["meta"]["uuid"] for key, one in dashboard["position"].items() if key.startswith("CHART-")}
    assert shown == {one["uuid"] for one in charts.values()} and len(charts) == 3
    (database,) = loaded("databases").values()
    assert database["sqlalchemy_uri"] == PLACE and database["extra"]["engine_params"]["connect_args"]["read_only"]


def test_the_archive_names_the_home(tmp_path: Path) -> None:
    archive = pack(tmp_path, tmp_path / "bundle.zip")
    done = subprocess.run([sys.executable, "-m", "zipfile", "-t", str(archive)], capture_output=True, text=True)
    assert done.returncode == 0 and archive.stat().st_size > 5_000
