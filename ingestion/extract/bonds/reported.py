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

KIND = r"(?:(?:convertible|exchangeable|zero-coupon|senior|secured|unsecured)\s+){1,5}(?:notes?|bonds?|debentures)"
OFFERING = re.compile(rf"\b{KIND}\s+(?:offering|issuance|sale|placement)\b", re.IGNORECASE)
AHEAD = re.compile(
    rf",?\s+(?:(?:\w+-year|upsized|private|public|[\d.]+%)[,\s]+)*(?P<name>{KIND})\s+(?:offering|issuance|sale|placement|deal)\b",
    re.IGNORECASE,
)
BEHIND = re.compile(rf"\b(?P<name>{KIND})\s+offering\s+(?:to|of)\s+$", re.IGNORECASE)
DONE = re.compile(
    r"\b(?:pric(?:ed|es|ing)|complet(?:ed|es|ion)|clos(?:ed|es|ing)|upsiz(?:ed|es|ing)|upsize|increased|expanded|raised)\b",
    re.IGNORECASE,
)
COUPON = re.compile(r"\bat\s+an?\s+(?=\d+(?:\.\d+)?\s?%\s+(?:coupon|interest))", re.IGNORECASE)
DUE = re.compile(r"\bdue\s+(?:in\s+|on\s+)?(?=[A-Z][a-z]{2,8}\.?\s+\d{1,2},\s+20\d\d)", re.IGNORECASE)
HEAD, REACH = 1_500, 60


def read_reported(document: Document, deal: Deal) -> None:
    """Puts the one offering into the deal that the head of a document without titles reports as done; none where it tells two
    amounts, or an intention."""
    text, first = document.text, announced(document)
    told: dict[str, tuple[re.Match[str], Term, int]] = {}
    for start, end in document.written:
        if words().gate["status"]["intention"].search(text, start, end):
            return
        if start > HEAD or not DONE.search(text, start, end):
            continue
        for one in quantities(text, start, end):
            named = AHEAD.match(text, one.end, end) or BEHIND.search(text, max(start, one.start - REACH), one.start)
            if named is None or is_past(text, start, one.start, named.end(), end, first):
                continue
            for term in read_term("principal", text, one.start, one.end)[:1]:
                told.setdefault(term.value, (named, term, end))
    if len(told) == 1:
        named, term, end = next(iter(told.values()))
        tranche = deal.add(Tranche(" ".join(named["name"].split()), "", "", span=named.span("name")))
        said = [*read_term("principal", text, term.start, term.end)]
        for field, pattern in (("coupon", COUPON), ("maturity", DUE)):
            if found := pattern.search(text, term.end, end):
                said += read_term(field, text, found.end(), min(end, found.end() + 30))
        for one_term in said:
            tranche.put(one_term)
