"""A table that became one line: a head of months, then labels and as many numbers each as there are columns."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.document import Document
from ingestion.extract.mining.heads import MARKS, MOST_COLUMNS
from ingestion.extract.mining.months import Period
from ingestion.extract.mining.printed import known_label
from ingestion.extract.mining.rows import doubted, nothing, placed
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.values import NIL, Moment, Quantity, moments, quantities
from ingestion.extract.words import Label, words

LEAST = 120
"""Characters of a paragraph that may hold a table."""
FARTHEST = 6_000
"""Characters behind a head in which its rows stand."""
CELL = re.compile(
    r"(?<!\S)(?:(?:US)?[$(~]{0,3}\d[\d,.]*(?:\s?(?:EH/s|PH/s|BTC|MW|J/TH|w/TH|[c¢]/kWh|/kWh|million|%))?[)%*]{0,2}(?=\s|$)|N/?A(?=\s|$)|[-–—]{1,2}(?=\s|$))",
    re.IGNORECASE,
)
SPACE = re.compile(r"\s*")


def of_runs(document: Document, month: Period | None) -> Iterator[Value]:
    """The values of rows that stand in a paragraph behind a head; of a row only where its numbers are as many as the columns."""
    if month is None:
        return
    text = document.text
    for cell in document.cells:
        if cell.end - cell.start > LEAST:
            for head in _heads(text, cell.start, cell.end):
                yield from _rows(document, head, min(cell.end, head[-1].end + FARTHEST))


def _heads(text: str, start: int, end: int) -> Iterator[list[Moment]]:
    """Months or quarters that stand side by side with nothing between them but footnote marks."""
    run: list[Moment] = []
    for one in moments(text, start, end):
        if one.precision not in ("month", "quarter"):
            continue
        if not run or not MARKS.fullmatch(text, run[-1].end, one.start):
            if 1 < len(run) <= MOST_COLUMNS:
                yield run
            run = []
        run.append(one)
    if 1 < len(run) <= MOST_COLUMNS:
        yield run


def _rows(document: Document, head: list[Moment], end: int) -> Iterator[Value]:
    text, at = document.text, head[-1].end
    first = True
    for begin, cells in _runs(text, at, end):
        printed = text[at:begin]
        if first and (beside := words().updates["beside_head"].match(printed)):
            printed = printed[beside.end() :]
        at, first = cells[-1].end(), False
        if len(printed) > LEAST:
            return
        if (known := known_label(printed.strip())) is None:
            continue
        label, record, site, factor = known
        held = [_quantity(text, cell, label) for cell in _of_columns(cells, len(head))]
        periods = [(one.first, one.last) for one in head]
        for period, quantity in placed(document, [one for one in held if one is not None], periods, None, short=True):
            yield doubted(document, value_of(record, label, site, period, quantity, factor), quantity.end)


def _runs(text: str, at: int, end: int) -> Iterator[tuple[int, list[re.Match[str]]]]:
    """Cells that follow each other, two or more, and where they begin."""
    while (found := CELL.search(text, at, end)) is not None:
        run = [found]
        while (more := CELL.match(text, SPACE.match(text, run[-1].end(), end).end(), end)) is not None:  # type: ignore[union-attr]
            run.append(more)
        at = run[-1].end()
        if len(run) > 1:
            yield found.start(), run


def _of_columns(cells: list[re.Match[str]], columns: int) -> list[re.Match[str]]:
    """The cells of the columns; none where a row has not as many, or where the first may be a mark of the label."""
    shares = next((n for n, cell in enumerate(cells) if "%" in cell.group()), len(cells))
    small = [cell.group().isdigit() and int(cell.group()) < 20 for cell in cells[:shares]]
    if shares == columns + 1 and small[0]:
        return cells[1:shares]
    if shares == columns + 1 and (small[-1] or NIL.fullmatch(cells[columns].group())):
        # A footnote or a bullet point begins behind the row.
        return cells[:columns]
    return cells[:shares] if shares == columns and (not small[0] or all(small)) else []


def _quantity(text: str, cell: re.Match[str], label: Label) -> Quantity | None:
    """The number of a cell; None where it has none, or one in brackets, which may be a loss."""
    if (none := nothing(cell.group(), label, cell.span())) is not None:
        return none
    found = quantities(text, *cell.span())
    return found[0] if len(found) == 1 and "(" not in cell.group() else None
