"""Rows of a table and lines with a colon: a label, and the values of the columns behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.document import Cell, Document
from ingestion.extract.mining.months import Period, month_of
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.values import DIGIT, NIL, NOT_APPLICABLE, Quantity, moments, quantities
from ingestion.extract.words import BULLETS, MARKS, Label, plain_label, words

MOST_COLUMNS = 12
LONGEST_BEGINNING = 90
MARKING = "0123456789,()*†‡§"
"""What a footnote mark may be of."""
LONGEST_LABEL = 4
"""Cells over which a label may run where each line became a cell."""
DATED = re.compile(
    r"\s+(?:in|as\s+of|at|for|during)\s+(?:the\s+)?(?:month(?:[\s-]end)?|[A-Z][a-z]+(?:\s+\d{1,2})?(?:,?\s+\d{4})?)\s*$"
)
MEASURED = re.compile(r"\s*\(([^()]*)\)\s*(?:\d{1,2}(?:,\s?\d{1,2})*|\*)?\s*$")
HEAD_MARKS = re.compile(r"\s*\(?(?:\d{1,2}(?:,\s?\d{1,2})*|\*)?\)?\s*")
YEARLY = re.compile(r"\b(?:CY|FY)\s?(?:20)?\d\d\b|\b(?:CY|FY)$", re.IGNORECASE)
AS_OF = re.compile(r"\bas\s+of\s+", re.IGNORECASE)
LONGER = re.compile(r"\b(?:months|quarter|year)\s+ended\b", re.IGNORECASE)
"""Above columns headed by days: these are of more than a month."""
PROSE = 120
"""Characters of a cell that is running text: the table above has ended."""
BESIDE = " \n\t()%*~$|"
"""What may stand in a cell beside its number."""
SIGN = re.compile(r"[$)%]{1,2}")
"""A cell of its own for what stands before or behind a number."""
NUMBER = re.compile(r"[-~$(]*\s?\d[\d,.]*.{0,12}")
SCALED = {
    "us$m": Decimal(10**6),
    "us$'000": Decimal(1000),
    "$m": Decimal(10**6),
    "$'000": Decimal(1000),
    "in thousands": Decimal(1000),
}
OTHER_BUSINESS, MINING = (
    re.compile(r"(?:AI|HPC)\b", re.IGNORECASE),
    re.compile(r"(?:self-)?mining|bitcoin\s+mining", re.IGNORECASE),
)


def of_rows(document: Document, month: Period | None) -> Iterator[Value]:
    cells = [cell for cell in document.cells if not SIGN.fullmatch(document.of(cell))]
    columns: list[Period | None] = []
    number, in_mining, apart = 0, True, document.one_word_a_line
    while number < len(cells):
        text = document.of(cells[number])
        if DIGIT.search(text) and (heads := _header(document, cells[number : number + MOST_COLUMNS], month)):
            columns, number = heads, number + len(heads)
            continue
        if len(text) > PROSE:
            columns = []
        if len(text) < 40:
            in_mining = (in_mining or bool(MINING.match(text))) and not OTHER_BUSINESS.match(text)
        if ":" in text and (line := colon(document, *cells[number][:2])) is not None:
            if in_mining:
                yield from of_line(document, cells[number].end, line, month)
            number += 1
            continue
        taken, label, record, site, factor = _label(document, cells[number : number + LONGEST_LABEL])
        if label is None or (number and document.of(cells[number - 1]).lower() in ("per", "of")):
            number += 1
            continue
        number += taken
        of_row = [month] if not columns and month is not None else columns
        lost = False
        for column in [*of_row, None, None, None]:
            if number >= len(cells) or (quantity := _value(document, cells[number], label)) is None:
                break
            number += 1
            if column is None or lost or not in_mining or quantity.unit == "none":
                continue
            if apart and quantity.unit == "" and 0 < quantity.value < 10 and quantity.value % 1 == 0:
                quantity, lost = replace(quantity, refused="a footnote mark may stand apart"), True
            yield value_of(record, label, site, column, quantity, factor)


def _header(document: Document, cells: Sequence[Cell], month: Period | None) -> list[Period | None]:
    """The periods of columns where a header begins: two cells or more that are each a month, its last day, or a quarter."""
    found: list[Period | None] = []
    for cell in cells:
        plain = document.of(cell)
        named = next((one for one in moments(plain) if one.start == 0), None)
        if named is None or not HEAD_MARKS.fullmatch(plain, named.end):
            break
        period = (named.first, named.last)
        if named.precision == "day_of_year" and month is not None:
            # `Jul 26` at the head of a column is a month of that year, where the column is of the month reported.
            period = month_of(date(2000 + named.first.day, named.first.month, 1))
            if not found and period != month:
                break
            found.append(period)
            continue
        if named.precision == "day" and month is not None and period[0] == month_of(period[0])[1]:
            period = month_of(period[0])
            if not found and (period != month or LONGER.search(document.text, max(0, cell.start - 300), cell.start)):
                break
        elif named.precision not in ("month", "quarter"):
            break
        found.append(period)
    return found if len(found) > 1 else []


def _label(document: Document, cells: Sequence[Cell]) -> tuple[int, Label | None, str, str, Decimal]:
    """The longest label at the beginning of these cells: how many cells it is, what it asks for, its words, its site, and
    the factor of the unit that it names."""
    if not _begins(document.of(cells[0])):
        return 0, None, "", "", Decimal(1)
    many = next((n for n, cell in enumerate(cells) if n and _is_number(document, cell)), len(cells))
    for taken in range(many, 0, -1):
        printed = " ".join(document.of(cell) for cell in cells[:taken])
        if len(printed) < 90 and (known := _known(printed)) is not None:
            return taken, *known
    return 0, None, "", "", Decimal(1)


@lru_cache(maxsize=1_024)
def _begins(printed: str) -> bool:
    """Whether a label may begin so: with its first words, or with one that says nothing."""
    first, *second = plain_label(printed[:LONGEST_BEGINNING]).strip("(").split(maxsplit=2)[:2] or [""]
    if first in ("", "total") or YEARLY.match(first):
        return True
    known = words()
    return " ".join([first, *(one.rstrip(MARKING) for one in second)]) in known.metric_starts or (
        first in known.labels["metric"]
    )


@lru_cache(maxsize=1_024)
def _known(printed: str) -> tuple[Label, str, str, Decimal] | None:
    if not _begins(printed):
        return None
    name, factor = re.sub(r"\s+", " ", printed).strip(BULLETS), Decimal(1)
    while words().label("metric", name) is None and (measured := MEASURED.search(name)) is not None:
        unit = measured[1].lower()
        factor = SCALED.get(unit) or words().units.get(unit, ("", factor))[1]
        name = name[: measured.start()].strip(" :*")
    plain = name = MARKS.sub("", name).strip(" :*")
    name = DATED.sub("", name)
    name = YEARLY.sub("YTD", name)
    if (label := words().label("metric", name)) is not None:
        return label, plain, "", factor
    base, dash, site = name.rpartition(" - ")
    if dash and (label := words().label("metric", base)) is not None:
        if site.lower() in ("total", "consolidated", "company"):
            return label, plain, "", factor
        return _of_site(label), plain, site, factor
    for cut in range(name.count(" "), 0, -1):
        base, site = " ".join(name.split(" ")[:cut]), " ".join(name.split(" ")[cut:])
        if site.istitle() and (label := words().label("metric", base)) is not None:
            return _of_site(label), plain, site, factor
    return None


def _of_site(label: Label) -> Label:
    field = f"{label.field}_site" if f"{label.field}_site" in words().metrics else label.field
    return Label(field, label.definition, label.unit, label.other)


def _value(document: Document, cell: Cell, label: Label) -> Quantity | None:
    """The one number that a cell holds; unit `none` for one that says there is none; None when it is no value."""
    text = document.of(cell).strip()
    if NOT_APPLICABLE.fullmatch(text):
        return Quantity(Decimal(0), "none", cell.start, cell.end)
    if NIL.fullmatch(text):
        unit = "" if words().metrics.get(label.field) == "flow" and label.unit == "BTC" else "none"
        return Quantity(Decimal(0), unit, cell.start, cell.end)
    found = quantities(document.text, cell.start, cell.end)
    beside = [document.text[cell.start : one.start] + document.text[one.end : cell.end] for one in found]
    return found[0] if len(found) == 1 and not beside[0].strip(BESIDE) else None


def _is_number(document: Document, cell: Cell) -> bool:
    text = document.of(cell)
    return any(form.fullmatch(text) for form in (NUMBER, NIL, NOT_APPLICABLE))


def colon(document: Document, start: int, end: int) -> tuple[Label, str, Decimal, int] | None:
    """The label of a line or sentence like `BTC Sold: 350`, and where its value begins."""
    at = document.text.find(":", start, min(end, start + 81))
    if at < 0 or not document.text[at + 1 : end].strip() or (known := _known(document.text[start:at])) is None:
        return None
    label, record, _, factor = known
    return label, record, factor, at + 1


def of_line(
    document: Document, end: int, line: tuple[Label, str, Decimal, int], month: Period | None
) -> Iterator[Value]:
    label, record, factor, start = line
    found = quantities(document.text, start, end)
    if found and not document.text[start : found[0].start].strip(" ~$("):
        period = _as_of(document, label, start) or month
        if period is not None:
            yield value_of(record, label, "", period, found[0], factor)


def _as_of(document: Document, label: Label, at: int) -> Period | None:
    """The day of a stock: the last one that the text names with `as of` shortly before."""
    if words().metrics[label.field] != "stock":
        return None
    before = document.text[max(0, at - 300) : at]
    for found in reversed(list(AS_OF.finditer(before))):
        named = [one for one in moments(before, found.end()) if one.precision == "day" and one.start == found.end()]
        if named:
            return named[0].first, named[0].last
    return None
