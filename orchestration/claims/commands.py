"""`hashwatt claims` and `hashwatt news`: what the marts of the same names say, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.cli.base import EXIT_CODES, Day, near_names, one_wanted, wanted_options
from orchestration.cli.output import say, table_lines, write_rows
from orchestration.errors import QueryRefused
from orchestration.publish.build import text
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]

FORMATS = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="csv, json: all columns of the mart.",
)
# One line a claim: of the figures that it stands by, the first of those that it stands as weakly as.
ONE_EACH = """
    SELECT claim_id AS claim, claim_verdict AS verdict, basis, to_date AS date, metric, figure, value, unit,
        best_date, count(DISTINCT figure_number) OVER (PARTITION BY claim_id) AS figures, claim AS claimed
    FROM mart_claims WHERE is_own_basis
    QUALIFY row_number() OVER (PARTITION BY claim_id ORDER BY figure_verdict <> claim_verdict, figure_number) = 1
    ORDER BY claim_id
"""
ALL_OF_THEM = "FROM mart_claims ORDER BY claim_id, figure_number, NOT is_own_basis, basis"
BASES = ("basis", "value", "difference", "basis_verdict", "earlier_date", "later_date")


@click.command(epilog=EXIT_CODES)
@click.argument("claim", required=False)
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@FORMATS
@wanted_options
@click.pass_obj
def claims(
    settings: Settings,
    claim: str | None,
    file: Path | None,
    style: str,
    publication: str | None,
    as_of: date | None,
) -> None:
    """Claims of articles held against the facts, a line each; with CLAIM one of them on every basis, with
    what it rests on.

    `check FILE` judges claims of your own, written as ingestion/ledger/claim.csv is.

    \b
    Examples:
      hashwatt claims
      hashwatt claims S4-09
      hashwatt claims check my_claims.csv --format json
    """
    wanted = one_wanted(publication, as_of)
    if (claim == "check") != (file is not None):
        raise click.UsageError("`claims check` needs a FILE, and nothing else takes one")
    with _claims(settings, file, wanted) as connection:
        if claim is not None and file is None:
            _tell_one(connection, claim, style)
        elif style == "table":
            columns, rows = _read(connection, ONE_EACH)
            for line in table_lines(columns, rows):
                say(line)
        else:
            write_rows(style, *_read(connection, ALL_OF_THEM))


@click.command(epilog=EXIT_CODES)
@click.option(
    "--since", type=Day(), metavar="DATE", required=True, help="First day (YYYY-MM-DD, UTC) on which it became known."
)
@click.option("--until", type=Day(), metavar="DATE", help="Last such day; the last one on record when not given.")
@FORMATS
@wanted_options
@click.pass_obj
def news(
    settings: Settings, since: date, until: date | None, style: str, publication: str | None, as_of: date | None
) -> None:
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

    with run_query(settings, sql, wanted=one_wanted(publication, as_of)) as (names, rows, _):
        if style != "table":
            write_rows(style, names, rows)
            return
        for line in table_lines(names, rows):
            say(line)


@contextmanager
def _claims(settings: Settings, file: Path | None, wanted: str | date | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Where mart_claims stands: of the publication, or of the claims in `file` held against it."""
    if file is not None:
        from orchestration.claims.judging import judged

        with judged(settings, file, wanted) as connection:
            yield connection
        return
    from orchestration.publish.reader import read_publication

    with read_publication(settings, wanted) as (opened, connection):
        if not connection.execute("FROM duckdb_tables() WHERE table_name = 'mart_claims'").fetchall():
            raise QueryRefused(
                f"publication {opened.id} holds no claims", "run `hashwatt refresh` to publish with this version"
            )
        yield connection


def _read(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Sequence[str], list[tuple[Any, ...]]]:
    rows = connection.execute(sql).fetchall()
    return [str(column[0]) for column in connection.description or []], rows


def _tell_one(connection: duckdb.DuckDBPyConnection, claim: str, style: str) -> None:
    order = "ORDER BY figure_number, NOT is_own_basis, basis"
    names, rows = _read(connection, f"FROM mart_claims WHERE claim_id = {text(claim.upper())} {order}")
    if not rows:
        known = [
            name for (name,) in connection.execute("SELECT DISTINCT claim_id FROM mart_claims ORDER BY 1").fetchall()
        ]
        raise QueryRefused(
            f"there is no claim {claim}{near_names(claim, known)}",
            "`hashwatt claims` lists the claims; one whose article came later is not there as of an earlier day",
        )
    if style != "table":
        write_rows(style, names, rows)
        return
    for line in _lines([dict(zip(names, row, strict=True)) for row in rows]):
        say(line)


def _lines(rows: list[Row]) -> Iterator[str]:
    first = rows[0]
    yield f"{first['claim_id']}: {first['claim_verdict']}. {first['claim']}"
    article_date = first["article_date"] or "a day that is not on record"
    yield f"article {first['article']} of {article_date}; {first['citation']}"
    for _, figure in groupby(rows, key=lambda row: row["figure_number"]):
        yield ""
        yield from _figure_lines(list(figure))


def _figure_lines(bases: list[Row]) -> Iterator[str]:
    own = bases[0]
    if own["metric"] is None:
        yield f"{own['subject']}: {own['figure_verdict']}, {own['not_testable_reason']}"
    else:
        window = f"{own['from_date']} to {own['to_date']}" if own["from_date"] else str(own["to_date"])
        yield (
            f"{own['metric']} of {own['subject']}, {window}: {own['comparison'].replace('_', ' ')} {own['figure']:g}"
            f" {own['unit']}, tolerance {own['tolerance']:g}: {own['figure_verdict']}"
        )
        yield from table_lines(BASES, [[row[name] for name in BASES] for row in bases], indent=2)
        for row in bases:
            yield f"  {row['basis']}: {row['evidence'] or row['not_testable_reason']}"
        for citation in dict.fromkeys(row["evidence_citation"] for row in bases if row["evidence_citation"]):
            yield f"  read in: {citation}"
    if own["best_date"] is not None:
        of_what = f"the figures of {own['figure_set']}" if own["figure_set"] else "the figure"
        yield (
            f"  {of_what} fit best on {own['best_date']}, by {own['best_error_pct']:.1f} % on average; days within twice"
            f" that: {own['best_days_count']}"
        )
    if own["taken_as"] is not None:
        yield f"  note: {own['taken_as']}"
    if own["data_needed"] is not None:
        yield f"  needed: {own['data_needed']}"
    if own["metric"] is not None and own["value_known_at_utc"] is not None:
        yield f"  from {own['source_table']}, known {own['value_known_at_utc']} UTC"
