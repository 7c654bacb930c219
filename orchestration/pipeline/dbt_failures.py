"""Why a dbt build ended badly, in words for a person: the tests that failed and some of the rows they found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.pipeline.gates import refusal

# What a person needs to find the row: a test's own columns come first, then the key.
_ROWS_SHOWN = 3
_COLUMNS_SHOWN = 6


def dbt_failure(
    results: Sequence[Mapping[str, Any]], build_file: Path, log: Path, error: Exception | None
) -> dg.Failure:
    """A refusal when only tests failed, a fault when a model could not be built. `results` are those of run_results.json;
    the rows are read from the build file by the tests' own queries."""
    broken = [r for r in results if r["status"] in ("error", "runtime error")]
    failed = [r for r in results if r["status"] == "fail"]
    if failed and not broken:
        listed = "\n".join(
            f"{r['unique_id'].split('.')[2]}: {r['message']}{''.join(_rows_found(build_file, r['compiled_code']))}"
            for r in failed
        )
        return refusal(
            f"dbt tests failed:\n{listed}\nrepair the rows they name; the queries are in {log.parent}/compiled"
        )
    listed = "\n".join(f"{r['unique_id'].split('.')[-1]}: {r['message']}" for r in broken) or str(error)
    return dg.Failure(f"dbt could not build the warehouse:\n{listed}\nthe whole log is {log}", allow_retries=False)


def _rows_found(build_file: Path, query: str) -> list[str]:
    """The first rows that a test's query gives, each on a line of its own; none where it cannot be asked again."""
    import duckdb

    try:
        with duckdb.connect(str(build_file), read_only=True) as connection:
            found = connection.sql(f"select * from ({query}) as found limit {_ROWS_SHOWN}")
            names = found.columns[:_COLUMNS_SHOWN]
            rows = found.fetchall()
    except duckdb.Error:
        # The refusal is worth more than its examples.
        return []
    return ["\n  " + ", ".join(f"{name}: {value}" for name, value in zip(names, row, strict=False)) for row in rows]
