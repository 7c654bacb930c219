"""Whether a sentence speaks of notes of the past beside an offering: issued before, outstanding, bought back."""

from __future__ import annotations

from datetime import date, timedelta

from ingestion.extract.values import MONTHS, moments
from ingestion.extract.words import words

EARLIER = timedelta(days=60)
"""More than an offering takes from its pricing to its closing."""
CLAUSE, REACH, BEFORE = 90, 400, 40
"""Characters before an amount in which a clause begins, in which a date stands that it is of, and between `completed` and `previously`."""


def is_past(text: str, start: int, position: int, behind: int, end: int, first: date | None) -> bool:
    """Of an amount at `position` whose title ends at `behind`, in the sentence from `start` to `end` of a document of the day `first`."""
    begin = _clause(text, start, position)
    for said in words().gate["status"]["past"].finditer(text[begin:position].lower()):
        # Of what was announced before the document may tell the pricing or the closing.
        place = begin + said.start()
        if said.group() != "previously" or goes_on(text, max(start, place - BEFORE), place):
            return True
    if words().offering["standing"].match(text, behind, end):
        return True
    return first is not None and (
        _long_ago(text, max(start, position - REACH), position, first) or _before(text, behind, end, first)
    )


def goes_on(text: str, last: int, position: int) -> bool:
    """Whether what is said of the amount before holds for this one: nothing was done in between."""
    return words().offering["done"].search(text, last, position) is None


def _clause(text: str, start: int, position: int) -> int:
    """Where the clause before an amount begins: what is said of an earlier amount does not hold for it."""
    begin = max(start, position - CLAUSE)
    return max([begin, *(one.end() for one in words().offering["pause"].finditer(text, begin, position))])


def _long_ago(text: str, start: int, position: int, first: date) -> bool:
    """`In August 2024 we issued ...`, said in December."""
    day: date | None = None
    since = words().offering["since"]
    for one in moments(text, start, position):
        if one.precision in {"day", "month", "quarter"} and since.search(text[max(start, one.start - 8) : one.start]):
            day = one.last
    if day is not None:
        return first - day > EARLIER
    if any(int(one[1]) < first.year for one in words().offering["since_year"].finditer(text, start, position)):
        return True
    # A month alone that is neither that of the document nor the one before.
    named = (MONTHS[one[1].lower()] for one in words().offering["since_month"].finditer(text, start, position))
    return any((first.month - month) % 12 > 1 for month in named)


def _before(text: str, behind: int, end: int, first: date) -> bool:
    """`... notes due 2030 that the company issued on November 13`, said a week later."""
    if (issued := words().offering["issued"].match(text, behind, end)) is None:
        return False
    when = next(iter(moments(text, issued.end(), min(end, issued.end() + 30))), None)
    return when is not None and when.precision in {"day", "month"} and when.last < first
