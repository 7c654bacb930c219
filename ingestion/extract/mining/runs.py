"""A table that became one line, or a line for each row: a head of months, then labels and as many numbers each as there are columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ingestion.extract.document import Document
from ingestion.extract.found import Span
from ingestion.extract.mining.cells import CELL, COSTS, nothing, placed
from ingestion.extract.mining.heads import MARKS, MOST_COLUMNS
from ingestion.extract.mining.months import Period, month_of
from ingestion.extract.mining.printed import known_label
from ingestion.extract.mining.rows import doubted
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.values import DIGIT, GLUED, MONTHS, NIL, Quantity, moments, quantities
from ingestion.extract.words import Label, words

LEAST = 120
"""Characters of a paragraph that may hold a table."""
FARTHEST = 6_000
"""Characters behind a head in which its rows stand."""
SPACE = re.compile(r"\s*")
NUMBER = re.compile(
    r"[$(~]{0,3}\d[\d,.]*(?:\s?(?:EH/s|PH/s|BTC|MW|J/TH|[c¢]/kWh)|\s?million|[mk]|%)?[)%*]{0,2}", re.IGNORECASE
)
"""A number of a line in which it may be glued to its label and to the next."""
STUCK = re.compile(r"(?<=20\d\d)\d(?!\d)|(?<=[a-z\d*)])(?=[A-Z][a-z])")
"""The mark of a year, and where a cell of a head is glued to the one before."""
GLUED_MONTH = re.compile(rf"(?:{'|'.join(MONTHS)})[\s-]*'?(?:20\d\d|\d\d)", re.IGNORECASE)
GLUED_HEAD = re.compile(rf"(?:{GLUED_MONTH.pattern}){{2,}}(?!\d)", re.IGNORECASE)
GLUE = re.compile(r"\d(?=[JFMASOND][a-z]{2,8}[\s'-]*\d)")
EDGE = re.compile(r"(?<=[\d)%\]*])(?=[A-Z])|(?<=[a-z])(?=[A-Z][a-z])")
CHANGES = re.compile(r"[\s*]*(?:-?\d+(?:\.\d+)?\s?%[\s*]*)*")
"""What may stand behind the numbers of a row: by how much they changed."""
NEAR = Decimal("0.4"), Decimal("2.5")
"""How many times the number beside it the first of a row may be: one with the mark of its label before it is beyond."""


def of_runs(document: Document, month: Period | None, lines: list[Span]) -> Iterator[Value]:
    """The values of rows behind a head, in its paragraph or on a line each; of a row only where its numbers are as many as the columns.
    `lines` takes up where the lines of such tables are: nothing else is read in them."""
    if month is None:
        return
    text = document.text
    head, in_mining, known = list[Period](), True, words().updates
    for cell in document.cells:
        if cell.end - cell.start > LEAST:
            head = []
            for months, end in _heads(text, cell.start, cell.end, month):
                yield from _rows(document, months, end, min(cell.end, end + FARTHEST))
            for months, end in _glued_heads(text, cell.start, cell.end, month):
                yield from _glued_rows(document, months, end, min(cell.end, end + FARTHEST), lines)
            continue
        if not head and DIGIT.search(text, cell.start, cell.end) is None:
            continue
        line = STUCK.sub(" ", text[cell.start : cell.end])
        in_mining = (in_mining or bool(known["mining"].match(line))) and not known["other_business"].match(line)
        if (below := next(_heads(line, 0, len(line), month), None)) is not None:
            # A head that stands alone on its line.
            head, in_mining = below[0] if known["beside_head"].fullmatch(line, below[1]) else [], True
        elif line.rstrip().endswith("."):
            head = []
        elif head:
            lines.append(cell[:2])
            if in_mining:
                yield from _row(document, head, *cell[:2])


def _heads(text: str, start: int, end: int, month: Period) -> Iterator[tuple[list[Period], int]]:
    """Months or quarters that stand side by side with nothing between them but footnote marks, and where they end."""
    run: list[Period] = []
    last = start
    for one in moments(text, start, end):
        # `Jul 26` is a month of that year, where the first is the month reported.
        short = one.precision == "day_of_year" and abs(2000 + one.first.day - month[0].year) <= 1
        period = month_of(date(2000 + one.first.day, one.first.month, 1)) if short else (one.first, one.last)
        if one.precision not in ("month", "quarter") and not (short and (run or period == month)):
            continue
        if not run or not MARKS.fullmatch(text, last, one.start):
            if 1 < len(run) <= MOST_COLUMNS:
                yield run, last
            run = []
        run.append(period)
        last = one.end
    if 1 < len(run) <= MOST_COLUMNS:
        yield run, last


def _glued_heads(text: str, start: int, end: int, month: Period) -> Iterator[tuple[list[Period], int]]:
    """The same where the names of the months are glued to each other and to what stands around them."""
    for run in GLUED_HEAD.finditer(text, start, end) if GLUE.search(text, start, end) else ():
        apart = GLUED_MONTH.sub(r"\g<0> ", run.group())
        for months, _ in _heads(f"{apart} ", 0, len(apart), month):
            yield months, run.end()


def _glued_rows(document: Document, periods: list[Period], at: int, end: int, lines: list[Span]) -> Iterator[Value]:
    """The rows of such a table: each ends where a capital follows a number or a unit."""
    in_mining, known = True, words().updates
    edges = [at, *(one.start() for one in EDGE.finditer(document.text, at, end)), end]
    for first, last in pairwise(edges):
        line = document.text[first:last]
        if len(line) > LEAST:
            return
        in_mining = (in_mining or bool(known["mining"].match(line))) and not known["other_business"].match(line)
        lines.append((first, last))
        if in_mining:
            yield from _row(document, periods, first, last)


def _rows(document: Document, periods: list[Period], at: int, end: int) -> Iterator[Value]:
    text, first = document.text, True
    for begin, cells in _runs(text, at, end):
        printed = text[at:begin]
        if first and (beside := words().updates["beside_head"].match(printed)):
            printed = printed[beside.end() :]
        at, first = cells[-1].end(), False
        if len(printed) > LEAST:
            return
        if (known := known_label(printed.strip())) is not None:
            label = known[0]
            held = [_quantity(text, cell.group(), cell.span(), label) for cell in _of_columns(cells, len(periods))]
            yield from _placed(document, known, held, periods)


def _row(document: Document, periods: list[Period], start: int, end: int) -> Iterator[Value]:
    """The values of one line, in which the cells may be glued to each other."""
    text = document.text
    cells = [found for found in NUMBER.finditer(text, start, end) if "%" not in found.group()][-len(periods) :]
    between = "".join(text[one.end() : two.start()] for one, two in pairwise(cells)).strip(" *")
    if len(cells) < len(periods) or between or not CHANGES.fullmatch(text, cells[-1].end(), end):
        return
    if (known := known_label(text[start : cells[0].start()].strip())) is None:
        return
    spans = [found.span() for found in cells]
    # A sign of money parts a number from the mark of its label.
    if text[spans[0][0] - 1].strip() and text[spans[0][0]].isdigit():
        if (bare := _without_mark(text, spans)) is None:
            return
        spans[0] = bare, spans[0][1]
    held = [_quantity(text, text[slice(*span)], span, known[0]) for span in spans]
    if len({text[start] == "(" for start, _ in spans}) > 1:
        return
    yield from _placed(document, known, held, periods)


def _without_mark(text: str, spans: list[tuple[int, int]]) -> int | None:
    """Where the first number of a row begins behind the mark of the label that it is glued to: where it is near the one beside it;
    None where several readings are."""
    (start, end), beside = spans[0], quantities(text, *spans[1])
    near = []
    for begin in range(start, min(start + 3, end)):
        said = quantities(f"{text[:start]} {text[begin:end]}  ", start + 1)
        if said and beside and beside[0].value and text[begin].isdigit() and text[begin] != "0":
            near += [begin] if NEAR[0] <= said[0].value / beside[0].value <= NEAR[1] else []
    return near[0] if len(near) == 1 else None


def _placed(
    document: Document,
    known: tuple[Label, str, str, Decimal],
    held: list[Quantity | None],
    periods: list[Period],
) -> Iterator[Value]:
    label, record, site, factor = known
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


def _quantity(text: str, printed: str, span: tuple[int, int], label: Label) -> Quantity | None:
    """The number of a cell; None where it has none, or one in brackets, which may be a loss."""
    if (none := nothing(printed, label, span)) is not None:
        return none
    found = quantities(text, *span)
    if len(found) != 1 or ("(" in printed and label.field not in COSTS):
        return None
    # What a number is glued to is not of it: the row says where each begins.
    return replace(found[0], refused="") if found[0].refused == GLUED else found[0]
