"""What the cells behind a label hold: numbers, none, or the values of all columns in one; and of which period each is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from ingestion.extract.document import Cell, Document
from ingestion.extract.mining.months import Period
from ingestion.extract.values import NIL, NOT_APPLICABLE, Quantity, quantities
from ingestion.extract.words import Label, words

COSTS, OUTGOING = ("power_cost_total", "power_cost_per_btc"), ("power_cost_total", "power_cost_per_btc", "btc_sold")
LONGEST = 300
"""Characters of a cell of values."""
BESIDE = " \n\t()[]%*~$|"
"""What may stand in a cell beside its number."""
FURTHER = re.compile(
    r"\s*(?:\((?=[^()]*(?:[a-zA-Z%$]|[+-]))[^()]*(?:\)|$)|(?:,|;|@|/)\s.*[a-z].*|at (?:an?|approximately|about|\$).*)\W*",
    re.IGNORECASE | re.DOTALL,
)
"""What may stand behind it and tells more of it: a change, a price, how much a day."""
CELL = re.compile(
    r"(?<!\S)(?:(?:US)?[$(~]{0,3}\d[\d,.]*(?:\s?(?:EH/s|PH/s|BTC|MW|J/TH|w/TH|[c¢]/kWh|/kWh|million|%))?[)%*]{0,2}(?=\s|$)|N/?A(?=\s|$)|[-–—]{1,2}(?=\s|$))",
    re.IGNORECASE,
)
"""A cell among others that only blanks part."""
CELLS = re.compile(rf"(?:{CELL.pattern}\s*)+", re.IGNORECASE)


def values(document: Document, cells: Sequence[Cell], label: Label, columns: int) -> tuple[int, list[Quantity]]:
    """What stands behind a label, cell by cell, until one is no value, and over how many cells."""
    found: list[Quantity] = []
    for cell in cells[: max(columns, 1) + 3]:
        if (quantity := _value(document, cell, label)) is None:
            break
        found.append(quantity)
    if not found and (held := _in_one(document, cells[:1], label, columns)):
        return 1, held
    return len(found), found


def _value(document: Document, cell: Cell, label: Label) -> Quantity | None:
    """The one number that a cell holds; None when it is no value."""
    if cell.end - cell.start > LONGEST:
        return None
    printed = document.of(cell)
    if (none := nothing(printed.strip(), label, cell[:2])) is not None:
        return none
    if document.one_word_a_line and "(" in printed and ")" not in printed:
        # The words of a bracket are not of the next column.
        return None
    found = quantities(document.text, cell.start, cell.end)
    if len(found) == 2 and _is_mark(document, document.text[found[1].start : found[1].end]):
        found, cell = found[:1], cell._replace(end=found[1].start)
    if len(found) == 1 and found[0].mark and _is_mark(document, found[0].mark):
        found = [replace(found[0], refused="")]
    if not found or document.text[cell.start : found[0].start].strip(BESIDE):
        return None
    whole = len(found) == 1 and not document.text[found[0].end : cell.end].strip(BESIDE)
    return found[0] if whole or FURTHER.fullmatch(document.text, found[0].end, cell.end) else None


def _is_mark(document: Document, mark: str) -> bool:
    """Whether digits behind a number are a mark of which the document has the footnote."""
    note = rf"(?:^|\\n|[.;]\s)\W*{re.escape(mark)}[.)]\s+[A-Z]"
    return len(mark) < 3 and re.search(note, document.original, re.MULTILINE) is not None


def _in_one(document: Document, cells: Sequence[Cell], label: Label, many: int) -> list[Quantity]:
    """The values of all columns that a copy put into one cell, as many as there are; what else it holds are changes in per cent."""
    if many < 2 or not cells or cells[0].end - cells[0].start > LONGEST:
        return []
    spans = [one.span() for cell in cells for one in CELL.finditer(document.text, *cell[:2])]
    if not many <= len(spans) <= 2 * many or not CELLS.fullmatch(document.of(cells[0])):
        return []
    apart = [Cell(*span) for span in spans]
    held = [_value(document, one, label) for one in apart[:many]]
    changes = all("%" in document.of(one) or NOT_APPLICABLE.fullmatch(document.of(one)) for one in apart[many:])
    return [one for one in held if one] if changes and all(held) else []


def as_costs(text: str, held: list[Quantity], label: Label) -> list[Quantity]:
    """Costs, or coins sold, of a row of which all stand in brackets, as expenses do; one alone, or among others, may be a credit."""
    numbers = [one for one in held if one.unit != "none" and not one.refused]
    if label.field not in OUTGOING or len(numbers) < 2 or any(one.value >= 0 for one in numbers):
        return held
    bare = [(one, text[one.start : one.end].strip("( )*")) for one in held]
    starts = [text.index(printed, one.start) for one, printed in bare]
    return [
        replace(one, value=abs(one.value), start=start, end=start + len(printed))
        for (one, printed), start in zip(bare, starts, strict=True)
    ]


def placed(
    document: Document, held: list[Quantity], columns: Sequence[Period | None], month: Period | None, *, short: bool
) -> Iterator[tuple[Period, Quantity]]:
    """Each value of a row with the period of its column; `short` says that no other value can stand behind them."""
    if not columns:
        numbers = [quantity for quantity in held if quantity.unit not in ("percent", "none")]
        if month is None or not held or len(numbers) > 1:
            return
        columns = [month]
    lost = False
    empty = short and len(held) < len(columns)
    printed = any(quantity.unit not in ("", "none", "percent") for quantity in held[: len(columns)])
    for period, quantity in zip(columns, held, strict=False):
        if period is None or lost or quantity.unit == "none":
            continue
        if empty:
            quantity = replace(quantity, refused=quantity.refused or "a column of the row is empty")
        elif printed and quantity.unit == "" and quantity.value:
            quantity = replace(quantity, refused="the columns beside it print a unit, this one does not")
        if document.one_word_a_line and quantity.unit == "" and 0 < quantity.value < 10 and quantity.value % 1 == 0:
            quantity, lost = replace(quantity, refused="a footnote mark may stand apart"), True
        yield period, quantity


def nothing(text: str, label: Label, span: tuple[int, int]) -> Quantity | None:
    """What a cell says that says there is nothing: zero of coins that move, else the unit `none`; None where it holds something."""
    if NOT_APPLICABLE.fullmatch(text):
        return Quantity(Decimal(0), "none", *span)
    if NIL.fullmatch(text):
        moves = words().metrics.get(label.field) == "flow" and label.unit == "BTC"
        return Quantity(Decimal(0), "" if moves else "none", *span)
    return None
