"""The dbt project as code: its unit tests, and what it refuses to build from. Built and judged on data it is in tests/e2e/."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conftest import Empty, RunDbt
from tests.dbt.models import END_OF_TIME, T_MARK, Models

# A number or a null beside keys, as in ((fiscal_quarter > 1) AND (issuer = issuer)).
HIDES_KEYS = re.compile(r"^(?=.*\b(\w+) = \1\b).*(?:\(\w+ [<=>]+ \d+\)|\w IS NULL\) OR)")


def test_the_unit_tests_pass(empty: Empty) -> None:
    """They bring their rows with them; of the models they need the columns alone, so all are built without a row."""
    (count,) = re.findall(r"Finished running .* (\d+) unit tests", empty.output)
    assert int(count) > 60


def test_the_project_is_read_without_a_warning(empty: Empty) -> None:
    told = re.split(r"^\d\d:\d\d:\d\d ", empty.output, flags=re.MULTILINE)
    warned = [" ".join(one.split()) for one in told if "WARNING" in one and "Summary of" not in one]
    # A key of saved queries that dbt documents, and its schema has forgotten.
    forgotten = "Custom key `order_by` found at `saved_queries["
    assert any(forgotten in one for one in warned), "dbt no longer tells of what it finds in our files"
    assert [one for one in warned if forgotten not in one] == []


@pytest.mark.long
def test_a_day_that_is_none_is_refused_with_its_reason(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    """From dbt's own command line; ours reads the day before dbt does."""
    finished = run_dbt(tmp_path / "hashwatt.duckdb", lake, "run", "-s", "dim_instrument", "--vars", "{as_of: autumn}")
    assert finished.returncode != 0 and "give a UTC date" in finished.stdout


def test_no_condition_of_one_side_hides_the_keys_of_an_outer_join(models: Models) -> None:
    """DuckDB holds each row against every other then, and the time grows with their square."""
    slow = []
    with models.database({}, END_OF_TIME, *models.sql) as connection:
        for name, sql in models.sql.items():
            asked = sql.replace(T_MARK, f"{END_OF_TIME:%Y-%m-%d %H:%M:%S}")
            ((_, plan),) = connection.execute(f"EXPLAIN (FORMAT json) {asked}").fetchall()
            joins = [one["extra_info"] for one in _operators(json.loads(plan)) if one["name"] == "BLOCKWISE_NL_JOIN"]
            slow += [(name, one["Condition"]) for one in joins if HIDES_KEYS.search(one["Condition"])]
    assert slow == []


def _operators(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in plan:
        yield one
        yield from _operators(one["children"])
