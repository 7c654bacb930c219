"""CSV bytes of one ledger file to a batch: cells typed by the contract, then checked. What is wrong is in checks.py."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, TIMESTAMP, WHOLE, Table
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.cells import CellError, take
from ingestion.landing.conform import conform
from ingestion.landing.delimited import read_rows
from ingestion.ledger.checks import Row, across_rows, within_row
from ingestion.universe import Universe

PARSER_VERSION = "ledger-1"
UNWRITTEN = ("source_line", "ingested_at_utc", "source", "source_sha256", "parser_version")


def file_columns(table: Table) -> tuple[str, ...]:
    """The header of the table's CSV file: its own columns as declared, then known_at_utc."""
    return tuple(column.name for column in table.columns if column.name not in UNWRITTEN)


def read_ledger(
    table: Table,
    content: bytes,
    *,
    file: str,
    source_sha256: str,
    ingested_at_utc: datetime,
    universe: Universe | None,
    now_utc: datetime,
) -> Batch:
    """The rows of a ledger file, the bad ones as rejections that name file, line and column.

    An empty cell is null. Each line with content ends up either kept or rejected, with the first problem found.
    `universe` is None while the universe itself is read: issuers, instruments, series and providers are then not looked
    up. Times are naive UTC. Raises SourceEmpty, SourceDamaged or SourceDrifted for a file that is no table with the
    declared columns; a header alone is one for a table that may be empty.
    """
    common: Row = {
        "ingested_at_utc": ingested_at_utc,
        "source": file,
        "source_sha256": source_sha256,
        "parser_version": PARSER_VERSION,
    }
    rows: list[Row] = []
    rejected: list[Rejected] = []
    for line, cells in read_rows(file, content, file_columns(table), may_be_empty=table.may_be_empty):
        try:
            row = _typed(table, cells) | {"source_line": line} | common
        except CellError as error:
            reason = str(error).removeprefix(f"{error.column}: ")
            rejected.append(Rejected(error.rule, reason, error.column, dict(cells), file, source_sha256, line))
            continue
        if problem := within_row(table, row, universe):
            rejected.append(problem.rejected(row))
        else:
            rows.append(row)
    _, broken = conform(table, rows, now_utc)
    rejected.extend(broken)
    rows = _without(rows, broken)
    crossed = [problem.rejected(row) for row, problem in across_rows(table, rows)]
    rejected.extend(crossed)
    rejected.sort(key=lambda item: item.line or 0)
    return Batch(table, _without(rows, crossed), tuple(rejected), frozenset({file}))


def _without(rows: list[Row], rejected: list[Rejected]) -> list[Row]:
    lines = {item.line for item in rejected}
    return [row for row in rows if row["source_line"] not in lines]


def _typed(table: Table, cells: Mapping[str, str]) -> Row:
    """The cells as values of their columns' types; raises CellError for the first one that is none."""
    return {name: take(cells, name, PARSERS[table.column(name).type]) if text else None for name, text in cells.items()}


def _number(text: str) -> float:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise ValueError("write digits with a decimal point, no separators, units or marks")
    return float(text)


def _whole(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]+", text):
        raise ValueError("write a whole number in digits")
    return int(text)


def _date(text: str) -> date:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("write YYYY-MM-DD; the precision column says how exact the date is")
    return date.fromisoformat(text)


def _moment(text: str) -> datetime:
    if not re.fullmatch(r"[0-9-]{10}T[0-9:]{8}Z", text):
        raise ValueError("write YYYY-MM-DDTHH:MM:SSZ, UTC")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text == "true"


PARSERS: Mapping[object, Callable[[str], object]] = {
    TEXT: str,
    REAL: _number,
    WHOLE: _whole,
    DATE: _date,
    TIMESTAMP: _moment,
    FLAG: _flag,
}
