"""Offerings that a report names by no title: `priced a $150 million, five-year convertible bond offering`."""

from __future__ import annotations

import re

from ingestion.extract.bonds.past import is_past
from ingestion.extract.bonds.terms import Term, read_term, without_coupon
from ingestion.extract.bonds.tranches import TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.values import quantities
from ingestion.extract.words import words

PLANNED = ("intention", "conditional")
HEAD, REACH = 1_500, 60
NAMES = ("name", "name2", "name3")
"""Groups of a phrase that name notes."""


def read_reported(document: Document, deal: Deal) -> None:
    """Puts the one offering into the deal that the head of a document without titles reports as done; none where it tells two
    amounts, or an intention."""
    if len(deal.tranches) > 1 or any("principal" in one.terms for one in deal.tranches):
        return
    text, first, known = document.text, deal.first, words().offering
    told: dict[str, tuple[re.Match[str], Term, int]] = {}
    for start, end in document.written:
        if start > HEAD or not known["reported"].search(text, start, end):
            continue
        for one in quantities(text, start, end):
            before = max(start, one.start - REACH)
            named = known["ahead"].match(text, one.end, end) or known["behind"].search(text, before, one.start)
            if named is None or is_past(text, start, one.start, named.end(), end, first):
                continue
            grown = known["grown"].search(text, one.end, end)
            place = (grown.end(), min(end, grown.end() + REACH)) if grown else (one.start, one.end)
            for term in read_term("principal", text, *place)[:1]:
                if term.value not in told or told[term.value][0]["name"] == "debt":
                    told[term.value] = named, term, end
    status = [words().gate["status"][one] for one in PLANNED] if told else ()
    if any(one.search(document.lower, *sentence) for one in status for sentence in document.written):
        return
    if len(told) == 1:
        named, term, end = next(iter(told.values()))
        titles = {
            (one["coupon"], one["year"]): one
            for one in TITLE.finditer(text)
            if not is_past(
                text, max(0, one.start() - REACH), one.start(), one.end(), min(len(text), one.end() + REACH), first
            )
        }
        if len(titles) == 1 and not deal.tranches:
            # The amount stands here, and the one title elsewhere.
            deal.titled(next(iter(titles.values())))
        place = next(named.span(one) for one in NAMES if named[one])
        tranche = (
            deal.tranches[0] if deal.tranches else deal.add(Tranche(" ".join(text[slice(*place)].split()), span=place))
        )
        said = [*without_coupon(text, *place), *read_term("principal", text, term.start, term.end)]
        for field, pattern in (("coupon", known["coupon"]), ("maturity", known["due"])):
            if found := pattern.search(text, term.end, end):
                said += read_term(field, text, found.end(), min(end, found.end() + 30))
        for one_term in said:
            tranche.put(one_term)
