"""Miners' production updates: rows of a table, lines with a colon, and sentences, each under the month or the day that it speaks of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.document import Cell, Document
from ingestion.extract.found import Found, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.mining.months import Period, report_month, spoken
from ingestion.extract.prose import sentences
from ingestion.extract.values import NIL, NOT_APPLICABLE, Quantity, moments, quantities, quantity_at
from ingestion.extract.words import MARKS, Label, words

MOST_COLUMNS = 12
LONGEST_LABEL = 4
"""Cells over which a label may run where each line became a cell."""
DATED = re.compile(
    r"\s+(?:in|as\s+of|at|for|during)\s+(?:the\s+)?(?:month[\s-]end|[A-Z][a-z]+(?:\s+\d{1,2})?(?:,?\s+\d{4})?)\s*$"
)
MEASURED = re.compile(r"\s*\(([^()]*)\)\s*(?:\d{1,2}(?:,\s?\d{1,2})*|\*)?\s*$")
HEAD_MARKS = re.compile(r"\s*\(?(?:\d{1,2}(?:,\s?\d{1,2})*|\*)?\)?\s*")
YEARLY = re.compile(r"\b(?:CY|FY)\s?(?:20)?\d\d\b|\b(?:CY|FY)$", re.IGNORECASE)
AS_OF = re.compile(r"\bas\s+of\s+", re.IGNORECASE)
PROSE = 120
"""Characters of a cell that is running text: the table above has ended."""
BESIDE = " \n\t()%*~$|"
"""What may stand in a cell beside its number."""
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
LEAST, MOST = Decimal("0.05"), Decimal(150)
"""EH/s of a miner whose table names no unit."""
BEFORE, BEHIND = 70, 45
"""Characters around a number in which a sentence may say that it is a forecast, or of which month it speaks."""


@dataclass(frozen=True)
class Value:
    """One value before it is told: several of the same field, site and period are one, or contradict each other."""

    record: str
    label: Label
    site: str
    period: Period
    quantity: Quantity
    value: Decimal

    @property
    def about(self) -> tuple[str, str, Period]:
        return self.label.field, self.site, self.period


def read_production(document: Document) -> Iterator[Found]:
    """Values of the month reported, of the columns beside it, and why a number is not read."""
    month = report_month(document)
    voice = Voice(document, "metric", issuer_of(document))
    said: dict[tuple[str, str, Period], list[Value]] = defaultdict(list)
    for value in _cells(document, month):
        said[value.about].append(value)
    # A row is exact about what it counts; a sentence is read only where no row speaks of the same.
    for value in [one for one in _sentences(document, month) if one.about not in said]:
        said[value.about].append(value)
    for of_one in said.values():
        different = {one.value for one in of_one if not one.quantity.refused}
        doubt = "the document gives it in two ways" if len(different) > 1 else ""
        for one in {(one.value, one.quantity.refused): one for one in reversed(of_one)}.values():
            yield _told(voice, one, doubt)


def _told(voice: Voice, one: Value, doubt: str) -> Found:
    field, unit = one.label.field, one.label.unit
    span = (one.quantity.start, one.quantity.end)
    if one.quantity.refused:
        return voice.abstain(one.record, field, unit, span, one.quantity.refused)
    if one.quantity.unit not in ("", unit, unit.partition("/")[0]):
        return voice.abstain(one.record, field, unit, span, f"the number is in {one.quantity.unit}, not in {unit}")
    if one.quantity.unit == "" and unit == "EH/s" and not LEAST <= one.value <= MOST:
        return voice.abstain(one.record, field, unit, span, "no unit is printed, and EH/s would be out of reach")
    first, last = (day.isoformat() for day in one.period)
    period = ("" if words().metrics[field] == "stock" else first, last)
    return voice.say(one.record, field, f"{one.value.normalize():f}", unit, span, period=period, doubt=doubt)


# Rows and lines


def _cells(document: Document, month: Period | None) -> Iterator[Value]:
    cells, columns = document.cells, list[Period | None]()
    number, in_mining = 0, True
    while number < len(cells):
        heads = _header(document, cells[number : number + MOST_COLUMNS])
        if heads:
            columns, number = heads, number + len(heads)
            continue
        text = document.of(cells[number])
        if len(text) > PROSE:
            columns = []
        if len(text) < 40:
            in_mining = (in_mining or bool(MINING.match(text))) and not OTHER_BUSINESS.match(text)
        if (line := _colon(document, cells[number])) is not None:
            if in_mining:
                yield from _line(document, cells[number], line, month)
            number += 1
            continue
        taken, label, record, site, factor = _label(document, cells[number : number + LONGEST_LABEL])
        if label is None:
            number += 1
            continue
        number += taken
        of_row = [month] if not columns and month is not None else columns
        for column in [*of_row, None, None, None]:
            if number >= len(cells) or (quantity := _value(document, cells[number], label)) is None:
                break
            number += 1
            if column is not None and in_mining and quantity.unit != "none":
                yield _row_value(record, label, site, column, quantity, factor)


def _row_value(record: str, label: Label, site: str, period: Period, quantity: Quantity, factor: Decimal) -> Value:
    if label.field.endswith("_ytd"):
        period = (period[1].replace(month=1, day=1), period[1])
    # A unit printed beside the number counts, and not that of the row.
    value = quantity.value * (1 if quantity.scaled else factor)
    return Value(record, label, site, period, quantity, value)


def _header(document: Document, cells: Sequence[Cell]) -> list[Period | None]:
    """The periods of columns where a header begins: two cells or more that are each a month or a quarter."""
    found: list[Period | None] = []
    for cell in cells:
        plain = document.of(cell)
        named = [one for one in moments(plain) if one.precision in ("month", "quarter") and one.start == 0]
        if not named or not HEAD_MARKS.fullmatch(plain, named[0].end):
            break
        found.append((named[0].first, named[0].last))
    return found if len(found) > 1 else []


def _label(document: Document, cells: Sequence[Cell]) -> tuple[int, Label | None, str, str, Decimal]:
    """The longest label at the beginning of these cells: how many cells it is, what it asks for, its words, its site, and
    the factor of the unit that it names."""
    many = next((n for n, cell in enumerate(cells) if n and _is_number(document, cell)), len(cells))
    for taken in range(many, 0, -1):
        printed = " ".join(document.of(cell) for cell in cells[:taken])
        if len(printed) < 90 and (known := _known(printed)) is not None:
            return taken, *known
    return 0, None, "", "", Decimal(1)


@lru_cache(maxsize=4_096)
def _known(printed: str) -> tuple[Label, str, str, Decimal] | None:
    start = (printed.split(maxsplit=1) or [""])[0].strip("(:*").lower()
    if start not in words().metric_starts and not YEARLY.match(start):
        return None
    name, factor = re.sub(r"\s+", " ", printed).strip(" :*"), Decimal(1)
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


def _colon(document: Document, cell: Cell) -> tuple[Label, str, Decimal, int] | None:
    """The label of a line like `BTC Sold: 350`, and where its value begins."""
    text = document.of(cell)
    before, colon, behind = text.partition(":")
    if not colon or not behind.strip() or len(before) > 80 or (known := _known(before)) is None:
        return None
    label, record, _, factor = known
    return label, record, factor, cell.start + len(before) + 1


def _line(
    document: Document, cell: Cell, line: tuple[Label, str, Decimal, int], month: Period | None
) -> Iterator[Value]:
    label, record, factor, start = line
    found = quantities(document.text, start, cell.end)
    if found and not document.text[start : found[0].start].strip(" ~$("):
        period = _as_of(document, label, start) or month
        if period is not None:
            yield _row_value(record, label, "", period, found[0], factor)


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


# Sentences


def _sentences(document: Document, month: Period | None) -> Iterator[Value]:
    for start, end in sentences(document):
        for label, pattern in words().phrases:
            for found in pattern.finditer(document.text, start, end):
                yield from _phrase(document, month, label, found, (start, end))


def _phrase(
    document: Document, month: Period | None, label: Label, found: re.Match[str], sentence: tuple[int, int]
) -> Iterator[Value]:
    text, (start, end) = document.text, sentence
    at = found.start("n")
    quantity = quantity_at(text, at, start, end)
    before, behind = text[max(start, found.start() - BEFORE) : at], text[at : min(end, found.end() + BEHIND)]
    around, after = words().forecast
    if quantity is None or around.search(f"{before}\n{behind}") or after.search(behind):
        return
    named = quantity.unit or ("BTC" if re.search(r"\b(?:btc|bitcoins?)\b", found.group(), re.IGNORECASE) else "")
    if named != label.unit:
        return
    period = month if label.field.endswith("_ytd") else spoken(text, quantity, sentence, month)
    if period is None:
        return
    yield _row_value(label.field, label, "", period, quantity, Decimal(1))
