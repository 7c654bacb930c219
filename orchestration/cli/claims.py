"""`hashwatt claims` and `hashwatt news`: what the marts of the same names say, and a reader's own claims against a publication: the
models of the ledger's claims run over a copy of it. The judging is SQL of dbt_project."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingestion.fetch.storage import sha256_of
from orchestration import clock
from orchestration.cli.base import EXIT_CODES, Day, format_option, near_names, print_lines, wanted_options
from orchestration.cli.output import print_rows, text_lines
from orchestration.errors import HashwattError, QueryRefused
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.reader import read_publication
from orchestration.settings import Settings
from quality.sql import literal

if TYPE_CHECKING:
    import duckdb

FORMATS = format_option("table", "csv", "json", help="csv, json: all columns of the mart.")
# One line a claim: of the figures that it stands by, the first of those that it stands as weakly as.
ONE_EACH = """
    SELECT claim_id AS claim, claim_verdict AS verdict, basis, to_date AS date, metric, figure, value, unit,
        best_date, count(DISTINCT figure_number) OVER (PARTITION BY claim_id) AS figures, claim AS claimed
    FROM mart_claims WHERE is_own_basis
    QUALIFY row_number() OVER (PARTITION BY claim_id ORDER BY figure_verdict <> claim_verdict, figure_number) = 1
    ORDER BY claim_id
"""
ALL_OF_THEM = "FROM mart_claims ORDER BY claim_id, figure_number, NOT is_own_basis, basis"


@click.command(epilog=EXIT_CODES)
@click.argument("claim", required=False)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@FORMATS
@wanted_options
@click.pass_obj
def claims(settings: Settings, claim: str | None, file: Path | None, style: str, wanted: str | date | None) -> None:
    """Claims of articles held against the facts, a line each; with CLAIM one of them on every basis, with
    what it rests on.

    `check FILE` judges claims of your own, written as ingestion/ledger/claim.csv is.

    \b
    Examples:
      hashwatt claims
      hashwatt claims S4-09
      hashwatt claims check my_claims.csv --format json
    """
    if (claim == "check") != (file is not None):
        raise click.UsageError("`claims check` needs a FILE, and nothing else takes one")
    with _claims(settings, file, wanted) as connection:
        if claim is not None and file is None:
            _tell_one(connection, claim, style)
        else:
            print_rows(style, *_read(connection, ONE_EACH if style == "table" else ALL_OF_THEM))


@click.command(epilog=EXIT_CODES)
@click.option(
    "--since", type=Day(), metavar="DATE", required=True, help="First day (YYYY-MM-DD, UTC) on which it became known."
)
@click.option("--until", type=Day(), metavar="DATE", help="Last such day; the last one on record when not given.")
@FORMATS
@wanted_options
@click.pass_obj
def news(settings: Settings, since: date, until: date | None, style: str, wanted: str | date | None) -> None:
    """What became known between two days: deals, bonds, filings, guidance, restated figures, large moves, claims judged.

    \b
    Examples:
      hashwatt news --since 2025-11-03 --until 2025-11-03
      hashwatt news --since 2025-10-01 --format csv > news.csv
    """
    if until is not None and until < since:
        raise click.UsageError(f"--until {until} is before --since {since}")
    columns = "*" if style != "table" else "known_at_utc, kind, subject, what, value, unit, news_id"
    ends = "" if until is None else f" AND known_at_utc < TIMESTAMP '{until + timedelta(days=1)}'"
    sql = f"SELECT {columns} FROM mart_news WHERE known_at_utc >= TIMESTAMP '{since}'{ends} ORDER BY known_at_utc, news_id"
    from orchestration.cli.query import run_query

    with run_query(settings, sql, wanted=wanted) as (names, rows, _):
        print_rows(style, names, rows)


@contextmanager
def _claims(settings: Settings, file: Path | None, wanted: str | date | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Where mart_claims stands: of the publication, or of the claims in `file` held against it."""
    if file is not None:
        with _judged(settings, file, wanted) as connection:
            yield connection
        return
    with read_publication(settings, wanted) as reading:
        reading.require("mart_claims")
        yield reading.connection


@contextmanager
def _judged(settings: Settings, file: Path, wanted: str | date | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to mart_claims made of the claims in `file`, which has the form of the ledger's, and of the facts of the
    current publication or the kept one `wanted`; open for the block.

    Raises HashwattError with every line that does not hold, or with what could not be built; NothingPublished.
    """
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    from ingestion.contracts import TABLES
    from ingestion.ledger.reader import read_ledger
    from orchestration.pipeline import dbt

    claims, now = TABLES["raw_ledger__claim"], clock.now_utc()
    batch = read_ledger(
        claims,
        file.read_bytes(),
        file=file.name,
        source_sha256=sha256_of(file),
        ingested_at_utc=now,
        universe=None,
        now_utc=now,
    )
    if batch.rejected:
        told = [f"{file}:{one.line}:{one.column}: {one.reason}" for one in batch.rejected]
        raise HashwattError("\n".join(told), "correct these lines; docs/claims.md says what a claim is made of")
    with tempfile.TemporaryDirectory(prefix="hashwatt-claims-") as folder:
        build_file, lake = Path(folder) / DATABASE_NAME, Path(folder) / "lake"
        with read_publication(settings, wanted) as (publication, _):
            shutil.copyfile(publication.path / DATABASE_NAME, build_file)
            as_of = publication.as_of
        # dbt lays a view over each raw table; the models of claims read this one alone, and published tables.
        for table in TABLES.values():
            rows = list(batch.records) if table is claims else []
            place = lake / table.name / "whole" / "data.parquet"
            place.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema()), place)
        names = [name for name in dbt.models(dbt.load_manifest()) if name.startswith("int_claim__")]
        day = None if as_of is None else date.fromisoformat(as_of)
        built = dbt.build(build_file, lake, Path(folder) / "target", day, ([*names, "mart_claims"], []))
        if built.fault:
            raise HashwattError(built.fault, "run `hashwatt refresh` to publish with this version, then check again")
        with duckdb.connect(str(build_file), read_only=True) as connection:
            yield connection


def _read(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    rows = connection.execute(sql).fetchall()
    return [str(column[0]) for column in connection.description or []], rows


def _tell_one(connection: duckdb.DuckDBPyConnection, claim: str, style: str) -> None:
    order = "ORDER BY figure_number, NOT is_own_basis, basis"
    names, rows = _read(connection, f"FROM mart_claims WHERE claim_id = {literal(claim.upper())} {order}")
    if not rows:
        known = [
            name for (name,) in connection.execute("SELECT DISTINCT claim_id FROM mart_claims ORDER BY 1").fetchall()
        ]
        raise QueryRefused(
            f"there is no claim {claim}{near_names(claim, known)}",
            "`hashwatt claims` lists the claims; one whose article came later is not there as of an earlier day",
        )
    if style == "table":
        print_lines(text_lines("claim", rows=[dict(zip(names, row, strict=True)) for row in rows]))
    else:
        print_rows(style, names, rows)
