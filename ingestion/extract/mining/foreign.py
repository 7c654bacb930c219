"""Days, months and numbers of updates that are not in English."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.phrases import any_of
from ingestion.extract.values import GROUPED, MONTHS, Moment, Quantity, moments
from ingestion.extract.words import words

ENGLISH = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b(?!\.?\s*\d|,\s*\d{4})"
)
SWAPPED = str.maketrans(",.", ".,")
FIGURES = re.compile(
    r"(?<!\d)(?P<y2>20\d\d)/(?P<n2>\d\d)/(?P<d2>\d\d)(?!\d)|(?<![\d.])(?P<d3>\d\d)\.(?P<n3>\d\d)\.(?P<y3>20\d\d)(?![\d.])"
    r"|(?<![\d年])(?P<n4>1[0-2]|[1-9])月(?!\s?\d{1,2}\s?日)"
)
DAY = re.compile(r"(?<!\d)(\d{1,2})\.?\s+(?:de\s+)?\Z")


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<m>(?<!\w){any_of(words().months)})(?!\w)(?:\s+(?:de\s+)?(?P<y>20\d\d)(?!\d))?", re.IGNORECASE
    )


def _further(text: str, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Start, end, year, month and day of each; 0 for what is not told."""
    for one in _names().finditer(text, start, end):
        day = DAY.search(text, max(start, one.start() - 8), one.start())
        first = day.start() if day else one.start()
        yield first, one.end(), int(one["y"] or 0), words().months[one["m"].lower()], int(day[1]) if day else 0
    told = any(text.find(sign, start, end) >= 0 for sign in ("月", ".20", "/"))
    for one in FIGURES.finditer(text, start, end) if told else ():
        said = {name[0]: int(printed) for name, printed in one.groupdict().items() if printed is not None}
        yield *one.span(), said.get("y", 0), said["n"], said.get("d", 0)


def dated(text: str, start: int = 0) -> list[Moment]:
    """Days, months and quarters of a text in any of the languages, in their order."""
    found = [*moments(text, start)]
    for begin, end, year, month, day in _further(text, start, len(text)):
        with suppress(ValueError):
            first = date(year, month, day or 1)
            last = first if day else first.replace(day=monthrange(year, month)[1])
            found.append(Moment(first, last, "day" if day else "month", begin, end))
    return sorted(found, key=lambda one: one.start)


def bare(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
    """Where months are named without a year, and which: start, end, number."""
    end = len(text) if end is None else end
    found = [(*one.span(), MONTHS[one[1].lower()]) for one in ENGLISH.finditer(text, start, end)]
    found += [
        (first, last, month) for first, last, year, month, day in _further(text, start, end) if not year and not day
    ]
    return sorted(found)


def with_comma(quantity: Quantity, printed: str) -> Quantity | None:
    """A number whose decimals stand behind a comma; None where it is written otherwise."""
    swapped = printed.translate(SWAPPED)
    if not GROUPED.fullmatch(swapped) or quantity.scaled:
        return None
    return replace(quantity, value=Decimal(swapped.replace(",", "")), refused="")
