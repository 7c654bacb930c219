"""A ledger file from bytes to typed rows, with everything that is wrong in it: file, cells, contract, rules.py.

A refresh takes the rows that hold and puts the others aside (`read_ledger`); `hashwatt check ledger` tells it all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from ingestion.contracts.contract import Column, Table
from ingestion.landing.batch import Batch, CellError, Rejected
from ingestion.landing.conform import conform
from ingestion.landing.delimited import TYPES, Lines, Problem, read_lines, typed
from ingestion.ledger.across import across_rows, stated_twice, without_a_name
from ingestion.ledger.rules import Known, Row, unknown_names, within_row
from ingestion.universe import Universe

PARSER_VERSION = "ledger-1"
UNWRITTEN = ("source_line", "ingested_at_utc", "source", "source_sha256", "parser_version")
# Rows that share a key are each told, whatever else is told of the cell that shows it.
ONE_KEY = ("duplicate_key", "repeated_row")
OUT_OF_RANGE = ("below_minimum", "above_maximum", "before_earliest", "date_in_future")


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

    An empty cell is null. Each line with content ends up either kept or rejected, with all that is wrong with it.
    `universe` is None while the universe itself is read: no names are then looked up. Times are naive UTC. Raises SourceEmpty, SourceDamaged or SourceDrifted for a file that is no table with the
    declared columns, or from which rows are missing; a header alone is one for a table that may be empty.
    """
    lines = lines_of(table, content).whole(file)
    known: Known = {}
    if universe is not None:
        known = {
            "issuer": universe.issuers,
            "instrument": universe.instruments,
            "series": universe.series,
            "provider": universe.providers,
            "counterparty": universe.counterparties,
        }
    common = {
        "ingested_at_utc": ingested_at_utc,
        "source": file,
        "source_sha256": source_sha256,
        "parser_version": PARSER_VERSION,
    }
    rows, problems = judge(table, lines, known, now_utc, common)
    Lines((), tuple(one for one in problems if one.line is None)).whole(file)
    rejected: dict[int, Rejected] = {}
    for line, row in lines.cells:
        if of_line := [one for one in problems if one.line == line]:
            first, *others = of_line
            said = [f"{first.reason}; {first.remedy}", *(f"{one.column}: {one.reason}; {one.remedy}" for one in others)]
            rejected[line] = Rejected(first.rule, " | ".join(said), first.column, row, file, source_sha256, line)
    kept = [row for row in rows if row["source_line"] not in rejected]
    return Batch(table, kept, tuple(rejected.values()), frozenset({file}))


def lines_of(table: Table, content: bytes) -> Lines:
    """The cells of the table's file, and what is wrong with it as a table."""
    return read_lines(content, file_columns(table), may_be_empty=table.may_be_empty)


def judge(
    table: Table, lines: Lines, known: Known, now_utc: datetime, common: Mapping[str, object] | None = None
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The lines as typed rows with the cells `common` to all, and every problem in them, in the order of the file. Without `common` the
    rows are only looked at.

    `known` are the names of each table that is looked up. A cell that broke one promise is not held against the next:
    what is told of a row is what has to be corrected, not what follows from it.
    """
    columns = file_columns(table)
    if common is None:
        common = {"ingested_at_utc": now_utc, "source": "ledger", "source_sha256": "0" * 64, "parser_version": "check"}
    rows: list[dict[str, Any]] = [{**dict.fromkeys(columns), **common, "source_line": line} for line, _ in lines.cells]
    sound = {line: set(columns) & cells.keys() for line, cells in lines.cells}
    problems: list[Problem] = []

    def tell(found: Iterable[Problem]) -> None:
        """Keep what is told of cells that were sound before; they are no longer."""
        told = [one for one in found if one.line and (one.column in sound[one.line] or one.rule in ONE_KEY)]
        problems.extend(told)
        for one in told:
            if one.line and one.rule not in ONE_KEY:
                sound[one.line].discard(one.column)

    def left() -> list[Row]:
        """The rows with the cells that are sound so far."""
        return [{k: v for k, v in row.items() if k == "source_line" or k in sound[row["source_line"]]} for row in rows]

    for (_, cells), row in zip(lines.cells, rows, strict=True):
        tell(_typed(table, cells, row))
    tell(_promises(table, rows, now_utc))
    # A name that nobody knows is a name, and says whether two rows say the same.
    problems.extend(stated_twice(table, left(), known))
    tell([one for row in left() for one in unknown_names(table, row, known)])
    problems.extend(one for row in left() for one in within_row(table, row))
    problems.extend(across_rows(table, left()))
    if not lines.problems:
        problems.extend(without_a_name(table, rows, known))
    place = {name: number for number, name in enumerate(columns)}
    return rows, sorted(problems, key=lambda one: (one.line or 0, place.get(one.column, 0)))


def _typed(table: Table, cells: Mapping[str, str], row: dict[str, Any]) -> Iterator[Problem]:
    """Writes the cells into `row` as values of their columns' types, and tells the ones that are none."""
    for name, text in cells.items():
        column = table.column(name)
        try:
            row[name] = typed(column, text)
        except CellError:
            yield Problem("type", row["source_line"], name, f"{text!r} cannot be read", TYPES[column.type][2])


def _promises(table: Table, rows: list[dict[str, Any]], now_utc: datetime) -> Iterator[Problem]:
    """Every promise of the contract that a row breaks; `conform` by itself tells the first of each row."""
    _, rejected = conform(table, rows, now_utc)
    if not rejected:
        return
    lines = {one.line for one in rejected}
    doubtful = [row for row in rows if row["source_line"] in lines]
    line = table.column("source_line")
    for column in table.columns:
        own = (column, line) if column in table.own_columns and column is not line else (line,)
        for one in conform(replace(table, own_columns=own, key=("source_line",)), doubtful, now_utc)[1]:
            if one.column == column.name:
                yield Problem(one.rule, one.line, column.name, one.reason, _instead(column, one))
    keyed = tuple(Column(c.name, c.type, c.description, nullable=c.name not in table.key) for c in table.own_columns)
    whole = [row for row in rows if None not in (row["known_at_utc"], *(row[name] for name in table.key))]
    for one in conform(replace(table, own_columns=keyed), whole, datetime.max)[1]:
        repeated = one.rule == "repeated_row"
        remedy = "remove the repetition" if repeated else "keep the one that is right; a restatement is known later"
        alike = [row["source_line"] for row in whole if all(row[name] == one.row[name] for name in table.key)]
        others = ", ".join(str(line) for line in alike if line != one.line)
        yield Problem(one.rule, one.line, table.key[0], f"{one.reason}, see line {others}", remedy)


def _instead(column: Column, broken: Rejected) -> str:
    """What to write into a cell that breaks the contract of its column."""
    if broken.rule == "known_in_future":
        return "a row enters the ledger when it is known, not before"
    written = str(broken.row[column.name])
    if broken.rule == "pattern" and re.fullmatch(column.pattern, padded := written.zfill(10)):
        return f"write {padded}; a spreadsheet drops the zeros of a cell that is not text"
    if broken.rule in OUT_OF_RANGE:
        unit = f"; the unit is {column.unit}" if column.unit else ""
        return f"look at the source for a slip of scale or of a digit{unit}"
    near = get_close_matches(written, column.allowed, n=1) if column.allowed else []
    return f"write {near[0]}" if near else f"the column holds: {column.description.removesuffix('.')}"
