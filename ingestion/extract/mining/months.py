"""Which month a text speaks of: the one that a document reports, and the one that a sentence gives a number."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from datetime import date, timedelta

from ingestion.extract.document import Document
from ingestion.extract.values import MONTHS, Quantity, moments

HEAD = 4_000
TITLE = 160
"""Characters of a head in which the title stands."""
BEHIND, FARTHEST = 45, 400
"""Characters behind a number, and before it, in which a sentence says of which month it speaks."""
MONTH = re.compile(
    r"\b(January|February|March|April|May|June|July|August|September|October|November|December)\b(?!\s*\.?,?\s*\d)"
)
NEAR = re.compile(r"update|production|operation|unaudited|month|metrics|figures", re.IGNORECASE)
COMPARED = re.compile(r"\b(?:from|compared|versus|than|against|relative|over|prior)\b")
LEFT = re.compile(r";|\.\s|,(?!\s*\d{4})")
"""Where a sentence goes on to another matter."""
UNNAMED = re.compile(r"\b(?:quarter|(?<!-)year|annual|fiscal|since|weeks?|days?)\b(?!-over|-on|\s+over)", re.IGNORECASE)
AS_OF = re.compile(r"\bas\s+(?:of|at)\s+$", re.IGNORECASE)

Period = tuple[date, date]


def report_month(document: Document) -> Period | None:
    """The month that the head of the document speaks of most, in the year that its dates allow; None when it names none."""
    head = document.text[:HEAD]
    dated = [one for one in moments(head) if one.precision in ("day", "month") and 2009 <= one.first.year <= 2100]
    released = next((one.first for one in dated if one.precision == "day"), None)
    votes: Counter[Period] = Counter()
    for one in dated:
        if head[one.start - 1 : one.start] == "(" or COMPARED.search(head, max(0, one.start - 14), one.start):
            continue
        if one.precision == "month" or one.first == month_of(one.first)[1]:
            around = head[max(0, one.start - 60) : one.end + 60]
            votes[month_of(one.first)] += 3 if one.start < TITLE or NEAR.search(around) else 1
    # Without a day of release the month may be the one after the latest that is named with its year.
    latest = released or max((one.last + timedelta(days=45) for one in dated), default=None)
    for bare in MONTH.finditer(head):
        if latest is not None and head[bare.start() - 1 : bare.start()] != "-":
            votes[latest_named(MONTHS[bare[1].lower()], latest)] += 1
    if released is not None:
        votes = Counter({period: count for period, count in votes.items() if period[0] <= released})
    return max(votes, key=lambda period: (votes[period], period), default=None)


def month_of(day: date) -> Period:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def latest_named(month: int, until: date) -> Period:
    """The last month of that name that had begun by a day."""
    return month_of(date(until.year - (month > until.month), month, 1))


def spoken(text: str, quantity: Quantity, sentence: tuple[int, int], month: Period | None) -> Period | None:
    """The period that a sentence gives a number: the nearest behind it, else the nearest before it, else the month reported.

    None where the sentence speaks of a quarter, a year or some days that it does not name.
    """
    behind = text[quantity.end : min(sentence[1], quantity.end + BEHIND)]
    cuts = [cut.start() for form in (COMPARED, LEFT) if (cut := form.search(behind))]
    behind = behind[: min(cuts)] if cuts else behind
    before = text[max(sentence[0], quantity.start - FARTHEST) : quantity.start]
    if found := _named(behind, month):
        return found[0][1]
    if UNNAMED.search(behind):
        return None
    cuts = [0, *(cut.end() for cut in LEFT.finditer(before))]
    said = [
        (at, period)
        for at, period in _named(before, month)
        # What a clause compares with is of another month.
        if not COMPARED.search(before, max(cut for cut in cuts if cut <= at), at)
    ]
    if said:
        return said[-1][1]
    return None if UNNAMED.search(before, max(0, len(before) - 2 * BEHIND)) else month


def _named(text: str, month: Period | None) -> list[tuple[int, Period]]:
    """Where months, quarters and days `as of` which something is are named, in their order."""
    named = [
        (one.start, (one.first, one.last))
        for one in moments(text)
        if one.precision in ("month", "quarter") or (one.precision == "day" and AS_OF.search(text, 0, one.start))
    ]
    if month is not None:
        named += [(bare.start(), latest_named(MONTHS[bare[1].lower()], month[1])) for bare in MONTH.finditer(text)]
    return sorted(named)
