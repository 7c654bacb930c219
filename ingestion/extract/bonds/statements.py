"""Bonds in sentences: `completed an offering of $X aggregate principal amount of its c% notes due Y`, and loans."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.bonds.past import goes_on, is_past
from ingestion.extract.bonds.tenors import years
from ingestion.extract.bonds.terms import Term, floating, money, read_term, without_coupon
from ingestion.extract.bonds.tranches import ALIAS, FLOATING, TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import Quantity, quantities
from ingestion.extract.words import words

HEADING = re.compile(
    r"[\s•*|-]*(?:\(?[a-z\d]{1,3}[.)]\s+|[A-Za-z][a-z ]{2,24}:\s+)?(?:(?:US|C|A)?[$€£¥]?\d|[A-Z]{3}\s?\d)"
)
"""A heading or a bullet point that begins with an amount or a rate says that there is an offering."""
UNTITLED = ("rated", "unrated", "tenored", "loan")
RATE, LOAN = 40, 160
"""Characters behind a name without a coupon in which its rate stands, and before an amount in which its loan does."""
MONEY = re.compile(r"[$€£¥]|[A-Za-z]{3}\s?\d")
NAMES, TERMS, TENOR = ("note", "bond", "debenture", "loan", "票"), ("coupon", "priced", "t+"), "-year"
"""What a sentence that tells an amount of notes calls them, if not by their years and a term."""
Span = tuple[int, int]


def read_statements(document: Document, deal: Deal) -> list[Span]:
    """Puts into the deal what sentences say was done; gives the spans of amounts that are only intended."""
    text, status, known = document.text, words().gate["status"], words().offering
    intended: list[Span] = []
    complete = any("principal" in one.terms for one in deal.tranches)
    first = deal.first
    seen: set[str] = set()
    for start, end in document.written:
        said = document.lower[start:end]
        named = any(one in said for one in NAMES) or (TENOR in said and any(one in said for one in TERMS))
        if end - start < SHORTEST or not named or text[start:end] in seen:
            continue
        seen.add(text[start:end])
        for limited in known["limited"].finditer(text, start, end) if "limited" in said else ():
            if (tranche := deal.named(limited["name"], limited.span("name"))) is not None:
                for term in read_term("principal", text, limited.end(), end):
                    tranche.put(term)
        found = list(_priced(text, start, end))
        if found and (status["intention"].search(said) or status["conditional"].search(said)):
            intended += [(amount.start, amount.end) for amount, _ in found]
            continue
        for offered in known["offered"].finditer(text, start, end):
            if status["intention"].search(said):
                break
            title = TITLE.match(text, offered.end(), end)
            if title and not is_past(text, start, title.start(), _behind(text, title.end()), end, first):
                tranche = deal.titled(title)
                if title["coupon"] and not complete:
                    tranche.put(Term("coupon", title["coupon"], "percent", *title.span("coupon")))
        lent = any(tranching.is_loan for _, tranching in found) and known["lent"].search(text, start, end)
        # What has several lines need have no mark between them.
        heading = any(_heads(text, start, amount.start, end) for amount, _ in found)
        if not found or not (lent or status["done"].search(said) or heading):
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


def _heads(text: str, start: int, amount: int, end: int) -> bool:
    """Whether a line, or the sentence, begins with an amount or with the title before it."""
    for begin in {start, max(start, text.rfind("\n", start, amount) + 1)}:
        heading = HEADING.match(text, begin, end)
        if heading and (heading.end() > amount or TITLE.match(text, heading.end() - 1, end)):
            return True
    return False


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
            yield amount, Tranching(named, amount)
        elif tenor := known["tenor_first"].search(text, max(start, amount.start - RATE), amount.start):
            yield amount, Tranching(tenor, amount)
        elif loan := known["loan_of"].search(text, max(start, amount.start - LOAN), amount.start):
            yield amount, Tranching(loan, amount)
        elif before := [one for one in TITLE.finditer(text, start, amount.start) if _joins(text, one, amount.start)]:
            yield amount, Tranching(before[-1], amount)


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

    def __init__(self, found: re.Match[str], amount: Quantity) -> None:
        self.found, self.end, self.amount = found, max(found.end(), amount.end), f"{amount.value.normalize():f}"
        self.is_loan = "loan" in (found.groupdict().get("name") or "").lower()

    def known_to(self, deal: Deal) -> bool:
        return self.found.re is TITLE and deal.of(self.found) is not None

    def __call__(self, deal: Deal) -> Tranche:
        found, text = self.found, deal.document.text
        if found.re is TITLE:
            return deal.titled(found)
        said = found.groupdict()
        coupon, year, name = said.get("coupon") or "", said.get("year", ""), " ".join(found["name"].split())
        runs = years(said["tenor"]) if said.get("tenor") else 0
        title = " ".join(filter(None, (coupon and f"{coupon}%", name, year and f"due {year}")))
        tranche = next((one for one in deal.tranches if self._means(one, title, year if not coupon else "")), None)
        if runs and not FLOATING.search(name):
            tranche = tranche or deal.running(runs)
        tranche = tranche or deal.add(Tranche(title, coupon, year, span=found.span(), tenor=runs))
        behind = (self.end, min(self.end + RATE, len(text)))
        rate = words().offering["tenor_rate"].match(text, behind[0]) if runs and not coupon else None
        terms = [*without_coupon(text, *found.span("name")), *floating(text, *behind)]
        if rate:
            terms.append(Term("coupon", rate["coupon"], "percent", *rate.span("coupon")))
        if coupon:
            terms.append(Term("coupon", coupon, "percent", *found.span("coupon")))
        if year:
            terms.append(Term("maturity", year, "year", *found.span("year")))
        for term in terms:
            tranche.terms.setdefault(term.field, term)
        return tranche

    def _means(self, one: Tranche, title: str, year: str) -> bool:
        """Whether a tranche is the one named: by its year, or a loan of the same amount under another name."""
        principal = one.terms.get("principal")
        same = self.is_loan and not one.year and principal is not None and principal.value == self.amount
        return one.record == title or bool(year and one.year == year) or same
