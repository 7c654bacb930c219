"""The tranches of a bond deal: keyed by coupon or floating, year and name; their terms, what is told of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ingestion.extract.bonds.tenors import announced, tenors
from ingestion.extract.bonds.terms import Term
from ingestion.extract.document import Document
from ingestion.extract.found import Found, TooMany, Voice
from ingestion.extract.values import MONTH, moments
from ingestion.extract.words import words

NOTES = r"(?:notes?|debentures|bonds)"
DUE = rf"(?P<due>(?:{MONTH.format('month')}\s+\d{{1,2}},\s+)?(?P<year>(?:19|2[01])\d{{2}}))(?!\d|,\d)"
PERCENT = r"(?:%|per\s?cent\b\.?)"
TITLE = re.compile(
    rf"(?:(?P<coupon>\d{{1,2}}(?:\.\d+)?)\s?{PERCENT}\s+|(?P<floating>floating[\s-]+rate\s+))"
    rf"(?P<name>(?:(?!notes?\b|due\b)[A-Za-z][A-Za-z-]*,?\s+){{0,6}}{NOTES})\s+(?:offering\s+)?(?:(?:that|which)\s+(?:(?:will\s+be|are|fall|come)\s+)?)?(?:due|mature|maturing)\s+(?:(?:in|on)\s+)?{DUE}"
    r"|(?P<coupon2>\d{1,2}(?:\.\d+)?)\s?%\s*(?:到期於|到期于|於|于)?\s*(?P<year2>20\d{2})\s*年\s*(?:到期)?的?(?P<name2>\S{0,4}?票[據据])",
    re.IGNORECASE,
)
ALIAS = re.compile(r"\s*[\[(]?\s*\(?(?:the\s+|each,?\s+)?\"(?P<alias>[^\"]{2,60}?)\"", re.IGNORECASE)
NAMES = re.compile(r"\b(?P<name>2[01]\d{2}\s+(?:[A-Za-z-]+\s+){0,3}?notes)\b", re.IGNORECASE)
FLOATING = re.compile(r"\bfloating\s+rate\s+notes\b", re.IGNORECASE)
NAMED = re.compile(r"notes?|票[據据]|debentures|bonds", re.IGNORECASE)
UNOWNED = frozenset({"maturity", "coupon", "price_to_public", "conversion_rate"})
"""Terms that a list of them tells of notes that only a sentence names."""
SHARED = frozenset({"trade_date", "settlement_date", "ranking"})
MOST_TRANCHES = 100
DOLLARS = {"CAD": "canadian", "AUD": "australian"}
"""What a document may mean by the sign of a dollar, and the words that say so."""
TWO_VALUES = "the document gives two values"


@dataclass
class Tranche:
    """One tranche. `record` is what the document calls it: the defined name, or its title."""

    title: str
    coupon: str = ""
    year: str = ""
    alias: str = ""
    span: tuple[int, int] = (0, 0)
    titled: bool = False
    tenor: int = 0
    issuer: str = ""
    terms: dict[str, Term] = field(default_factory=dict)
    doubts: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> str:
        return self.alias or self.title

    @property
    def floats(self) -> bool:
        return "coupon_index" in self.terms or (self.titled and not self.coupon)

    def bears(self, coupon: str) -> bool:
        """Whether a title with this coupon, empty when it floats, means this tranche; one known by name only tells by its terms."""
        if self.titled:
            return self.coupon == coupon or bool(self.coupon and coupon and Decimal(self.coupon) == Decimal(coupon))
        if not coupon:
            return self.floats or "floating" in self.title.lower()
        said = self.terms.get("coupon")
        return "floating" not in self.title.lower() and (
            said is None or not said.value or Decimal(said.value) == Decimal(coupon)
        )

    def put(self, term: Term) -> None:
        """The first value stands; a second one that differs puts it into doubt. An abstention gives way to a value."""
        before = self.terms.get(term.field)
        if before is None or (not before.value and term.value):
            self.terms[term.field] = term
        elif term.value and before.value != term.value and not _refines(before, term):
            self.doubts[term.field] = TWO_VALUES
        elif _refines(before, term):
            self.terms[term.field] = term


def _refines(before: Term, term: Term) -> bool:
    """Whether a value says more than the one before: a day of the same year, an index with its tenor."""
    if term.field == "maturity" and before.unit == "year":
        return term.unit == "date" and term.value[:4] == before.value
    if term.field == "coupon" and before.value and term.value:
        return Decimal(before.value) == Decimal(term.value) and len(term.value) > len(before.value)
    return term.field == "coupon_index" and term.value.endswith(before.value)


class Deal:
    """All tranches that a document names, and what it says of all of them together; `shared` terms hold for
    each, `unowned` stand beside labels that no tranche stands over and are those of the only one."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.announced = announced(document)
        self.first = self.announced.first if self.announced else None
        self.tranches: list[Tranche] = []
        self.common: list[Term] = []
        self.shared: list[Term] = []
        self.unowned: list[Term] = []

    def titled(self, found: re.Match[str]) -> Tranche:
        """The tranche of a title; a name defined behind it is kept."""
        alias = ALIAS.match(self.document.text, found.end())
        name = " ".join(alias["alias"].split()) if alias and _tells_apart(alias["alias"]) else ""
        coupon, year = found["coupon"] or found["coupon2"] or "", found["year"] or found["year2"]
        span = (found.start(), alias.end() if alias and name else found.end())
        if (tranche := self.of(found)) is None:
            tranche = self.add(Tranche(" ".join(found.group().split()), coupon, year, name, span))
        else:
            tranche.coupon, tranche.year = coupon, year
            if not tranche.titled:
                tranche.title = " ".join(found.group().split())
            if not tranche.alias or not tranche.titled:
                tranche.alias, tranche.span = name or tranche.alias, span
        tranche.titled = True
        return tranche

    def of(self, title: re.Match[str]) -> Tranche | None:
        """The tranche that a title means, if it is known."""
        coupon, year = title["coupon"] or title["coupon2"] or "", title["year"] or title["year2"]
        return next(
            (one for one in self.tranches if one.year in (year, "" if one.titled else year) and one.bears(coupon)), None
        )

    def named(self, name: str, span: tuple[int, int], *, keep: bool = False) -> Tranche | None:
        """The tranche that a selector such as `2028 Notes` means, which becomes its name unless `keep`; None when it may mean two."""
        wanted = _plain(name)
        for one in self.tranches:
            if wanted in {_plain(one.alias), _plain(one.title)}:
                return one
        if wanted == "note" and len(self.tranches) == 1:
            return self.tranches[0]
        year = re.search(r"(?:19|2[01])\d{2}", name)
        close = [one for one in self.tranches if year and one.year == year.group() and not one.alias]
        floating = re.search("floating", name, re.IGNORECASE) is not None
        close = [one for one in close if (one.coupon == "") is floating] or ([] if floating else close)
        if len(close) == 1:
            close[0].alias = "" if keep else name
            return close[0]
        if close or any(year and one.year == year.group() and not floating and one.coupon for one in self.tranches):
            return None
        return self.add(Tranche(name, "", year.group() if year else "", "" if keep else name, span))

    def add(self, tranche: Tranche) -> Tranche:
        """TooMany when there are more than any deal has."""
        if len(self.tranches) >= MOST_TRANCHES:
            raise TooMany(tranche.span)
        self.tranches.append(tranche)
        return tranche

    def share(self) -> None:
        """Gives each tranche what labels tell of all of them in one way."""
        for name in SHARED:
            said = {term.value: term for term in self.shared if term.field == name}
            if len(said) == 1:
                for one in self.tranches:
                    one.terms.setdefault(name, next(iter(said.values())))

    def finish(self) -> None:
        """Terms of the titles, what is told of the one that has none, and days below the blocks."""
        text = self.document.text
        for one in self.tranches:
            title = TITLE.search(text, *one.span)
            if title and one.terms:
                if one.coupon:
                    one.put(Term("coupon", one.coupon, "percent", *one.span))
                day = next((when for when in moments(text, *title.span()) if when.precision == "day"), None)
                due = (day.first.isoformat(), "date") if day else (one.year, "year")
                if "maturity" not in one.terms:
                    one.put(Term("maturity", *due, *one.span))
            if (
                one.floats
                and "coupon_margin" not in one.terms
                and (over := one.terms.pop("spread_bp", None)) is not None
            ):
                one.terms["coupon_margin"] = replace(over, field="coupon_margin")
            if (swap := one.terms.pop("mid_swap_spread_bp", None)) is not None and "spread_bp" not in one.terms:
                one.terms["spread_bp"] = replace(swap, field="spread_bp")
                if "mid_swap_yield" in one.terms:
                    one.terms["benchmark_yield"] = replace(one.terms["mid_swap_yield"], field="benchmark_yield")
            one.terms.pop("mid_swap_yield", None)
        if len(self.tranches) == 1:
            for term in self.unowned:
                before = self.tranches[0].terms.get(term.field)
                if term.field in UNOWNED and (before is None or _refines(before, term)):
                    self.tranches[0].put(term)
        for code, form in DOLLARS.items():
            if self.tranches and form in self.document.lower and words().offering[form].search(text):
                for one in self.tranches:
                    one.terms |= {name: _in(code, term, text) for name, term in one.terms.items()}
        for name in SHARED:
            last = [one for one in self.tranches if name in one.terms]
            if name != "ranking" and last == self.tranches[-1:]:
                # Below the blocks a day is that of them all.
                for one in self.tranches:
                    if "principal" in one.terms and one.terms["principal"].start < last[0].terms[name].start:
                        one.terms.setdefault(name, last[0].terms[name])

    def add_unnamed(self) -> None:
        """The one tranche of a sheet that names none: its labels tell an amount, a rate and a maturity, each in one way."""
        said: dict[str, Term] = {}
        for term in self.unowned:
            if term.field in said and said[term.field].value != term.value:
                return
            said.setdefault(term.field, term)
        if (
            said.keys() >= {"principal", "maturity"}
            and said.keys() & {"coupon", "coupon_index"}
            and all(one.value for one in said.values())
        ):
            names = {" ".join(one["name"].split()) for one in NAMES.finditer(self.document.text)}
            name = names.pop() if len(names) == 1 else "Notes"
            self.add(Tranche(name, span=(said["principal"].start, said["principal"].end), terms=said))

    def named_in(self, start: int, end: int) -> bool:
        """Whether a stretch of the text names notes by their year, or there is only one to be named."""
        return len(self.tranches) == 1 or NAMES.search(self.document.text, start, end) is not None

    def meant(self, start: int, end: int) -> Tranche | None:
        """The one tranche that a stretch of the text names; the only one of a deal need not be named."""
        runs = tenors(self.document.text, start, end)
        if len(self.tranches) == 1:
            # Not of another one that is told by its years.
            known = self.tranches[0].tenor or (self.first and self.tranches[0].year)
            parted = not known and words().offering["part"].search(self.document.text, start, end)
            other = runs and (parted or (known and self.tranches[0] not in map(self.running, runs)))
            return None if other else self.tranches[0]
        titles = [self.of(one) for one in TITLE.finditer(self.document.text, start, end)]
        if len(titles) == 1:
            return titles[0]
        if FLOATING.search(self.document.text, start, end):
            floating = [one for one in self.tranches if one.floats or "floating" in one.record.lower()]
            return floating[0] if len(floating) == 1 else None
        said = {_plain(one["name"]) for one in NAMES.finditer(self.document.text, start, end)}
        named = [one for one in self.tranches if {_plain(one.alias), _plain(f"{one.year} notes")} & said]
        if not said and len(runs) == 1:
            return self.running(runs.pop())
        return named[0] if len(named) == 1 and len(said) == 1 else None

    def until(self, one: Tranche) -> str:
        """The year in which a tranche matures, as far as its title, or its years from the day of the document, tell."""
        return one.year or (str(self.first.year + one.tenor) if one.tenor and self.first else "")

    def running(self, years: int) -> Tranche | None:
        """The one tranche of a fixed rate that runs so many years."""
        until = str(self.first.year + years) if self.first else "-"
        close = [one for one in self.tranches if years == one.tenor or self.until(one) == until]
        close = [one for one in close if not one.floats] if len(close) > 1 else close
        return close[0] if len(close) == 1 else None

    def say(self, voice: Voice) -> Iterator[Found]:
        for one in self.tranches:
            teller = replace(voice, issuer=one.issuer) if one.issuer else voice
            for term in one.terms.values():
                yield _said(teller, one.record, term, one.doubts.get(term.field, ""))
        for term in self.common:
            yield _said(voice, "", term, "")


def _in(code: str, term: Term, text: str) -> Term:
    """A term in US dollars by its sign alone, in the dollars that the document is in."""
    if text[term.start] != "$" or "USD" not in (term.unit, term.value):
        return term
    return replace(term, value=term.value.replace("USD", code), unit=term.unit.replace("USD", code))


def _said(voice: Voice, record: str, term: Term, doubt: str) -> Found:
    span = (term.start, term.end)
    if not term.value:
        return voice.abstain(record, term.field, term.unit, span, term.reason)
    return voice.say(record, term.field, term.value, term.unit, span, doubt=doubt or term.reason)


def _tells_apart(alias: str) -> bool:
    """`2028 Notes` is a name, `Notes` is not."""
    return NAMED.search(alias) is not None and _plain(alias) not in {
        "notes",
        "note",
        "debentures",
        "bonds",
        "票據",
        "票据",
    }


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+|\b(?:the|each|per)\b", "", text.lower()).removesuffix("s")
