"""Which month or quarter a text speaks of: the one that a document reports, and the one that a sentence gives a number."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

from ingestion.extract.document import Document
from ingestion.extract.mining.foreign import ENGLISH, bare, dated
from ingestion.extract.values import MONTHS, ORDINALS, Moment, Quantity, moments
from ingestion.extract.words import words

HEAD = 4_000
TITLE = 160
"""Characters of a head in which the title stands."""
BEHIND, FARTHEST = 45, 400
"""Characters behind a number, and before it, in which a sentence says of which month it speaks."""
TWO = re.compile(rf"{ENGLISH.pattern}\s+(?:and|to|through)\s+$")
ADDRESS = re.compile(r"/(20\d\d)/([01]\d)/([0-3]\d)/")
ON = re.compile(r"\s*(?:\([^()]{0,40}\)\s*)?(?:on|at)\s+")
"""Between what there is and the day on which it is."""
OPENING = re.compile(r"(?:^|\n)\W*on\s+", re.IGNORECASE)
LEFT = re.compile(r";|、|,(?=[\u2e80-\uffff])|\.\s|,(?=\s)(?!\s*\d{4})|\((?=[^()]*:)")
"""Where a sentence goes on to another matter."""

YEAR = re.compile(r"(?<![\w$.,/-])20[12]\d(?![\w%/-]|[.,]\d)")
FIGURES = re.compile(r"(\d{1,2})/(\d{1,2})/\d{4}")
NO_YEAR = date(4, 12, 31)
"""Until when the months are that a text names without any year: none of theirs can be told, only that one is the month reported."""

Period = tuple[date, date]


class Reported(NamedTuple):
    """The month or quarter that a document reports, and the latest day that it can speak of; None where it tells none."""

    period: Period | None
    until: date | None


def reported(document: Document) -> Reported:
    """The quarter of a title that names one and no month; else the month that the head of the document speaks of most, in the
    year that its dates allow."""
    head, known = document.text[:HEAD], words().updates
    told = [_by_day(head, one) for one in dated(head) if one.precision != "day_of_year"]
    told = [one for one in told if 2009 <= one.first.year <= 2100]
    days = [one for one in told if one.precision == "day"]
    own = (one for one in days if not known["another_day"].search(head, max(0, one.start - 24), one.start))
    released = next((one.first for one in own), None) or _addressed(document.text)
    title = min(TITLE, *(one.start for one in days[:1]), TITLE)
    titled = {one.precision: (one.first, one.last) for one in reversed(told) if one.start < title}
    if "month" not in titled and not bare(head, 0, title):
        if quarter := titled.get("quarter") or _quarter_ended(head, titled.keys()):
            return Reported(quarter, released or quarter[1])
        if "fiscal_quarter" in titled:
            return Reported(None, released)
    told = [one for one in told if one.precision in ("day", "month")]
    compared = [one for one in told if _is_compared(head, one.start, one.end)]
    votes: Counter[Period] = Counter()
    for one in told:
        if one in compared:
            continue
        if one.precision == "month" or one.first == month_of(one.first)[1]:
            around = head[max(0, one.start - 60) : one.end + 60]
            near = one.start < TITLE or known["near"].search(around)
            # The first is of what is announced; tables and footnotes name others, and again.
            votes[month_of(one.first)] += (3 if votes else 6) if near else 1
    # Without a day of release the month may be the one after the latest that is named with its year; what is compared with is of
    # the year before.
    latest = released or max((one.last + timedelta(days=45) for one in told if one not in compared), default=None)
    latest = latest or max((one.last + timedelta(days=365) for one in compared), default=None) or _titled(head)
    for start, end, number in bare(head):
        if head[start - 1 : start] != "-" and not _is_compared(head, start, end):
            votes[latest_named(number, latest)] += 1
    if released is not None:
        before = month_of(released.replace(day=1) - timedelta(days=1))
        votes = Counter({period: count for period, count in votes.items() if period[0] <= released})
        # Where it is named at all, what is told in a month is mostly of the month before.
        votes.update([before, before] if before in votes else [])
    month = max(votes, key=lambda period: (votes[period], period), default=None)
    # Of months without a year the one that is named first.
    month = next(iter(votes), None) if latest == NO_YEAR else month
    return Reported(month, released or (month[1] + timedelta(days=45) if month else None))


def _titled(head: str) -> date:
    """The last day of the one year that a title names."""
    years = set(YEAR.findall(head[:TITLE]))
    return date(int(years.pop()), 12, 31) if len(years) == 1 else NO_YEAR


def _by_day(head: str, one: Moment) -> Moment:
    """A day in figures whose month may stand first or second, with the second first where only then it is of the month after the one
    that the text names first."""
    figures = FIGURES.fullmatch(head, one.start, one.end)
    first = ENGLISH.search(head)
    if figures is None or first is None or max(int(figures[1]), int(figures[2])) > 12:
        return one
    day = one.first.replace(month=one.first.day, day=one.first.month)
    of = MONTHS[first[1].lower()]
    return replace(one, first=day, last=day) if of == (day.month - 2) % 12 + 1 else one


def _is_compared(head: str, start: int, end: int) -> bool:
    """Whether what is reported is compared with a month that is named here: `from 3.1 EH/s in May to`, `its peak of 6 EH/s in June`."""
    known = words().updates
    if head[start - 1 : start] == "(" or known["compared"].search(head, max(0, start - 14), start):
        return True
    before = head[max(0, start - 2 * BEHIND) : start]
    return known["beaten"].search(before) is not None or (
        known["from_what"].search(before) is not None and known["to_what"].match(head, end) is not None
    )


def _addressed(text: str) -> date | None:
    """The day that the addresses in a text bear, where it is one: `/2026/07/09/`."""
    days = {found.groups() for found in ADDRESS.finditer(text)}
    said = next(moments("-".join(days.pop())), None) if len(days) == 1 else None
    return said.first if said else None


def _quarter_ended(head: str, titled: Collection[str]) -> Period | None:
    """The three months of which the head names the last day, where the title speaks of a quarter or these are of results."""
    known = words().updates
    ended = known["quarter_ended"].search(head)
    results = ended and known["results"].search(head, max(0, ended.start() - BEHIND), ended.start())
    if "fiscal_quarter" not in titled and not results and not re.search(r"\bquarter", head[:TITLE], re.IGNORECASE):
        return None
    named = next((one for one in moments(head, ended.end()) if one.start == ended.end()), None) if ended else None
    if named is None or named.precision != "day" or named.first != month_of(named.first)[1]:
        return None
    return months_until(named.first, 3)


def month_of(day: date) -> Period:
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def months_until(day: date, many: int) -> Period:
    """So many months, of which a day is the last."""
    first = day.year * 12 + day.month - many
    return date(first // 12, first % 12 + 1, 1), day


def latest_named(month: int, until: date) -> Period:
    """The last month of that name that had begun by a day."""
    return month_of(date(until.year - (month > until.month), month, 1))


def month_told(label: str, month: Period | None) -> Period | None:
    """The month that a label names: `Bitcoin produced in May`; else the one reported."""
    named = [latest_named(number, month[1]) for *_, number in bare(label)] if month else []
    named += [(one.first, one.last) for one in moments(label) if one.precision == "month"]
    return named[0] if len(named) == 1 else month


def spoken(
    text: str, quantity: Quantity, sentence: tuple[int, int], report: Reported, *, stock: bool = False
) -> Period | None:
    """The period that a sentence gives a number: the nearest behind it, else the nearest before it, else the one reported.

    None where the sentence speaks of a quarter, a year or some days that it does not name.
    """
    known, behind = words().updates, text[quantity.end : min(sentence[1], quantity.end + BEHIND)]
    cuts = [cut.start() for form in (known["compared"], LEFT) if (cut := form.search(behind))]
    behind = behind[: min(cuts)] if cuts else behind
    before = text[max(sentence[0], quantity.start - FARTHEST) : quantity.start]
    if found := _named(behind, report, on=stock):
        return _begun(found[0][1], report)
    if report.period is not None and known["of_month"].match(behind.lstrip()):
        return month_of(report.period[1])
    if unnamed := known["unnamed"].search(behind):
        return _the_quarter(unnamed, report)
    if known["another"].search(behind) or known["another_month"].search(before, max(0, len(before) - BEHIND)):
        return None
    if stock and (day := _on_day(before, report)) is not None:
        return day, day
    if known["from_to"].search(before) or known["last_year"].search(before):
        return None
    cuts = [0, *(cut.end() for cut in LEFT.finditer(before))]
    said = [
        (at, period)
        for at, period in _named(before, report)
        # What a clause compares with is of another month, as is what stands in brackets that are shut again.
        if not known["compared"].search(before, max(cut for cut in cuts if cut <= at), at)
        and not (before[at - 1 : at] == "(" and ")" in before[at:])
    ]
    if said:
        at, period = said[-1]
        # What is of the time since a month, or of two together, is not of that month.
        together = known["since"].search(before, max(0, at - 8), at) or TWO.search(before, max(0, at - BEHIND), at)
        so_far = known["so_far"].search(known["with_number"].sub("", before[at:]))
        return None if together or so_far else _begun(period, report)
    # A stock is of the last day, whatever time another clause speaks of.
    clause = cuts[-1] if stock else 0
    unnamed = known["unnamed"].search(known["with_number"].sub("", before), max(clause, len(before) - 2 * BEHIND))
    return _the_quarter(unnamed, report) if unnamed else report.period


def _on_day(before: str, report: Reported) -> date | None:
    """The day with which a sentence begins that tells what there was: `On June 30 we had 900`."""
    at = OPENING.search(before)
    one = next((day for day in moments(before, at.end()) if day.start == at.end()), None) if at else None
    if one is None or not one.precision.startswith("day") or words().updates["on_day"].match(before, one.end) is None:
        return None
    if one.precision == "day":
        return one.first
    month = latest_named(one.first.month, report.until or report.period[1]) if report.period else None
    return month[0].replace(day=one.first.day) if month and one.first.day <= month[1].day else None


def _begun(period: Period, report: Reported) -> Period | None:
    """A period, but a month that has only begun when another one is reported."""
    later = report.period is not None and period[0] > report.period[1] and period[0] != period[1]
    return None if later and report.until is not None and report.until < period[1] else period


def _the_quarter(unnamed: re.Match[str], report: Reported) -> Period | None:
    """The quarter reported, where a text of one speaks of the quarter."""
    if report.period is None or report.period[0] == month_of(report.period[1])[0]:
        return None
    number = str(report.period[1].month // 3)
    return report.period if unnamed.group().lower() in ("quarter", f"q{number}", f"{number}q") else None


def _named(text: str, report: Reported, *, on: bool = False) -> list[tuple[int, Period]]:
    """Where months, quarters and days `as of` which something is are named, in their order; with `on` also a day with which it begins."""
    named, known = list[tuple[int, Period]](), words().updates
    for one in dated(text):
        if one.precision in ("month", "quarter"):
            named.append((one.start, (one.first, one.last)))
        elif one.precision == "day" and (
            ended := known["quarter_ended"].search(text, max(0, one.start - BEHIND), one.start)
        ):
            if ended.end() == one.start and one.first == month_of(one.first)[1]:
                named.append((ended.start(), months_until(one.first, 3)))
        elif one.precision.startswith("day") and (
            known["as_of"].search(text, max(0, one.start - 8), one.start) or (on and ON.fullmatch(text, 0, one.start))
        ):
            day = one.first
            if one.precision == "day_of_year":
                if report.until is None or (month := latest_named(day.month, report.until))[1].day < day.day:
                    continue
                day = month[0].replace(day=day.day)
            named.append((one.start, (day, day)))
    if report.period is not None:
        # Only a quarter that ends with what is reported is surely one of the calendar.
        quarter = months_until(report.period[1], 3)
        named += [
            (found.start(), quarter)
            for found in known["bare_quarter"].finditer(text)
            if 3 * (ORDINALS.get((found["order"] or "").lower()) or int(found["number"] or 0)) == report.period[1].month
        ]
        until = max(report.until or report.period[1], report.period[1])
        named += [(start, latest_named(number, until)) for start, _, number in bare(text)]
    return sorted(named)
