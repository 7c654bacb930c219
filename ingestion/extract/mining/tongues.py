"""Days, months and numbers of updates that are not in English."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.values import GROUPED, MONTHS, Moment, Quantity, moments
from ingestion.extract.words import words

ENGLISH = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b(?!\.?\s*\d|,\s*\d{4})"
)
SWAPPED = str.maketrans(",.", ".,")


@lru_cache(maxsize=1)
def _named() -> re.Pattern[str]:
    names = "|".join(sorted(words().months, key=len, reverse=True))
    return re.compile(
        rf"(?<!\w)(?:(?P<d>\d{{1,2}})\.?\s+(?:de\s+)?)?(?P<m>{names})(?!\w)(?:\s+(?:de\s+)?(?P<y>20\d\d)(?!\d))?"
        r"|(?<!\d)(?P<y2>20\d\d)/(?P<n2>\d\d)/(?P<d2>\d\d)(?!\d)|(?<![\d.])(?P<d3>\d\d)\.(?P<n3>\d\d)\.(?P<y3>20\d\d)(?![\d.])"
        r"|(?<![\d年])(?P<n4>1[0-2]|[1-9])月(?!\s?\d{1,2}\s?日)",
        re.IGNORECASE,
    )


def dated(text: str, start: int = 0) -> list[Moment]:
    """Days, months and quarters of a text in any of the languages, in their order."""
    found = [*moments(text, start)]
    for one in _named().finditer(text, start):
        said = {name[0]: printed for name, printed in one.groupdict().items() if printed is not None}
        if "y" not in said:
            continue
        month = words().months[said["m"].lower()] if "m" in said else int(said["n"])
        try:
            first = date(int(said["y"]), month, int(said.get("d", 1)))
        except ValueError:
            continue
        last = first if "d" in said else first.replace(day=monthrange(first.year, month)[1])
        found.append(Moment(first, last, "day" if "d" in said else "month", *one.span()))
    return sorted(found, key=lambda one: one.start)


def bare(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
    """Where months are named without a year, and which: start, end, number."""
    end = len(text) if end is None else end
    found = [(*one.span(), MONTHS[one[1].lower()]) for one in ENGLISH.finditer(text, start, end)]
    for one in _named().finditer(text, start, end):
        if one["n4"] or (one["m"] and not one["y"] and not one["d"]):
            found.append((*one.span(), int(one["n4"] or words().months[one["m"].lower()])))
    return sorted(found)


def with_comma(quantity: Quantity, printed: str) -> Quantity | None:
    """A number whose decimals stand behind a comma; None where it is written otherwise."""
    swapped = printed.translate(SWAPPED)
    if not GROUPED.fullmatch(swapped) or quantity.scaled:
        return None
    return replace(quantity, value=Decimal(swapped.replace(",", "")), refused="")
