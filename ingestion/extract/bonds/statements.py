"""Bonds in sentences: `completed an offering of $X aggregate principal amount of its c% notes due Y`, and loans."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.bonds.offering import announced
from ingestion.extract.bonds.past import goes_on, is_past
from ingestion.extract.bonds.terms import Term, floating, money, read_term
from ingestion.extract.bonds.tranches import ALIAS, TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import quantities
from ingestion.extract.words import words

BETWEEN = re.compile(
    r"[\s,]*(?:(?:in\s+)?(?:combined\s+)?(?:aggregate\s+)?(?:principal(?:\s+amount)?)?\s*)?(?:(?:private\s+)?(?:offering|placement|issuance)\s+)?"
    r"(?:of\s+)?(?:(?:its|our|their|the(?:\s+company's)?|new|additional|(?!notes|bonds|debentures)\w+'?s)\s+)*",
    re.IGNORECASE,
)
BEHIND = re.compile(
    r"\s*(?:\((?!the\b)|:|-|,?\s*(?:totall?ing|raising|in\s+the\s+amount\s+of|with\s+an?\s+(?:aggregate\s+)?principal(?:\s+amount)?\s+of))\s*(?=[$€£]|US\$)",
    re.IGNORECASE,
)
UNTITLED = re.compile(
    r"(?P<name>(?:[A-Za-z-]+\s+){0,4}notes)\s+with\s+an?\s+(?:coupon|interest\s+rate)\s+of\s+(?P<coupon>\d+(?:\.\d+)?)\s?%,?\s+"
    r"(?:and\s+)?(?:maturing|due|which\s+mature)\s+(?:in|on)\s+(?P<year>20\d\d)(?!\d)",
    re.IGNORECASE,
)
BARE = re.compile(
    r"(?P<name>(?:(?:zero-coupon|convertible|exchangeable|senior|secured|unsecured|green|rated|private|investment-grade|high-yield)\s+){0,5}(?:notes|bonds|debentures))"
    r"\s+(?:due|maturing)\s+(?:in\s+)?(?P<year>20\d\d)(?!\d)",
    re.IGNORECASE,
)
"""Notes whose rate another sentence tells."""
ZERO = re.compile(r"\bzero\b", re.IGNORECASE)
LOAN = re.compile(
    r"(?P<name>(?:(?:senior|secured|delayed|draw)\s+){0,4}term\s+loan(?:\s+facility)?)\s*\(?", re.IGNORECASE
)
OFFERED = re.compile(
    r"\b(?:completed|completion\s+of|closed|closing\s+of|consummated|priced|pricing\s+of)\s+(?:\w+\s+){0,5}?(?:offering|sale|issuance|placement)\s+(?:by\s+[^.;$€£]{1,60}?\s+)?of\s+"
    r"(?:its\s+)?(?=\d|floating)|\b(?:issues|sells|offering\s+(?:consist|compris)(?:ed|es|s)(?:\s+of)?)\s+(?=\d)",
    re.IGNORECASE,
)
HEADING = re.compile(r"[\s•*|-]*(?:US)?[$€£¥]?\d")
"""A heading or a bullet point that begins with an amount or a rate says that there is an offering."""
MONEY = re.compile(r"[$€£¥]|[A-Za-z]{3}\s?\d")
Span = tuple[int, int]


def read_statements(document: Document, deal: Deal) -> list[Span]:
    """Puts into the deal what sentences say was done; gives the spans of amounts that are only intended."""
    text, status = document.text, words().gate["status"]
    intended: list[Span] = []
    complete = any("principal" in one.terms for one in deal.tranches)
    first = announced(document)
    seen: set[str] = set()
    for start, end in document.written:
        said = text[start:end]
        if end - start < SHORTEST or said in seen:
            continue
        seen.add(said)
        found = list(_priced(text, start, end))
        if found and (status["intention"].search(said) or status["conditional"].search(said)):
            intended += [(amount.start, amount.end) for amount, _ in found]
            continue
        for offered in OFFERED.finditer(text, start, end) if not status["intention"].search(said) else ():
            title = TITLE.match(text, offered.end(), end)
            if title and not is_past(text, start, title.start(), _behind(text, title.end()), end, first):
                tranche = deal.titled(title)
                if title["coupon"] and not complete:
                    tranche.put(Term("coupon", title["coupon"], "percent", *title.span("coupon")))
        if not found or not (status["done"].search(said) or HEADING.match(said)):
            continue
        last, past = start, False
        for amount, tranching in found:
            past = is_past(text, start, amount.start, _behind(text, tranching.end), end, first) or (
                past and goes_on(text, last, amount.start)
            )
            last = amount.end
            if not past and not (complete and not tranching.known_to(deal)):
                for term in read_term("principal", text, amount.start, amount.end):
                    tranching(deal).put(term)
    return intended


def _priced(text: str, start: int, end: int) -> Iterator[tuple[Term, Tranching]]:
    if MONEY.search(text, start, end) is None:
        return
    currencies = set(words().currencies.values())
    for one in quantities(text, start, end):
        if one.unit not in currencies or (amount := money(text, one.start, one.end)) is None:
            continue
        term = Term("principal", "" if amount.refused else f"{amount.value:f}", amount.unit, amount.start, amount.end)
        between = BETWEEN.match(text, one.end, end)
        after = between.end() if between else one.end
        if title := TITLE.match(text, after, end):
            yield term, Tranching(title)
        elif untitled := UNTITLED.match(text, after, end):
            yield term, Tranching(untitled)
        elif bare := BARE.match(text, after, end):
            yield term, Tranching(bare)
        elif loan := LOAN.match(text, after, end):
            yield term, Tranching(loan)
        else:
            before = [one for one in TITLE.finditer(text, start, amount.start) if _joins(text, one, amount.start)]
            if before:
                yield term, Tranching(before[-1])


def _behind(text: str, title: int) -> int:
    alias = ALIAS.match(text, title)
    return alias.end() if alias else title


def _joins(text: str, title: re.Match[str], position: int) -> bool:
    """Whether an amount follows its title: `4.1% notes due 2031 ($500 million)`."""
    alias = ALIAS.match(text, title.end())
    joint = BEHIND.match(text, title.end()) or (alias and BEHIND.match(text, min(position, alias.end() + 1)))
    return joint is not None and joint.end() == position


class Tranching:
    """Finds or makes the tranche that a match in a sentence names."""

    def __init__(self, found: re.Match[str]) -> None:
        self.found, self.end = found, found.end()

    def known_to(self, deal: Deal) -> bool:
        return self.found.re is TITLE and deal.of(self.found) is not None

    def __call__(self, deal: Deal) -> Tranche:
        found, text = self.found, deal.document.text
        if found.re is TITLE:
            return deal.titled(found)
        name, span = " ".join(found["name"].split()), found.span()
        if found.re is LOAN:
            tranche = Tranche(name, "", "", name, span)
            for term in floating(text, found.end(), min(found.end() + 40, len(text))):
                tranche.put(term)
        elif found.re is BARE:
            tranche = Tranche(f"{name} due {found['year']}", "", found["year"], span=span)
            tranche.put(Term("maturity", found["year"], "year", *found.span("year")))
            if zero := ZERO.search(text, *found.span("name")):
                tranche.put(Term("coupon", "0", "percent", *zero.span()))
            known = next((one for one in deal.tranches if one.year == found["year"]), None)
            return known or deal.add(tranche)
        else:
            title = f"{found['coupon']}% {name} due {found['year']}"
            tranche = Tranche(title, found["coupon"], found["year"], title, span)
            tranche.put(Term("coupon", found["coupon"], "percent", *found.span("coupon")))
            tranche.put(Term("maturity", found["year"], "year", *found.span("year")))
        known = next((one for one in deal.tranches if one.record == tranche.record), None)
        return known or deal.add(tranche)
