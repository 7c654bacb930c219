"""What sentences say of an offering whose amount is known: maturity, price, closing, option and conversion."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

from ingestion.extract.bonds.terms import Term, money, net_proceeds, read_term
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
TALKED = frozenset({"spread_bp", "yield"})
"""What is talked about before it is set, and stands where its words say."""
TALK = 160
PAUSE = re.compile(r"[$€£¥]|\band\b"), re.compile(r"\band\b|;")
"""Where what is said behind an amount, and behind a rate for each thousand, ends."""
PROCEEDS = ("gross_proceeds", "net_proceeds")
LEAST_PART, MOST_PART = Decimal("0.85"), Decimal("1.03")
"""Of their principal, what notes bring."""
DAY, REACH, BEHIND = 24, 160, 70
"""Characters in which a day stands behind its words, another term behind its own, and a name behind an option."""


def read_offering(document: Document, deal: Deal, *, sheet: bool) -> None:
    """Puts into the deal what sentences say of it; beside a sheet only what its labels did not tell."""
    text, known, first, today = document.text, words(), deal.first, False
    seen = set[int]()
    for start, end in document.written:
        said, lower = text[start:end], document.lower[start:end]
        if hash(said) in seen:
            continue
        seen.add(hash(said))
        planned = known.gate["status"]["intention"].search(lower)
        for field, sought in known.facts.items():
            held = sought.pattern.finditer(document.lower, start, end) if sought.may_be_in(lower) else ()
            ends = [found.end() for found in held]
            if field == "closed_today":
                today = today or (bool(ends) and "yesterday" not in lower)
            elif field == "maturity":
                _matures(text, deal, ends, (start, end), sheet=sheet)
            elif field in CLOSINGS and not planned:
                done = field == "closed"
                closed = known.offering["closed_on"].match(said) if done else None
                forms = (TITLE, known.offering["named"], known.offering["listed"])
                if closed and any(form.search(lower) for form in forms):
                    ends = [start + closed.end()]
                for when in (when for at in ends for when in [*moments(text, at, min(end, at + DAY))][:1]):
                    _closing(deal, when, first, done=done, sheet=sheet)
            elif field == "trade_date" and not planned:
                for when in (when for at in ends for when in [*moments(text, at, min(end, at + DAY))][:1]):
                    _priced(deal, when, first)
            elif field in PROCEEDS and not planned:
                _brought(text, deal, field, ends, end)
            elif not planned:
                _told(text, deal, field, ends, (start, end), sheet=sheet)
    if today and deal.announced is not None and not any("settlement_date" in one.terms for one in deal.tranches):
        _closing(deal, deal.announced, first, done=True, sheet=sheet)
    lost = None if sheet else known.offering["maturity_cut"].search(text, max(0, len(text) - 60))
    if lost is not None and (cut := deal.meant(max(0, lost.start() - 40), lost.end())) is not None:
        cut.put(Term("maturity", "", "date", *lost.span(), CUT))


def _told(text: str, deal: Deal, field: str, ends: list[int], sentence: tuple[int, int], *, sheet: bool) -> None:
    done, end = sentence
    for at in ends:
        if field in TALKED and words().offering["talk"].search(text, max(done, at - TALK), at):
            continue
        if field == "price_to_public" and words().offering["bought_back"].search(text, sentence[0], at):
            continue
        told = read_term(field, text, at, min(end, at + (DAY if field in TALKED else REACH)))[:2]
        for term in told:
            # An option stands before the name of its notes, all else behind it; what shares convert may stand before, too.
            pause = PAUSE[field == "conversion_rate"].search(text, term.end, end)
            behind = (term.end, min(end, pause.start() if pause else end, term.end + BEHIND))
            named = field == "option_principal" or (field == "conversion_rate" and deal.named_in(*behind))
            place = behind if named else (done, term.start)
            every = words().offering["each"]
            each = len(deal.tranches) > 1 and (
                every.search(text, *place) or (field == "conversion_rate" and every.search(text, *behind))
            )
            for tranche in deal.tranches if each else filter(None, [deal.meant(*place)]):
                # What is lent beside notes of a fixed rate floats without them.
                fixed = term.field in FLOATING and (tranche.coupon or "coupon" in tranche.terms)
                if not fixed and not (sheet and (term.field in tranche.terms or term.field in TOLD)):
                    tranche.put(term)
        done = told[-1].end if told else done


def _matures(text: str, deal: Deal, ends: list[int], sentence: tuple[int, int], *, sheet: bool) -> None:
    """The day on which tranches mature; where labels told of it, only the day of a year that they told."""
    for at in ends:
        for term in read_term("maturity", text, at, sentence[1])[:1]:
            for tranche in deal.tranches:
                if tranche.tenor and not deal.until(tranche) and deal.meant(sentence[0], at) is not tranche:
                    # Of a text without a year nobody knows in which year these run out.
                    continue
                said = tranche.terms.get("maturity")
                dated = said is not None and said.unit == "date"
                if deal.until(tranche) in {"", term.value[:4]} and not (dated and (sheet or term.unit == "year")):
                    tranche.put(term)


def _brought(text: str, deal: Deal, field: str, ends: list[int], end: int) -> None:
    """What the notes brought in all: an amount that their principal could."""
    principals = [one.terms.get("principal") for one in deal.tranches]
    if not ends or not all(one and one.value for one in principals):
        return
    whole = sum(Decimal(one.value) for one in principals if one)
    for at in ends:
        said = money(text, at, min(end, at + DAY))
        if said is None or said.refused or not LEAST_PART * whole <= said.value <= MOST_PART * whole:
            continue
        if field == "net_proceeds":
            deal.common += net_proceeds(said) if not any(one.field.startswith(field) for one in deal.common) else ()
        elif len(deal.tranches) > 1:
            deal.common += [Term.of(field, said)] if not any(one.field == field for one in deal.common) else ()
        elif "price_to_public" not in deal.tranches[0].terms:
            deal.tranches[0].terms.setdefault(field, Term.of(field, said))


def _closing(deal: Deal, when: Moment, first: date | None, *, done: bool, sheet: bool) -> None:
    if (day := _near(when, first, done=done)) is not None:
        for tranche in deal.tranches:
            if not (sheet and "settlement_date" in tranche.terms):
                tranche.put(Term("settlement_date", day.isoformat(), "date", when.start, when.end))


def _priced(deal: Deal, when: Moment, first: date | None) -> None:
    if when.precision == "day" and first is not None and abs(first - when.first) <= LATE:
        for tranche in deal.tranches:
            tranche.terms.setdefault(
                "trade_date", Term("trade_date", when.first.isoformat(), "date", when.start, when.end)
            )


def _near(when: Moment, first: date | None, *, done: bool) -> date | None:
    """The day of a closing; none where it lies long before the document, or where its year is not sure."""
    if when.precision == "day":
        return None if done and first is not None and abs(first - when.first) > LATE else when.first
    if when.precision != "day_of_year" or first is None:
        return None
    day = when.first.replace(year=first.year)
    day = day if day >= first else day.replace(year=first.year + 1)
    return day if day - first <= LATE else None
