"""Bonds in sentences: `completed an offering of $X aggregate principal amount of its c% notes due Y`, and loans."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.bonds.offering import announced
from ingestion.extract.bonds.past import goes_on, is_past
from ingestion.extract.bonds.terms import Term, floating, money, read_term, without_coupon
from ingestion.extract.bonds.tranches import ALIAS, TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import Quantity, quantities
from ingestion.extract.words import words

HEADING = re.compile(r"[\s•*|-]*(?:US)?[$€£¥]?\d")
"""A heading or a bullet point that begins with an amount or a rate says that there is an offering."""
UNTITLED = ("rated", "unrated", "loan")
RATE = 40
"""Characters behind a name without a coupon in which its rate stands."""
MONEY = re.compile(r"[$€£¥]|[A-Za-z]{3}\s?\d")
NAMES = ("note", "bond", "debenture", "loan", "票")
"""What a sentence that tells an amount of notes calls them."""
Span = tuple[int, int]


def read_statements(document: Document, deal: Deal) -> list[Span]:
    """Puts into the deal what sentences say was done; gives the spans of amounts that are only intended."""
    text, status, offering = document.text, words().gate["status"], words().offering["offered"]
    intended: list[Span] = []
    complete = any("principal" in one.terms for one in deal.tranches)
    first = announced(document)
    seen: set[str] = set()
    for start, end in document.written:
        said = document.lower[start:end]
        if end - start < SHORTEST or not any(one in said for one in NAMES) or text[start:end] in seen:
            continue
        seen.add(text[start:end])
        found = list(_priced(text, start, end))
        if found and (status["intention"].search(said) or status["conditional"].search(said)):
            intended += [(amount.start, amount.end) for amount, _ in found]
            continue
        for offered in offering.finditer(text, start, end):
            if status["intention"].search(said):
                break
            title = TITLE.match(text, offered.end(), end)
            if title and not is_past(text, start, title.start(), _behind(text, title.end()), end, first):
                tranche = deal.titled(title)
                if title["coupon"] and not complete:
                    tranche.put(Term("coupon", title["coupon"], "percent", *title.span("coupon")))
        if not found or not (status["done"].search(said) or HEADING.match(text, start, end)):
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


def _priced(text: str, start: int, end: int) -> Iterator[tuple[Quantity, Tranching]]:
    if MONEY.search(text, start, end) is None:
        return
    known, currencies = words().offering, set(words().currencies.values())
    for one in quantities(text, start, end):
        if one.unit not in currencies or (amount := money(text, one.start, one.end)) is None:
            continue
        between = known["between"].match(text, one.end, end)
        after = between.end() if between else one.end
        forms = (TITLE, *(known[form] for form in UNTITLED))
        if named := next(filter(None, (form.match(text, after, end) for form in forms)), None):
            yield amount, Tranching(named)
        elif before := [one for one in TITLE.finditer(text, start, amount.start) if _joins(text, one, amount.start)]:
            yield amount, Tranching(before[-1])


def _behind(text: str, title: int) -> int:
    alias = ALIAS.match(text, title)
    return alias.end() if alias else title


def _joins(text: str, title: re.Match[str], position: int) -> bool:
    """Whether an amount follows its title: `4.1% notes due 2031 ($500 million)`."""
    alias = ALIAS.match(text, title.end())
    form = words().offering["joint"]
    joint = form.match(text, title.end()) or (alias and form.match(text, min(position, alias.end() + 1)))
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
        said = found.groupdict()
        coupon, year, name = said.get("coupon", ""), said.get("year", ""), " ".join(found["name"].split())
        title = f"{coupon}% {name} due {year}" if coupon else f"{name} due {year}" if year else name
        alike = (one for one in deal.tranches if one.record == title or (year and not coupon and one.year == year))
        if (known := next(alike, None)) is not None:
            return known
        tranche = deal.add(Tranche(title, coupon, year, span=found.span()))
        if coupon:
            tranche.put(Term("coupon", coupon, "percent", *found.span("coupon")))
        if year:
            tranche.put(Term("maturity", year, "year", *found.span("year")))
        behind = (found.end(), min(found.end() + RATE, len(text)))
        for term in (*without_coupon(text, *found.span("name")), *floating(text, *behind)):
            tranche.put(term)
        return tranche
