"""The last step: what this run built becomes what readers see, if the checks of this run allow it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from ingestion.contracts import TABLES
from orchestration import clock
from orchestration.errors import PublicationRefused
from orchestration.live import inputs_sha256
from orchestration.pipeline.dbt import data_tests, models
from orchestration.pipeline.gates import FRESHNESS, OWNER, group, refusal
from orchestration.pipeline.warehouse import MANIFEST, PUBLISHED
from orchestration.pipeline.workspace import Workspace
from orchestration.progress import report
from orchestration.publish.build import DATABASE_NAME
from orchestration.standing import forget_problem, tell

if TYPE_CHECKING:
    from quality.gate import ExpectedCheck

KEY = "publication"
READABLE = "current_reads_back"
WHOLE = (
    "what is published was read, built and judged in one run: launch daily_refresh from its launchpad, where one run takes "
    "all partitions, or daily_look, which starts it when there is news, or run `hashwatt refresh`"
)


@dg.asset(
    name=KEY,
    deps=list(PUBLISHED),
    group_name=group("publication"),
    description="The marts as an immutable folder of DuckDB and Parquet files, and the pointer that readers follow.",
    kinds={"duckdb", "parquet"},
    owners=[OWNER],
    freshness_policy=FRESHNESS,
    check_specs=[
        dg.AssetCheckSpec(
            READABLE,
            asset=KEY,
            blocking=True,
            description="The published file opens read-only and says that it is the publication just made.",
        )
    ],
)
def publication(workspace: dg.ResourceParam[Workspace]) -> Iterator[Any]:
    """Count the checks of this run, publish, and read the result back as a reader would."""
    from orchestration.publish.publication import PublishRequest, publish
    from orchestration.report.site import write_report

    if not {*models(MANIFEST)} <= {*workspace.rows}:
        raise refusal(f"this run has not built every model, so there is nothing to publish; {WHOLE}")
    report("publication: counting checks, writing files")
    layers = {
        layer: sum(workspace.rows[name] for name in models(MANIFEST, layer))
        for layer in ("staging", "intermediate", "marts")
    }
    inputs, raw_rows = read_raw(workspace.build_file)
    request = PublishRequest(
        candidate=workspace.build_file,
        checks=workspace.checks.path,
        expected=expected_checks(),
        settings=workspace.settings,
        run_id=workspace.run_id,
        edition=workspace.edition,
        as_of=workspace.as_of,
        inputs=inputs,
        units=units(),
        now_utc=clock.now(),
        run_number=workspace.run_number,
        is_beside=workspace.is_beside,
        inputs_sha256=inputs_sha256(workspace.ingestion, workspace.lake, workspace.as_of, as_archived=True),
        report=partial(write_report, cache=workspace.settings.charts),
    )
    try:
        published = publish(request)
    except PublicationRefused as error:
        raise refusal("\n".join((error.message, *error.reasons, WHOLE))) from error
    workspace.is_kept = False
    if published.is_current:
        forget_problem(workspace.settings)
        if new := published.newly_warned:
            tell(workspace.settings, "newly_warned", f"{len(new)}: {', '.join(new)}", checks=new)
    found = read_back(published.path)
    yield dg.MaterializeResult(
        metadata={
            "publication_id": published.id,
            "path": dg.MetadataValue.path(published.path),
            "is_current": published.is_current,
            "content_sha256": published.content_sha256,
            "checks": dg.MetadataValue.json(published.checks),
            "newly_warned": dg.MetadataValue.json(published.newly_warned),
            "rows_by_layer": dg.MetadataValue.json(
                {"raw": raw_rows, **layers, "published": sum(published.rows.values())}
            ),
            "rows": dg.MetadataValue.json(published.rows),
            "dagster/row_count": sum(published.rows.values()),
        },
        check_results=[
            dg.AssetCheckResult(
                asset_key=KEY,
                check_name=READABLE,
                passed=found == published.id,
                description=f"The file says it is {found}.",
            )
        ],
    )


def expected_checks() -> list[ExpectedCheck]:
    """Every check that must have run and passed: independent of what this run, or any run, really did."""
    from quality.gate import expected_checks as expected

    return list(expected(sorted(TABLES), PUBLISHED, [test["unique_id"] for test in data_tests(MANIFEST).values()]))


def units() -> dict[tuple[str, str], str]:
    """The unit of every published column that has one, from the yml beside its model, where `none` means none."""
    found = {
        (name, column["name"]): str(column.get("meta", {}).get("unit", "none"))
        for name, node in models(MANIFEST, "marts").items()
        for column in node["columns"].values()
    }
    return {column: unit for column, unit in found.items() if unit != "none"}


def read_raw(build_file: Path) -> tuple[dict[str, list[str]], int]:
    """The archived bytes behind each raw table, and the rows of all of them."""
    import duckdb

    inputs: dict[str, list[str]] = {}
    rows = 0
    with duckdb.connect(str(build_file), read_only=True) as connection:
        for name in sorted(TABLES):
            found = connection.execute(f"select source_sha256, count(*) from raw.{name} group by 1").fetchall()
            inputs[name] = [sha for sha, _ in found]
            rows += sum(count for _, count in found)
    return inputs, rows


def read_back(folder: Path) -> str:
    """The publication id that the published file gives."""
    import duckdb

    with duckdb.connect(str(folder / DATABASE_NAME), read_only=True) as connection:
        row = connection.execute("select publication_id from meta_publication").fetchone()
    return str(row[0]) if row else "nothing"
