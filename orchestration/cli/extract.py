"""Documents to values with their passages, which needs no home: `hashwatt extract`, `hashwatt score-extraction`; and what
stands behind published ones, and a person's word on it: `hashwatt evidence`, `hashwatt review`."""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration import clock
from orchestration.cli.base import EXIT_CODES, format_option, print_lines, wanted_options
from orchestration.cli.output import json_text, print_rows, say, table_lines, text_lines
from orchestration.errors import HashwattError, QueryRefused
from orchestration.publish.reader import read_publication
from orchestration.settings import Settings
from quality.sql import literal

NUMBERS = "fct_extracted_number"


@click.command(epilog=EXIT_CODES)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@format_option("table", "csv", "json", help="json: an array, one object a value.")
def extract(files: tuple[Path, ...], style: str) -> None:
    """The values that documents hold, each with its passage: bond tranches, production metrics, AI hosting deals.

    A value is accepted, in review, or abstained from, with the reason. START and END count characters of the file.

    \b
    Examples:
      hashwatt extract term_sheet.htm
      hashwatt extract updates/*.txt --format json > values.json
    """
    from ingestion.extract.document import UnreadableDocument
    from ingestion.extract.extract import extract_file
    from ingestion.extract.found import Found

    rows = []
    for file in files:
        try:
            rows += [tuple(one.as_row().values()) for one in extract_file(file)]
        except UnreadableDocument as refused:
            raise click.ClickException(str(refused)) from None
    columns = tuple(Found.__dataclass_fields__)
    if style == "table":
        shown = ("kind", "record", "field", "value", "unit", "period_end", "state", "quote")
        places = [columns.index(name) for name in shown]
        columns, rows = shown, [tuple(str(row[place])[:60] for place in places) for row in rows]
    print_rows(style, columns, rows)


@click.command("score-extraction", epilog=EXIT_CODES)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["tranche", "metric", "deal"]), help="Only values of this kind.")
@click.option("--passages/--no-passages", default=True, help="Show what is wrong, missed or abstained wrongly.")
def score_extraction(folder: Path, kind: str | None, passages: bool) -> None:
    """Hold what is extracted from FOLDER's documents against its expected.csv, by kind and field.

    expected.csv has the columns document, kind, issuer, record, field, value, unit, period_start, period_end, quote, note.

    \b
    Example:
      hashwatt score-extraction my_documents
    """
    from ingestion.extract.score import EXTRA, OUTCOMES, RIGHT, RIGHTLY, score, table

    try:
        judged = [one for one in score(folder) if kind in {None, one.kind}]
    except FileNotFoundError as missing:
        raise click.UsageError(
            f"{missing.filename} is not there; FOLDER holds an expected.csv and its documents"
        ) from None
    if passages:
        for one in judged:
            if one.outcome not in {RIGHT, RIGHTLY, EXTRA}:
                passage = " ".join(one.passage.split())[:160]
                say(
                    f"{one.outcome}: {one.document} {one.kind} {one.record!r} {one.field}: "
                    f"expected {one.expected or 'nothing'}, found {one.found or 'nothing'}: {passage}"
                )
    print_lines(table_lines(("kind", "field", *OUTCOMES, "precision", "recall"), table(judged)))


@click.command(epilog=EXIT_CODES)
@click.argument("table")
@click.argument("key", nargs=-1, required=True)
@format_option("text", "json", help="json: an array, one object a passage.")
@wanted_options
@click.pass_obj
def evidence(settings: Settings, table: str, key: tuple[str, ...], style: str, wanted: str | date | None) -> None:
    """The passages that a row of a fact was read from, with their addresses: what is published, what confirms or
    contradicts it.

    KEY is the key of the row, its parts with blanks between them; of fct_extracted_number a passage_id.

    \b
    Examples:
      hashwatt evidence fct_miner_operating RIOT 2025-07-01 btc_produced
      hashwatt evidence fct_extracted_number 4f0c1d2a9b7e
    """
    asked = " ".join(key)
    where = (
        f"passage_id = {literal(asked)}"
        if table == NUMBERS
        else f"published_table = {literal(table)} AND published_key = {literal(asked)}"
    )
    found = _numbers(settings, f"WHERE {where} ORDER BY number_use <> 'published', known_at_utc, number_key", wanted)
    if not found:
        said = "SELECT DISTINCT published_table, published_key"
        tables = _numbers(settings, "WHERE published_table IS NOT NULL ORDER BY ALL", wanted, said)
        near = difflib.get_close_matches(
            asked, [row["published_key"] for row in tables if row["published_table"] == table]
        )
        named = sorted({str(row["published_table"]) for row in tables})
        remedy = f"near keys: {', '.join(near)}" if near else f"there are passages of {', '.join(named) or 'no fact'}"
        raise QueryRefused(f"no passage stands behind {table} {asked}", f"{remedy}; the ledger's rows have a citation")
    if style == "json":
        say(json_text(found, indent=1), folded=False)
        return
    print_lines(text_lines("passages", rows=found))


