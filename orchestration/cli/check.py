"""`hashwatt check ledger`: everything that is wrong in the ledger's files, without a refresh."""

from __future__ import annotations

import os
from pathlib import Path

import click

from orchestration import clock
from orchestration.cli.base import EXIT_CODES, format_option
from orchestration.settings import Settings

COLUMNS = ("file", "line", "column", "rule", "problem", "what_to_do")


@click.group()
def check() -> None:
    """Look for errors in what people write, before a refresh does."""


@check.command(epilog=EXIT_CODES)
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@format_option(
    "text", "csv", "json", help="text: file:line:column: what is wrong; what to do. csv, json: the same in fields."
)
@click.pass_context
def ledger(ctx: click.Context, folder: Path | None, style: str) -> None:
    """Every error of every row in the ledger's files, with what to write instead; exit 1 when there is one.

    FOLDER holds the files, as ingestion/ledger does; when not given, it is the ledger that a refresh reads.

    \b
    Examples:
      hashwatt check ledger
      hashwatt check ledger my_ledger --format csv > errors.csv
    """
    from ingestion.ledger.folder import check_folder
    from orchestration.cli.output import say, write_rows

    settings: Settings = ctx.obj
    folder = folder or settings.ledger_dir
    if not folder.is_dir():
        raise click.UsageError(f"{folder} is no folder; correct HASHWATT_LEDGER, or name the FOLDER to check")
    found = check_folder(folder, clock.now_utc())
    rows = [
        (_shown(folder / file), one.line, one.column or None, one.rule, one.reason, one.remedy)
        for file, one in found.problems
    ]
    if style == "text":
        for file, line, column, _, problem, remedy in rows:
            place = ":".join(str(part) for part in (file, line, column) if part)
            say(f"{place}: {problem}; {remedy}")
    else:
        write_rows(style, COLUMNS, rows)
    wrong = len({file for file, _ in found.problems})
    count = f"{found.rows} rows of {found.files} files"
    problems = (
        f"{len(rows)} error{'s' if len(rows) > 1 else ''} in {wrong} file{'s' if wrong > 1 else ''}; {count} were read"
    )
    say(problems if rows else f"{count} hold", err=style != "text")
    ctx.exit(1 if rows else 0)


def _shown(path: Path) -> str:
    """The path as a person would type it here."""
    near = os.path.relpath(path)
    return str(path.absolute()) if near.startswith("..") else near
