"""The dbt project as code: its unit tests, and what it refuses to build from. Built and judged on data it is in tests/e2e/."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.dbt.conftest import RunDbt


def test_the_unit_tests_pass(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    """They bring their rows with them; of the models they need the columns alone, so all are built without a row."""
    finished = run_dbt(tmp_path / "hashwatt.duckdb", lake, "build", "--empty", "--exclude-resource-type", "test")
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
    (count,) = re.findall(r"Finished running .* (\d+) unit tests", finished.stdout)
    assert int(count) > 60


def test_an_as_of_that_is_no_date_is_refused(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    finished = run_dbt(tmp_path / "hashwatt.duckdb", lake, "run", "-s", "dim_instrument", "--vars", "{as_of: autumn}")
    assert finished.returncode != 0
    assert "give a UTC date" in finished.stdout


def test_a_missing_raw_table_stops_the_build(run_dbt: RunDbt, tmp_path: Path) -> None:
    finished = run_dbt(tmp_path / "hashwatt.duckdb", tmp_path / "empty", "run", "-s", "dim_instrument")
    assert finished.returncode != 0
    assert "No files found" in json.dumps(finished.stdout)
