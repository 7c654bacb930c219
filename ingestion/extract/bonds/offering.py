"""What sentences say of an offering whose amount is known: maturity, price, closing, option and conversion."""

from __future__ import annotations

from datetime import date, timedelta

from ingestion.extract.bonds.terms import Term, read_term
from ingestion.extract.bonds.tranches import TITLE, Deal
from ingestion.extract.document import Document
from ingestion.extract.values import CUT, Moment, moments
from ingestion.extract.words import words

FLOATING = ("coupon_index", "coupon_margin")
CLOSINGS = ("settlement_date", "closed")
TOLD = frozenset({"principal", "currency", "price_to_public"})
"""What the labels of a sheet tell, if anything does."""
LATE = timedelta(days=60)
"""From the announcement of an offering to its closing."""
DAY, REACH, BEHIND = 24, 160, 70
"""Characters in which a day stands behind its words, another term behind its own, and a name behind an option."""


def announced(document: Document) -> date | None:
    """The first day that a document names in its head, which is near the day that it is of."""
    return next((one.first for one in moments(document.text, 0, 2_000) if one.precision == "day"), None)


def read_offering(document: Document, deal: Deal, *, sheet: bool) -> None:
    """Puts into the deal what sentences say of it; beside a sheet only what its labels did not tell."""
    text, known, first = document.text, words(), announced(document)
    for start, end in document.written:
        said, lower = text[start:end], document.lower[start:end]
        planned = known.gate["status"]["intention"].search(lower)
        for field, sought in known.facts.items():
            held = sought.pattern.finditer(document.lower, start, end) if sought.may_be_in(lower) else ()
            ends = [found.end() for found in held]
            if field == "maturity":
                _matures(text, deal, ends, end, sheet=sheet)
            elif field in CLOSINGS and not planned:
                done = field == "closed"
                closed = known.offering["closed_on"].match(said) if done else None
                forms = (TITLE, known.offering["named"], known.offering["listed"])
                if closed and any(form.search(said) for form in forms):
                    ends = [start + closed.end()]
                for when in (when for at in ends for when in [*moments(text, at, min(end, at + DAY))][:1]):
                    _closing(deal, when, first, done=done, sheet=sheet)
            elif not planned:
                _told(text, deal, field, ends, (start, end), sheet=sheet)
    lost = None if sheet else known.offering["maturity_cut"].search(text, max(0, len(text) - 60))
    if lost is not None and (cut := deal.meant(max(0, lost.start() - 40), lost.end())) is not None:
        cut.put(Term("maturity", "", "date", *lost.span(), CUT))


def _told(text: str, deal: Deal, field: str, ends: list[int], sentence: tuple[int, int], *, sheet: bool) -> None:
    done, end = sentence
    for at in ends:
        told = read_term(field, text, at, min(end, at + REACH))[:2]
        for term in told:
            # An option stands before the name of its notes, all else behind it.
            behind = (term.end, min(end, term.end + BEHIND))
            place = behind if field == "option_principal" else (done, term.start)
            each = len(deal.tranches) > 1 and words().offering["each"].search(text, *place)
            for tranche in deal.tranches if each else filter(None, [deal.meant(*place)]):
                # What is lent beside notes of a fixed rate floats without them.
                fixed = term.field in FLOATING and (tranche.coupon or "coupon" in tranche.terms)
                if not fixed and not (sheet and (term.field in tranche.terms or term.field in TOLD)):
                    tranche.put(term)
        done = told[-1].end if told else done


def _matures(text: str, deal: Deal, ends: list[int], end: int, *, sheet: bool) -> None:
    """The day on which tranches mature; where labels told of it, only the day of a year that they told."""
    for at in ends:
        for term in read_term("maturity", text, at, end)[:1]:
            for tranche in deal.tranches:
                said = tranche.terms.get("maturity")
                dated = said is not None and said.unit == "date"
                if tranche.year in {"", term.value[:4]} and not (dated and (sheet or term.unit == "year")):
                    tranche.put(term)


def _closing(deal: Deal, when: Moment, first: date | None, *, done: bool, sheet: bool) -> None:
    if (day := _near(when, first, done=done)) is not None:
        for tranche in deal.tranches:
            if not (sheet and "settlement_date" in tranche.terms):
                tranche.put(Term("settlement_date", day.isoformat(), "date", when.start, when.end))


def _near(when: Moment, first: date | None, *, done: bool) -> date | None:
    """The day of a closing; none where it lies long before the document, or where its year is not sure."""
    if when.precision == "day":
        return None if done and first is not None and abs(first - when.first) > LATE else when.first
    if when.precision != "day_of_year" or first is None:
        return None
    day = when.first.replace(year=first.year)
    day = day if day >= first else day.replace(year=first.year + 1)
    return day if day - first <= LATE else None
