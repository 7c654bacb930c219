"""`hashwatt extract` and `hashwatt score-extraction`: documents to values with their passages; neither needs a home."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.cli.base import EXIT_CODES
from orchestration.cli.output import say, table_lines, write_rows

FORMATS = click.Choice(["table", "csv", "json"])


@click.command(epilog=EXIT_CODES)
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "style", type=FORMATS, default="table", show_default=True, help="json: an array, one object a value."
)
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
        rows = [tuple(str(row[place])[:60] for place in places) for row in rows]
        for line in table_lines(shown, rows):
            say(line)
        return
    write_rows(style, columns, rows)


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
    for line in table_lines(("kind", "field", *OUTCOMES, "precision", "recall"), table(judged)):
        say(line)
