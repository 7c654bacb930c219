"""Bonds in sentences: `completed an offering of $X aggregate principal amount of its c% notes due Y`, loans, options, closings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from ingestion.extract.bonds.terms import Term, floating, money, read_term
from ingestion.extract.bonds.tranches import ALIAS, TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import CUT, Moment, moments, quantities
from ingestion.extract.words import words

BETWEEN = re.compile(
    r"[\s,]*(?:(?:in\s+)?(?:combined\s+)?(?:aggregate\s+)?(?:principal(?:\s+amount)?)?\s*)?(?:(?:private\s+)?(?:offering|placement|issuance)\s+)?"
    r"(?:of\s+)?(?:(?:its|our|their|the(?:\s+company's)?|new|\w+'s)\s+)*",
    re.IGNORECASE,
)
BEHIND = re.compile(
    r"\s*(?:\((?!the\b)|:|-|,?\s*(?:totall?ing|in\s+the\s+amount\s+of|with\s+an?\s+(?:aggregate\s+)?principal(?:\s+amount)?\s+of))\s*(?=[$€£]|US\$)",
    re.IGNORECASE,
)
UNTITLED = re.compile(
    r"(?P<name>(?:[A-Za-z-]+\s+){0,4}notes)\s+with\s+an?\s+(?:coupon|interest\s+rate)\s+of\s+(?P<coupon>\d+(?:\.\d+)?)\s?%,?\s+"
    r"(?:and\s+)?(?:maturing|due|which\s+mature)\s+(?:in|on)\s+(?P<year>20\d\d)(?!\d)",
    re.IGNORECASE,
)
LOAN = re.compile(
    r"(?P<name>(?:(?:senior|secured|delayed|draw)\s+){0,4}term\s+loan(?:\s+facility)?)\s*\(?", re.IGNORECASE
)
MATURES = re.compile(
    r"\b(?:matur(?:e|es|ing)|maturity(?:\s+date)?(?:\s+of)?)\s+(?:is\s+)?(?:on\s+)?(?=[A-Z][a-z]{2,8}\.?\s+\d{1,2},\s+20\d\d)",
    re.IGNORECASE,
)
MATURES_CUT = re.compile(r"\b(?:matur(?:e|es|ing)|maturity(?:\s+date)?)\s+(?:on\s+)?[A-Z]\w*\.?\s*[\d, ]*$")
OFFERED = re.compile(
    r"\b(?:completed|closed|closing\s+of|consummated|priced|pricing\s+of)\s+(?:\w+\s+){0,5}?(?:offering|sale|issuance|placement)\s+of\s+"
    r"(?:its\s+)?(?=\d|floating)",
    re.IGNORECASE,
)
SUM = re.compile(
    r"\baggregate\s+principal\s+amount\s+of\s+(?:the\s+)?notes\s+(?:issued\s+and\s+)?(?:sold|issued)(?:\s+in\s+the\s+offering)?,?"
    r"[^.$]{0,40}?\s(?:was|is)\s+",
    re.IGNORECASE,
)
PRICE = re.compile(
    r"\b(?:issue|issuance|offering|purchase)\s+price\s+(?:of|equal\s+to)\s+|\b(?:issued|sold|priced)\s+at\s+(?:a\s+price\s+(?:of|equal\s+to)\s+)?(?=\d)",
    re.IGNORECASE,
)
CLOSES = re.compile(
    r"\b(?:closing|settlement)\s+is\s+expected\s+(?:to\s+occur\s+)?(?:on|around|about)\s+|"
    r"\bexpect(?:ed|s)?\s+(?:the\s+\w+\s+)?to\s+(?:close|settle|be\s+(?:completed|issued))\s+(?:on\s+or\s+)?(?:on|around|about)\s+",
    re.IGNORECASE,
)
CLOSED = re.compile(
    r"^On\s+(?P<when>.{6,22}?\d{4}),.{0,160}?\b(?:completed|closed|consummated|issued\s+and\s+sold)\b",
    re.IGNORECASE | re.DOTALL,
)
MONEY = re.compile(r"[$€£¥]|[A-Za-z]{3}\s?\d")
OPTION = re.compile(r"\bup\s+to\s+an\s+additional\s+(?=[$€£]|US\$)", re.IGNORECASE)
CONVERTS = re.compile(r"\bconversion\s+rate\b[^.]{0,60}?(?=\d)", re.IGNORECASE)
Span = tuple[int, int]


def read_statements(document: Document, deal: Deal) -> list[Span]:
    """Puts into the deal what sentences say was done; gives the spans of amounts that are only intended."""
    text, status = document.text, words().gate["status"]
    intended: list[Span] = []
    sheet = any(one.terms for one in deal.tranches)
    seen: set[str] = set()
    for start, end in document.written:
        said = text[start:end]
        if end - start < SHORTEST or said in seen:
            continue
        seen.add(said)
        found = list(_priced(text, start, end))
        if found and status["intention"].search(said):
            intended += [(amount.start, amount.end) for amount, _ in found]
            continue
        for offered in OFFERED.finditer(text, start, end):
            if title := TITLE.match(text, offered.end(), end):
                deal.titled(title)
        if not found or not status["done"].search(said):
            continue
        for amount, tranche_of in found:
            if not status["past"].search(text, _clause(text, start, amount.start), amount.start):
                for term in read_term("principal", text, amount.start, amount.end):
                    tranche_of(deal).put(term)
    _matures(document, deal, sheet=sheet)
    if deal.tranches and not sheet:
        _terms(document, deal)
    return intended


def _clause(text: str, start: int, position: int) -> int:
    """Where the clause before an amount begins: what is said of an earlier amount does not hold for it."""
    return max(
        start, *(text.rfind(mark, start, position) + 1 for mark in (", ", "; ", " and ", " to buy ")), position - 60
    )


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
        elif loan := LOAN.match(text, after, end):
            yield term, Tranching(loan)
        else:
            before = [one for one in TITLE.finditer(text, start, amount.start) if _joins(text, one, amount.start)]
            if before:
                yield term, Tranching(before[-1])


def _joins(text: str, title: re.Match[str], position: int) -> bool:
    """Whether an amount follows its title: `4.1% notes due 2031 ($500 million)`."""
    alias = ALIAS.match(text, title.end())
    joint = BEHIND.match(text, title.end()) or (alias and BEHIND.match(text, min(position, alias.end() + 1)))
    return joint is not None and joint.end() == position


class Tranching:
    """Finds or makes the tranche that a match in a sentence names."""

    def __init__(self, found: re.Match[str]) -> None:
        self.found = found

    def __call__(self, deal: Deal) -> Tranche:
        found, text = self.found, deal.document.text
        if found.re is TITLE:
            return deal.titled(found)
        name, span = " ".join(found["name"].split()), found.span()
        if found.re is LOAN:
            tranche = Tranche(name, "", "", name, span)
            for term in floating(text, found.end(), min(found.end() + 40, len(text))):
                tranche.put(term)
        else:
            title = f"{found['coupon']}% {name} due {found['year']}"
            tranche = Tranche(title, found["coupon"], found["year"], title, span)
            tranche.put(Term("coupon", found["coupon"], "percent", *found.span("coupon")))
            tranche.put(Term("maturity", found["year"], "year", *found.span("year")))
        known = next((one for one in deal.tranches if one.record == tranche.record), None)
        return known or deal.add(tranche)


def _matures(document: Document, deal: Deal, *, sheet: bool) -> None:
    """The day on which tranches mature; where labels told of it, only the day of a year that they told."""
    text = document.text
    for start, end in document.written:
        for found in MATURES.finditer(text, start, end):
            for term in read_term("maturity", text, found.end(), end)[:1]:
                for tranche in deal.tranches:
                    said = tranche.terms.get("maturity")
                    told = sheet and said is not None and said.unit == "date"
                    if tranche.year in {"", term.value[:4]} and not told:
                        tranche.put(term)


def _terms(document: Document, deal: Deal) -> None:
    """What sentences say of a deal whose amount is known: maturity, price, closing, option, conversion."""
    text, status = document.text, words().gate["status"]
    first = next((one.first for one in moments(text, 0, 2_000) if one.precision == "day"), None)
    only = deal.tranches[0] if len(deal.tranches) == 1 else None
    if (lost := MATURES_CUT.search(text, max(0, len(text) - 60))) is not None:
        for tranche in deal.tranches:
            tranche.put(Term("maturity", "", "date", *lost.span(), CUT))
    for start, end in document.written:
        said = text[start:end]
        if status["intention"].search(said):
            continue
        for found in CLOSES.finditer(text, start, end):
            when = next(iter(moments(text, found.end(), min(end, found.end() + 24))), None)
            if when is not None:
                _closing(deal, when, first)
        if (found_closed := CLOSED.match(said)) and TITLE.search(said):
            when = next(iter(moments(text, start + found_closed.start("when"), start + found_closed.end("when"))), None)
            if when is not None:
                _closing(deal, when, first)
        if only is None:
            continue
        for pattern, name in ((SUM, "principal"), (PRICE, "price_to_public"), (CONVERTS, "conversion_rate")):
            for found in pattern.finditer(text, start, end):
                for term in read_term(name, text, found.end(), min(end, found.end() + 120))[:2]:
                    only.put(term)
        for found in OPTION.finditer(text, start, end):
            amount = money(text, found.end(), min(end, found.end() + 30))
            if amount is not None and not amount.refused:
                only.put(Term("option_principal", f"{amount.value:f}", amount.unit, amount.start, amount.end))


def _closing(deal: Deal, when: Moment, first: date | None) -> None:
    day: date | None = when.first if when.precision == "day" else None
    if when.precision == "day_of_year" and first is not None:
        day = when.first.replace(year=first.year)
        day = day if day >= first else day.replace(year=first.year + 1)
        day = day if (day - first).days <= 60 else None
    if day is not None:
        for tranche in deal.tranches:
            tranche.put(Term("settlement_date", day.isoformat(), "date", when.start, when.end))
