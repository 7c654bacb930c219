"""Rows of a table and lines with a colon: a label, and the values of the columns behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile

from ingestion.extract.document import Cell, Document
from ingestion.extract.found import Span
from ingestion.extract.mining.cells import as_costs, nothing, placed, values
from ingestion.extract.mining.heads import header, may_head
from ingestion.extract.mining.months import Period, month_told
from ingestion.extract.mining.printed import LONGEST_BEGINNING, begins, known_label
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.values import DIGIT, NIL, NOT_APPLICABLE, moments, quantities
from ingestion.extract.words import Label, words

BETWEEN = 2
"""Cells between two stretches of months in one head."""
LONGEST_HEAD = 12
LONGEST_LABEL = 4
"""Cells over which a label may run where each line became a cell."""
TOTAL = re.compile(r"Total\s+", re.IGNORECASE)
LONGEST_SECTION = 60
"""Characters of a row that says what those below are of."""
PROSE = 120
"""Characters of a cell that is running text: the table above has ended."""
ABOVE = 800
"""Characters above a number in which its table says what it is of."""
OF_OTHERS = "a part of it is of others"
SIGN = re.compile(r"[$)%]{1,2}")
"""A cell of its own for what stands before or behind a number."""
NUMBER = re.compile(r"[-~$(]*\s?\d[\d,.]*(?:.{0,12}|\s*\(.*)")
ENDED = re.compile(
    r"(?P<blank>\s)[~$]{0,2}(?P<n>\d[\d,.]*)(?P<unit>\s?(?:EH/s|PH/s|BTC|bitcoin|MW|[JW]/TH|[c¢]/kWh)?)$", re.IGNORECASE
)
"""A number at the end of a line."""


def of_rows(document: Document, month: Period | None, lines: Sequence[Span] = ()) -> Iterator[Value]:
    """The values of rows; `lines` are those of tables that are read otherwise."""
    (cells, row_of), known, elsewhere = _cells(document), words().updates, {start for start, _ in lines}
    columns: list[Period | None] = []
    number, head_end, in_mining, section, parent = 0, -1, True, "", ""
    unread: int | None = None
    while number < len(cells):
        text = document.of(cells[number])
        row = row_of[number]
        # A head that cannot be read from its beginning is not read from its middle.
        if (row is None or row != unread) and may_head(text):
            heads, taken = header(document, cells[number : number + 2 * LONGEST_HEAD], month)
            if len(heads) > 1 or (heads and _alone_in_its_row(row_of, number)):
                # A second stretch of months in one head, behind a change in per cent, goes on with its columns.
                between = number - head_end if columns and 0 <= number - head_end <= BETWEEN else 0
                led = 0 if between else _changes(document, cells[max(0, number - BETWEEN) : number])
                columns = [*columns, *[None] * between, *heads] if between else [*[None] * led, *heads]
                section = parent = ""
                head_end = number = number + taken
                continue
            unread = row if taken else unread
        if len(text) > PROSE:
            columns = []
        if len(text) < 40:
            in_mining = (in_mining or bool(known["mining"].match(text))) and not known["other_business"].match(text)
        whole = ":" not in text or (not DIGIT.search(text) and known_label(text) is not None)
        line = None if whole else colon(document, *cells[number][:2])
        if line is None and row_of[number] is None and not columns and cells[number].start not in elsewhere:
            line = _ended(document, cells[number : number + 2])
        if line is not None:
            if in_mining:
                yield from of_line(document, cells[number].end, line, month)
            number += 1
            continue
        if row is not None and number and row_of[number - 1] == row:
            # In a row whose cells are known the label stands first.
            number += 1
            continue
        end = number + LONGEST_LABEL
        if row is not None:
            end = next((n for n in range(number, len(cells)) if row_of[n] != row), len(cells))
        taken, label, record, site, factor = _label(document, cells[number : min(end, number + LONGEST_LABEL)])
        if columns and not document.one_word_a_line and not _is_number(document, cells[number]):
            # The bullet point of a part became the end of a paragraph.
            is_part = document.text.endswith("\n\n", 0, cells[number].start) and parent != ""
            behind = cells[number + max(taken, 1) :][:1]
            if row is None and not (behind and _is_number(document, behind[0])):
                section, is_part = text[:LONGEST_SECTION], False
                in_mining = in_mining and not known["of_customers"].fullmatch(section)
            elif label is None and (joined := _joined(text, parent if is_part else "", section)) is not None:
                taken, (label, record, site, factor) = 1, joined
            parent = parent if is_part else text[:LONGEST_SECTION]
        if label is None or (number and document.of(cells[number - 1]).lower() in ("per", "of")):
            number += 1
            continue
        number += taken
        if document.one_word_a_line and (
            (taken == 1 and not columns) or _is_dated(document, cells[number - 1 : number + 1])
        ):
            # One word may be of a sentence.
            continue
        behind = cells[number : end if row is not None else number + LONGEST_HEAD]
        over, held = values(document, behind, label, len(columns))
        number += over
        if in_mining:
            past = over == len(behind) or not DIGIT.search(document.of(behind[over]))
            of_row = placed(
                document,
                as_costs(document.text, held, label),
                columns,
                month_told(record, month),
                short=past and number < len(cells),
            )
            for period, quantity in of_row:
                # Where a word is a line, what follows may still be of the same sentence.
                end = quantity.end + document.one_word_a_line * PROSE
                yield doubted(document, value_of(record, label, site, period, quantity, factor), end)


def _cells(document: Document) -> tuple[list[Cell], list[int | None]]:
    """All cells but signs, and the row of each; none where it stands alone on its line."""
    cells: list[Cell] = []
    row_of: list[int | None] = []
    for number, row in enumerate(document.rows):
        held = [cell for cell in row.cells if cell.end > cell.start and not SIGN.fullmatch(document.of(cell))]
        cells += held
        row_of += [number if len(held) > 1 else None] * len(held)
    return cells, row_of


def _alone_in_its_row(row_of: Sequence[int | None], number: int) -> bool:
    """Whether a cell is the second of two in its row."""
    return row_of[number] is not None and row_of.count(row_of[number]) == 2 and row_of[number - 1] == row_of[number]


def _changes(document: Document, cells: Sequence[Cell]) -> int:
    """How many columns of changes stand before those of the months."""
    form = words().updates["change_head"]
    return len([*takewhile(lambda cell: form.fullmatch(document.of(cell)), reversed(cells))])


def _label(document: Document, cells: Sequence[Cell]) -> tuple[int, Label | None, str, str, Decimal]:
    """The longest label at the beginning of these cells: how many cells it is, what it asks for, its words, its site, and
    the factor of the unit that it names."""
    if not begins(document.of(cells[0])):
        return 0, None, "", "", Decimal(1)
    many = next((n for n, cell in enumerate(cells) if n and _is_number(document, cell)), len(cells))
    for taken in range(many, 0, -1):
        printed = " ".join(document.of(cell) for cell in cells[:taken])
        if len(printed) < 90 and (known := known_label(printed)) is not None:
            return taken, *known
    return 0, None, "", "", Decimal(1)


def _joined(text: str, *wholes: str) -> tuple[Label, str, str, Decimal] | None:
    """What a row asks for in the words of its section, or of the row of which it is a part: `Energized` below `Hash rate (EH/s)`."""
    for whole in (TOTAL.sub("", whole) for whole in wholes if whole):
        for printed in (f"{text} {whole}", f"{whole} {text}"):
            if (known := known_label(printed)) is not None and not known[2]:
                return known
    return None


def _is_dated(document: Document, cells: Sequence[Cell]) -> bool:
    """Whether the last word of a label and what stands behind it are a month and its year."""
    return any(one.end > cells[-1].start for one in moments(document.text, cells[0].start, cells[-1].end))


def _is_number(document: Document, cell: Cell) -> bool:
    text = document.of(cell)
    return any(form.fullmatch(text) for form in (NUMBER, NIL, NOT_APPLICABLE))


def colon(document: Document, start: int, end: int) -> tuple[Label, str, Decimal, int] | None:
    """The label of a line or sentence like `BTC Sold: 350`, and where its value begins."""
    at = document.text.find(":", start, min(end, start + 81))
    if at < 0 or not document.text[at + 1 : end].strip() or (known := known_label(document.text[start:at])) is None:
        return None
    label, record, _, factor = known
    return label, record, factor, at + 1


def _ended(document: Document, cells: Sequence[Cell]) -> tuple[Label, str, Decimal, int] | None:
    """The same of a line like `BTC Sold 350`, which no number follows; a small whole number may be the mark of its label."""
    (start, end, *_), *following = cells
    ended = ENDED.search(document.text, start, min(end, start + LONGEST_BEGINNING))
    if ended is None or ended.end() < end or any(_is_number(document, one) for one in following):
        return None
    if (len(ended["n"]) < 3 and not ended["unit"]) or (
        known := known_label(document.text[start : ended.start()])
    ) is None:
        return None
    label, record, _, factor = known
    return label, record, factor, ended.end("blank")


def of_line(
    document: Document, end: int, line: tuple[Label, str, Decimal, int], month: Period | None
) -> Iterator[Value]:
    label, record, factor, start = line
    printed = document.text[start:end].strip(" .")
    none = nothing(printed, label, (start, end))
    found = [none] if none is not None and none.unit == "" else quantities(document.text, start, end)
    if found and not document.text[start : found[0].start].strip(" ~$("):
        period = _as_of(document, label, start) or month_told(record, month)
        if period is not None:
            yield doubted(document, value_of(record, label, "", period, found[0], factor), end)


def doubted(document: Document, value: Value, end: int) -> Value:
    """A value, and whether words behind it say that others have a part of it, or those of its table that it is money."""
    at, printed = value.quantity.start, value.quantity.unit
    if (
        value.label.unit == "BTC"
        and not printed
        and words().updates["in_money"].search(document.text, max(0, at - ABOVE), at)
    ):
        return replace(value, doubt="its table is of money in thousands or millions")
    others = value.label.field == "btc_produced" and value.quantity.end < end
    said = others and words().updates["of_others"].search(document.text, value.quantity.end, end)
    return replace(value, doubt=OF_OTHERS) if said else value


def _as_of(document: Document, label: Label, at: int) -> Period | None:
    """The day of a stock: the last one that the text names with `as of` shortly before."""
    if words().metrics[label.field] != "stock":
        return None
    before = document.text[max(0, at - 300) : at]
    days = [one for one in moments(before) if one.precision == "day"]
    said = [one for one in days if words().updates["as_of"].search(before, max(0, one.start - 8), one.start)]
    return (said[-1].first, said[-1].last) if said else None
