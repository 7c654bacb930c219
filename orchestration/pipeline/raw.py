"""The assets of all raw tables, made from their contracts: read, stage, judge, then keep or refuse."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from ingestion.contracts import SEC_TABLES, TABLES
from ingestion.contracts.contract import Table
from ingestion.errors import IngestionError
from ingestion.extract.reread import offer
from ingestion.landing.batch import summarise
from ingestion.landing.staging import Staged, stage
from ingestion.ledger.reader import lines_of
from orchestration.live import archive_of
from orchestration.pipeline.gates import FRESHNESS, OWNER, check_result, gate_spec, group, recorded_crash, refusal
from orchestration.pipeline.workspace import Workspace
from orchestration.progress import report
from orchestration.questions import feed_metadata
from orchestration.settings import Settings
from quality.sql import literal

if TYPE_CHECKING:
    import duckdb

    from quality.judge import Verdict


def universe() -> list[str]:
    """Issuers of the ledger in its order; where its folder is gone, of the archived one, which is all that a replay needs.
    A ledger that cannot be read is the refresh's to complain about."""
    settings = Settings.from_env()
    try:
        content = (settings.ledger_dir / "issuer.csv").read_bytes()
    except OSError:
        archive = archive_of(settings)
        try:
            fetch = archive.latest("ledger/issuer.csv")
            content = b"" if fetch is None else archive.get(fetch.sha256)
        except IngestionError:
            return []
    table = TABLES["raw_ledger__issuer"]
    names = (cells.get("issuer", "") for _, cells in lines_of(table, content).cells)
    return list(dict.fromkeys(name for name in names if re.fullmatch(table.column("issuer").pattern, name)))


ISSUERS = dg.StaticPartitionsDefinition(universe() or ["none"])
# A run of partitioned and other assets together has a range of partitions in its tags; see decision 0012.
WHOLE_UNIVERSE = {
    "dagster/asset_partition_range_start": ISSUERS.get_partition_keys()[0],
    "dagster/asset_partition_range_end": ISSUERS.get_partition_keys()[-1],
}


@dataclass(frozen=True)
class Landed:
    """What became of one raw table in this run; it is in the lake when the verdict passed."""

    staged: Staged
    verdict: Verdict
    parser_versions: tuple[str, ...]

    def message(self) -> str:
        """The verdict, with the rows that never came as far as the gate."""
        rejections = summarise(self.staged.rejected)
        return f"{self.verdict.message()}\nquarantined: {rejections}" if rejections else self.verdict.message()


def raw_asset(table: Table) -> dg.AssetsDefinition:
    """The asset of one raw table: read, stage, judge together with the tables it is landed after, then keep or refuse.

    Partitions of EDGAR's tables are issuers, and one run takes all that it was asked for.
    """
    name = table.name
    partitions = ISSUERS if table in SEC_TABLES else None

    @dg.asset(
        name=name,
        deps=list(table.after),
        group_name=group("raw", table.group),
        description=table.description,
        kinds={"python", "parquet"},
        owners=[OWNER],
        freshness_policy=FRESHNESS,
        check_specs=[gate_spec(name)],
        metadata={"dagster/column_schema": _columns(table), "key": ", ".join(table.key)},
        partitions_def=partitions,
        backfill_policy=None if partitions is None else dg.BackfillPolicy.single_run(),
    )
    def landed(workspace: dg.ResourceParam[Workspace]) -> Iterator[Any]:
        report(f"raw: {name}")
        outcome = land(workspace, table, None if partitions is None else dg.AssetExecutionContext.get().partition_keys)
        result = check_result(name, outcome.verdict)
        if not outcome.verdict.passed:
            yield result
            raise refusal(outcome.message())
        asked = workspace.questions(table.group)
        yield dg.MaterializeResult(
            metadata={**landing_metadata(outcome), **({} if asked is None else feed_metadata(asked))},
            check_results=[result],
        )

    return landed


def land(workspace: Workspace, table: Table, issuers: Collection[str] | None = None) -> Landed:
    """Read the table's sources, stage its partitions, judge them in their place, and promote them if nothing critical
    was found. The lake is untouched otherwise. A crash on the way is written down and raised again. With `issuers`
    only theirs are read."""
    from quality.judge import judge
    from quality.rules import Context
    from quality.suites import RAW_SUITES

    with recorded_crash(workspace, table.name):
        batches = workspace.ingestion.batches(table.name, workspace.lake, issuers)
        now_utc = workspace.ingestion.moment_utc
        staged = stage(workspace.lake, table, batches, workspace.staging, now_utc)
        for damage in staged.rebuilt.values():
            report(f"raw: made again, the file is in the quarantine: {damage}")
        with overlay(workspace, staged) as connection:
            moment = Context(
                now_utc=now_utc,
                quarantined=staged.rows_quarantined,
                quarantined_of={name: rows for name, rows in staged.by_batch.items() if rows[1]},
                edition=workspace.gate_edition,
            )
            verdict = judge(connection, RAW_SUITES[table.name], moment)
            versions = connection.execute(f"select distinct parser_version from raw.{table.name} order by 1").fetchall()
        workspace.checks.record(verdict)
        if verdict.passed:
            workspace.lake.promote(staged)
            workspace.lake.initialise(table)
    return Landed(staged, verdict, tuple(str(version) for (version,) in versions))


@contextmanager
def overlay(workspace: Workspace, staged: Staged) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own in which raw.<table> is the staged table as it would be, and each table it is landed after."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema raw")
        offer(connection)
        for name in (staged.table.name, *staged.table.after):
            own = name == staged.table.name
            files = workspace.lake.files(TABLES[name], staged if own else None)
            if files:
                listed = ", ".join(map(literal, files))
                connection.execute(
                    f"create view raw.{name} as select * from read_parquet([{listed}], hive_partitioning = false)"
                )
            elif own:
                connection.register("no_rows", staged.table.schema().empty_table())
                connection.execute(f"create table raw.{name} as select * from no_rows")
        yield connection


def landing_metadata(landed: Landed) -> dict[str, Any]:
    """What was read and kept, from when to when, and the archived bytes that it came from."""
    staged = landed.staged
    span = {"first_date": staged.first_date, "last_date": staged.last_date}
    return {
        "dagster/row_count": landed.verdict.rows,
        "rows_read": staged.rows_read,
        "rows_kept": staged.rows_kept,
        "rows_quarantined": staged.rows_quarantined,
        "partitions_changed": len(staged.changed),
        "partitions_removed": len(staged.removed),
        "partitions_rebuilt": len(staged.rebuilt),
        **{name: day.isoformat() for name, day in span.items() if day is not None},
        "archive_sha256s": dg.MetadataValue.json(list(staged.source_sha256s)),
        "parser_versions": ", ".join(landed.parser_versions),
    }


def _columns(table: Table) -> dg.TableSchema:
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                c.name,
                str(c.type),
                description=f"{c.description} [{c.unit}]" if c.unit else c.description,
                constraints=dg.TableColumnConstraints(nullable=c.nullable),
            )
            for c in table.columns
        ]
    )


assets = tuple(raw_asset(table) for table in TABLES.values())