@click.command(epilog=EXIT_CODES)
@click.argument("passages", nargs=-1, metavar="[PASSAGE_ID]...")
@click.option("--accept", "decision", flag_value="accepted", help="The values may be published.")
@click.option(
    "--reject", "decision", flag_value="rejected", help="The values may not be published, whatever the readers say."
)
@click.option("--by", "person", metavar="NAME", help="Who decides; asked for with --accept and --reject.")
@click.option("--note", metavar="TEXT", help="What a reader of the decision should know.")
@click.option("--issuer", metavar="NAME", help="List only numbers of this issuer.")
@click.option("--state", type=click.Choice(["review", "abstained", "all"]), default="review", show_default=True)
@click.pass_obj
def review(
    settings: Settings,
    passages: tuple[str, ...],
    decision: str | None,
    person: str | None,
    note: str | None,
    issuer: str | None,
    state: str,
) -> None:
    """Numbers of filings that a person should look at, each with its passage; accept or reject them.

    A decision is a row of decision.csv in the ledger, with who and when. It is about passage, field and value, and holds
    when the document is read again. The next refresh goes by it.

    \b
    Examples:
      hashwatt review
      hashwatt review --accept 4f0c1d2a9b7e --by "A. Reader" --note "The second table is of a year ago."
    """
    if decision is None:
        if person or note:
            raise click.UsageError("--by and --note go with --accept or --reject")
        _list_review(settings, passages, issuer, state)
        return
    if not passages or not (person or "").strip():
        raise click.UsageError(f"name the passages to be {decision}, and with --by who decides")
    from ingestion.errors import IngestionError
    from ingestion.ledger.decisions import record_decisions

    now, rows = clock.now_utc().replace(microsecond=0), []
    for passage in dict.fromkeys(passages):
        found = _numbers(settings, f"WHERE passage_id = {literal(passage)} AND value IS NOT NULL ORDER BY number_key")
        if not found:
            raise QueryRefused(
                f"there is no passage {passage} with a value", "`hashwatt review --state all` lists those there are"
            )
        decided = {"decision": decision, "decided_by": (person or "").strip(), "decided_at_utc": now, "note": note}
        rows.append(
            {
                **found[0],
                **decided,
                "citation": found[0]["document_url"],
                "confidence": "high",
                "known_at_basis": "filing",
            }
        )
    try:
        path = record_decisions(settings.ledger_dir, rows, now)
    except IngestionError as error:
        raise HashwattError(error.problem, error.remedy) from error
    for row in rows:
        say(
            f"{decision}: {row['passage_id']} {row['issuer']} {row['record']} {row['field']} {row['value']} {row['unit'] or ''}"
        )
    say(f"Written to {path}; `hashwatt refresh` goes by it.")


def _list_review(settings: Settings, passages: tuple[str, ...], issuer: str | None, state: str) -> None:
    where = {"review": "status = 'review'", "abstained": "status = 'abstained'", "all": "true"}[state]
    if passages:
        where = f"passage_id IN ({', '.join(map(literal, passages))})"
    if issuer:
        where += f" AND issuer = {literal(issuer.upper())}"
    found = _numbers(settings, f"WHERE {where} ORDER BY known_at_utc DESC, number_key")
    print_lines(text_lines("passages", rows=found) if found else [])
    say(f"{len(found)} numbers" if found else "Nothing waits for a person.")


def _numbers(settings: Settings, rest: str, wanted: str | date | None = None, said: str = "") -> list[dict[str, Any]]:
    with read_publication(settings, wanted) as reading:
        reading.require(NUMBERS)
        return reading.rows(f"{said} FROM {NUMBERS} {rest}")
