"""The head of a table: which period each of its columns is of, also where it stands over two rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingestion.extract.document import Cell, Document
from ingestion.extract.mining.months import Period, month_of, months_until
from ingestion.extract.values import DIGIT, MONTHS, moments
from ingestion.extract.words import words

MOST_COLUMNS = 12
BETWEEN = 2
"""Cells that may stand between the two rows of a head: a unit, a word for the labels below."""
MARKS = re.compile(
    r"[\s,:]*[(\[]?(?:\d{1,2}(?:,\s?\d{1,2})*|\*|unaudited|corrected|restated|revised|preliminary)?[)\]]?\s*",
    re.IGNORECASE,
)
SPAN = re.compile(
    r"(?:for\s+the\s+)?(?:(?P<many>one|three|six|nine|twelve|3|6|9|12)[\s-]+months?\b(?:[\s-]+(?:ended|ending|end)\b)?"
    r"|(?P<one>month|quarter|(?:full\s+|fiscal\s+)?year)s?[\s-]+(?:ended|ending|end)\b)[\s,:]*",
    re.IGNORECASE,
)
MANY = {"one": 1, "three": 3, "six": 6, "nine": 9, "twelve": 12, "month": 1, "quarter": 3}
GLUED = re.compile(r"(\b(?:20)?\d\d)\d$")
"""A year with a footnote mark glued to it."""
SHORT = re.compile(
    r"(?:(?P<month>\d{1,2})(?:/(?:(?P<day>\d{1,2})/)?|\.(?P<day3>\d{1,2})\.)|(?P<day2>\d{1,2})[-\s](?P<name>[A-Z][a-z]{2,8})[-\s])'?(?P<year>\d\d)(?!\d)"
)
"""A day or a month whose year has two digits: `4/30/23`, `30-Apr-23`, `04/23`."""
YEAR = re.compile(r"(?:FY|CY)?\s?(20\d\d)(?:\s?\(?(?:A|actual|unaudited)\)?)?\s*", re.IGNORECASE)


@dataclass(frozen=True)
class _Head:
    """What one cell of a head tells: over how many months, the last day (of year 1 where none is printed), a year by itself."""

    months: int = 0
    last: date | None = None
    year: int = 0

    @property
    def shape(self) -> tuple[bool, bool, bool]:
        return self.months > 0, self.last is None, self.last is not None and self.last.year > 1

    @property
    def whole(self) -> bool:
        return self.months > 0 and self.last is not None and self.last.year > 1


def may_head(text: str) -> bool:
    """Whether a cell may begin a head: it has a digit, names a stretch of months or is a month."""
    return DIGIT.search(text) is not None or SPAN.match(text) is not None or text.lower() in MONTHS


def header(document: Document, cells: Sequence[Cell], month: Period | None) -> tuple[list[Period], int]:
    """The periods of the columns where a head begins, and over how many cells it goes; none where none begins.

    A head is two cells or more that are each a month, a quarter, a last day of one, or a stretch that ends there; or
    stretches over years or days: `Three months ended June 30,` above `2026` and `2025`.
    """
    first = _heads(document, cells[:MOST_COLUMNS])
    if not first:
        return [], 0
    taken = len(first)
    if all(head.whole for head in first):
        # Years or days that follow belong to another row of the head only where the first lacks them.
        return _periods(document, cells[0], first, month), taken
    for skipped in range(BETWEEN + 1):
        below = _heads(document, cells[taken + skipped : taken + skipped + MOST_COLUMNS])
        if below and (joined := _joined(first, below)):
            return _periods(document, cells[0], joined, month), taken + skipped + len(below)
    return _periods(document, cells[0], first, month), taken


def _heads(document: Document, cells: Sequence[Cell]) -> list[_Head]:
    """The cells of one row of a head: they tell the same kind of thing."""
    found: list[_Head] = []
    for cell in cells:
        if cell.end - cell.start > 60 or (head := _head(document.of(cell))) is None:
            break
        if found and head.shape != found[0].shape:
            break
        found.append(head)
    return found


def _head(plain: str) -> _Head | None:
    span = SPAN.match(plain)
    months = 0
    if span is not None:
        months = MANY.get((span["many"] or span["one"]).lower(), 0) or int(span["many"] or 12)
        if span.end() == len(plain):
            return _Head(months)
    start = span.end() if span else len("ended ") if plain.lower().startswith("ended ") else 0
    plain = GLUED.sub(r"\1", plain)
    if (year := YEAR.match(plain, start)) and MARKS.fullmatch(plain, year.end()):
        return _Head(months, year=int(year[1]))
    if (short := SHORT.match(plain, start)) and MARKS.fullmatch(plain, short.end()) and (last := _short(short)):
        return _Head(months, last)
    if (month := MONTHS.get(plain.lower())) is not None:
        return _Head(1, month_of(date(1, month, 1))[1])
    named = next((one for one in moments(plain, start) if one.start == start), None)
    if named is None or not MARKS.fullmatch(plain, named.end):
        return None
    if named.precision in ("month", "quarter"):
        return _Head(months or (3 if named.precision == "quarter" else 1), named.last)
    return _Head(months, named.last) if named.precision in ("day", "day_of_year") else None


def _short(said: re.Match[str]) -> date | None:
    """The day, or the last one of the month, that its figures tell; None where there is no such day."""
    month, day = (
        MONTHS.get((said["name"] or "").lower()) or int(said["month"] or 0),
        said["day"] or said["day2"] or said["day3"],
    )
    try:
        named = date(2000 + int(said["year"]), month, int(day or 1))
    except ValueError:
        return None
    return named if day else month_of(named)[1]


def _joined(above: Sequence[_Head], below: Sequence[_Head]) -> list[_Head]:
    """The heads of two rows, one cell of the upper over as many of the lower; none where they do not go together."""
    many, rest = divmod(len(below), len(above))
    if rest:
        return []
    joined: list[_Head] = []
    for number, low in enumerate(below):
        high = above[number // many]
        if low.year and not low.months and high.last is not None and high.last.year == 1:
            joined.append(_Head(high.months, _in_year(high.last, low.year)))
        elif low.last is not None and not low.months and high.months and high.last is None:
            joined.append(replace(low, months=high.months))
        else:
            return []
    return joined


def _in_year(day: date, year: int) -> date:
    last = month_of(date(year, day.month, 1))[1]
    return last if day == month_of(day)[1] else date(year, day.month, min(day.day, last.day))


def _periods(document: Document, cell: Cell, heads: Sequence[_Head], month: Period | None) -> list[Period]:
    found: list[Period] = []
    for head in heads:
        if head.last is None:
            break
        ends = month_of(head.last)
        if head.months and head.whole:
            if head.last != ends[1]:
                break
            found.append(months_until(head.last, head.months))
        elif head.last.year == 1 and month is not None:
            # `Jul 26` at the head of a column is a month of that year, where the column is of the month reported.
            period = month_of(date(2000 + head.last.day, head.last.month, 1))
            if head.months or (not found and period != month):
                break
            found.append(period)
        elif head.last.year > 1 and month is not None and head.last == ends[1]:
            above = document.text[max(0, cell.start - 300) : cell.start]
            if not found and (ends != month or words().updates["longer"].search(above)):
                break
            found.append(ends)
        else:
            break
    return found if len(found) > 1 or (found and len(heads) == 1 and heads[0].whole) else []
