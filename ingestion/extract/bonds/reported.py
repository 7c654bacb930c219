"""Offerings that a report names by no title: `priced a $150 million, five-year convertible bond offering`."""

from __future__ import annotations

import re

from ingestion.extract.bonds.offering import announced
from ingestion.extract.bonds.past import is_past
from ingestion.extract.bonds.terms import Term, read_term
from ingestion.extract.bonds.tranches import Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.values import quantities
from ingestion.extract.words import words

KIND = r"(?:(?:(?:convertible|exchangeable|zero-coupon|senior|secured|unsecured)\s+){1,5}(?:notes?|bonds?|debentures)|debt)"
SALE = r"(?:offering|issuance|sale|placement)"
OFFERING = re.compile(rf"\b{KIND}\s+{SALE}\b|\b{SALE}\s+of\s+(?:[\w()%.$-]+\s+){{0,5}}?{KIND}\b", re.IGNORECASE)
WORDS = r"(?:(?:\w+-year|upsized|private|public|[\d.]+%)[,\s]+)*"
MONEY = r"(?:US)?[$€£]\s?[\d,.]+\s*(?:million|billion|[MB]n?)?"
AHEAD = re.compile(
    rf",?\s+{WORDS}(?P<name>{KIND})\s+(?:{SALE}|deal)\b|"
    rf"\s+{WORDS}(?:{SALE}\s+of|in|of|worth\s+of)\s+(?:(?!notes|bonds|existing|outstanding|remaining|20\d\d)[\w()%.-]+\s+){{0,4}}?(?P<name2>{KIND})\b(?!\s+due\b)",
    re.IGNORECASE,
)
BEHIND = re.compile(rf"\b(?P<name>{KIND})(?P<name2>)\s+offering\s+(?:from\s+{MONEY}\s+)?(?:to|of)\s+$", re.IGNORECASE)
ZERO = re.compile(r"\bzero\b", re.IGNORECASE)
GROWN = re.compile(
    rf"\b(?:upsized|increased|expanded|boosted|raised)\b[^.;$€£]{{0,60}}?(?:from\s+{MONEY}\s+)?\bto\s+(?=(?:US)?[$€£])",
    re.IGNORECASE,
)
"""An amount that takes the place of the one before it."""
DONE = re.compile(
    r"\b(?:pric(?:ed|es|ing)|complet(?:ed|es|ion)|clos(?:ed|es|ing)|upsiz(?:ed|es|ing)|upsize|increased|expanded|raised|secured|consist(?:ed|s))\b",
    re.IGNORECASE,
)
COUPON = re.compile(r"\bat\s+an?\s+(?=\d+(?:\.\d+)?\s?%\s+(?:coupon|interest))", re.IGNORECASE)
DUE = re.compile(r"\bdue\s+(?:in\s+|on\s+)?(?=[A-Z][a-z]{2,8}\.?\s+\d{1,2},\s+20\d\d)", re.IGNORECASE)
PLANNED = ("intention", "conditional")
HEAD, REACH = 1_500, 60


def read_reported(document: Document, deal: Deal) -> None:
    """Puts the one offering into the deal that the head of a document without titles reports as done; none where it tells two
    amounts, or an intention."""
    if len(deal.tranches) > 1 or any("principal" in one.terms for one in deal.tranches):
        return
    text, first = document.text, announced(document)
    told: dict[str, tuple[re.Match[str], Term, int]] = {}
    for start, end in document.written:
        if any(words().gate["status"][one].search(text, start, end) for one in PLANNED):
            return
        if start > HEAD or not DONE.search(text, start, end):
            continue
        for one in quantities(text, start, end):
            named = AHEAD.match(text, one.end, end) or BEHIND.search(text, max(start, one.start - REACH), one.start)
            if named is None or is_past(text, start, one.start, named.end(), end, first):
                continue
            grown = GROWN.search(text, one.end, end)
            place = (grown.end(), min(end, grown.end() + REACH)) if grown else (one.start, one.end)
            for term in read_term("principal", text, *place)[:1]:
                if term.value not in told or told[term.value][0]["name"] == "debt":
                    told[term.value] = named, term, end
    if len(told) == 1:
        named, term, end = next(iter(told.values()))
        kind = "name" if named["name"] else "name2"
        tranche = deal.tranches[0] if deal.tranches else None
        tranche = tranche or deal.add(Tranche(" ".join(named[kind].split()), "", "", span=named.span(kind)))
        if zero := ZERO.search(text, *named.span(kind)):
            tranche.put(Term("coupon", "0", "percent", *zero.span()))
        said = [*read_term("principal", text, term.start, term.end)]
        for field, pattern in (("coupon", COUPON), ("maturity", DUE)):
            if found := pattern.search(text, term.end, end):
                said += read_term(field, text, found.end(), min(end, found.end() + 30))
        for one_term in said:
            tranche.put(one_term)
