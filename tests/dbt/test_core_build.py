"""The dbt project as code: its unit tests, and what it refuses to build from. Built and judged on data it is in tests/e2e/."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.dbt.conftest import Empty, RunDbt


def test_the_unit_tests_pass(empty: Empty) -> None:
    """They bring their rows with them; of the models they need the columns alone, so all are built without a row."""
    (count,) = re.findall(r"Finished running .* (\d+) unit tests", empty.output)
    assert int(count) > 60


def test_the_project_is_read_without_a_warning(empty: Empty) -> None:
    assert "deprecat" not in empty.output.lower()


@pytest.mark.parametrize(
    ("lake", "arguments", "words"),
    [
        ("lake", ("--vars", "{as_of: autumn}"), "give a UTC date"),
        ("no lake", (), "No files found"),
    ],
)
def test_what_cannot_be_built_is_refused_with_its_reason(
    lake: str, arguments: tuple[str, ...], words: str, run_dbt: RunDbt, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue("lake") if lake == "lake" else tmp_path / "empty"
    finished = run_dbt(tmp_path / "hashwatt.duckdb", folder, "run", "-s", "dim_instrument", *arguments)
    assert finished.returncode != 0
    assert words in finished.stdout
