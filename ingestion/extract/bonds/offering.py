"""What sentences say of an offering whose amount is known: maturity, price, closing, option and conversion."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ingestion.extract.bonds.terms import Term, money, read_term
from ingestion.extract.bonds.tranches import TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.values import CUT, Moment, moments
from ingestion.extract.words import words

MATURES = re.compile(
    r"\b(?:matur(?:e|es|ing)|maturity(?:\s+date)?(?:\s+of|\s+set\s+for)?)\s*(?:is\s+)?(?:on\s+)?(?=[A-Z][a-z]{2,8}\.?\s+\d{1,2}\s?,\s+20\d\d)",
    re.IGNORECASE,
)
MATURES_IN = re.compile(
    r"\bmatur(?:e|es|ing)\s+in\s+(?:[A-Z][a-z]{2,8}\s+)?(?=20\d\d\b)|\bmaturity\s+date\s+(?:of|in)\s+(?:[A-Z][a-z]{2,8}\s+)?(?=20\d\d\b)"
)
MATURES_CUT = re.compile(r"\b(?:matur(?:e|es|ing)|maturity(?:\s+date)?)\s+(?:on\s+)?[A-Z]\w*\.?\s*[\d, ]*$")
SUM = re.compile(
    r"\baggregate\s+principal\s+amount\s+of\s+(?:the\s+)?(?:[\w-]+\s+){0,3}?notes\s+(?:issued\s+and\s+)?(?:sold|issued)(?:\s+in\s+the\s+offering)?,?"
    r"[^.$]{0,40}?\s(?:was|is)\s+",
    re.IGNORECASE,
)
PRICE = re.compile(
    r"\b(?:issue|issuance|offering|purchase)\s+price\s+(?:of|equal\s+to)\s+|"
    r"\b(?:issued|sold|priced)\s+at\s+(?:an?\s+(?:issue\s+)?price\s+(?:of|equal\s+to)\s+)?(?=\d)|"
    r"(?:(?<=\))|\bdue\s+20\d\d)\s+at\s+(?=par\b)|\b(?:priced|issued|sold)\s+at\s+(?=par\b)",
    re.IGNORECASE,
)
DAY = r"(?:on\s+or\s+)?(?:(?:on|around|about|by)\s+)?(?=[A-Z][a-z]{2})"
CLOSES = re.compile(
    rf"\b(?:closing|settlement)\b(?:\s+of\s+the\s+(?:\w+\s+){{1,4}}?)?\s*(?:is|are)\s+(?:expected|scheduled|anticipated)\s+(?:to\s+occur\s+|for\s+)?(?:{DAY})?(?=\w)|"
    rf"\b(?:expect(?:ed|s)?|scheduled|set|anticipated?|project(?:ed|s)?)\s+(?:the\s+\w+\s+)?to\s+(?:close|settle|be\s+(?:completed|issued|delivered))\s+{DAY}|"
    rf"\b(?:expect(?:ed|s)?\s+to\s+deliver|delivery|deliver)\b[^.;]{{0,160}}?\bon\s+or\s+about\s+",
    re.IGNORECASE,
)
CLOSED = re.compile(
    r"(?:^|.*\n)On\s+(?P<when>.{6,22}?\d{4}),.{0,160}?\b(?:complet(?:ed|ion\s+of)|closed|consummated|(?:issued|sold)\s+(?:and\s+sold\s+)?(?=(?:US)?[$€£]|its\b|an\s+aggregate))",
    re.IGNORECASE | re.DOTALL,
)
CLOSED_ON = re.compile(
    r"\b(?:offerings?|sale|issuance|transaction)\s+(?:(?:was|were)\s+)?(?:closed|completed|consummated|settled)\s+on\s+(?P<when>[A-Z][^.;]{6,20}?\d{4})",
    re.IGNORECASE,
)
MONEY = r"(?=(?:US)?[$€£]\s?\d)"
OPTION = re.compile(
    rf"\bup\s+to\s+an\s+additional\s+{MONEY}|"
    rf"\boption\b[^.;$€£]{{0,160}}?\b(?:additional|extra|additional\s+notes\s+in\s+the\s+aggregate\s+principal\s+amount\s+of)\s+{MONEY}|"
    rf"\boption\b[^.;$€£]{{0,160}}?\bup\s+to\s+{MONEY}(?=\S+\s*(?:[bm]illion\s+)?(?:more|additional|in\s+additional|(?:in\s+)?(?:aggregate\s+)?principal\s+amount\s+of\s+additional)\b)|"
    rf"\badditional\s+{MONEY}(?=\S+\s*(?:[bm]illion\s+)?option\b)|"
    rf"\bup\s+to\s+{MONEY}(?=\S+\s*(?:[bm]illion\s+)?if\s+the\s+(?:initial\s+purchasers|underwriters)\s+exercise)",
    re.IGNORECASE,
)
CONVERTS = re.compile(
    r"(?<!maximum\s)\b(?:conversion|exchange)\s+rate\b(?:(?!exceed|maximum)[^.]){0,90}?(?=\d)|"
    r"\bconvert(?:ible)?\b[^.;]{0,80}?\brate\s+of\s+(?=\d)|"
    r"\bconversion\s+price\b[^;()]{0,60}\((?=\d[\d.]*\s+shares\b)",
    re.IGNORECASE,
)
RATE = re.compile(
    r"\b(?:(?:carr(?:y|ies)|ha(?:s|ve)|bears?|accrues?|pays?|with)\s+(?:\w+\s+){0,3}?(?:coupon|interest)|interest\s+(?:will\s+)?accrues?)\b[^.;%]{0,40}?(?<=\s)(?=\d{1,2}(?:\.\d+)?\s?%)",
    re.IGNORECASE,
)
OVER = re.compile(
    r"\b(?:priced|sold)\s+at\s+(?:a\s+spread\s+of\s+)?(?=\d[\d.]*\s+(?:basis\s+points|bps)\s+(?:over|above)\s+(?:[\w.]+\s+){0,2}?treasur)",
    re.IGNORECASE,
)
FACTS = (
    (SUM, "principal"),
    (PRICE, "price_to_public"),
    (CONVERTS, "conversion_rate"),
    (RATE, "coupon"),
    (OVER, "spread_bp"),
)
TOLD = frozenset({"principal", "currency", "price_to_public"})
"""What the labels of a sheet tell, if anything does."""
LATE = timedelta(days=60)
"""From the announcement of an offering to its closing."""


def announced(document: Document) -> date | None:
    """The first day that a document names in its head, which is near the day that it is of."""
    return next((one.first for one in moments(document.text, 0, 2_000) if one.precision == "day"), None)


def read_offering(document: Document, deal: Deal, *, sheet: bool) -> None:
    """Puts into the deal what sentences say of it; beside a sheet only what its labels did not tell."""
    _matures(document, deal, sheet=sheet)
    text, status, first = document.text, words().gate["status"], announced(document)
    lost = None if sheet else MATURES_CUT.search(text, max(0, len(text) - 60))
    if lost is not None and (cut := deal.meant(max(0, lost.start() - 40), lost.end())) is not None:
        cut.put(Term("maturity", "", "date", *lost.span(), CUT))
    for start, end in document.written:
        said = text[start:end]
        if status["intention"].search(said):
            continue
        for found in CLOSES.finditer(text, start, end):
            when = next(iter(moments(text, found.end(), min(end, found.end() + 24))), None)
            if when is not None:
                _closing(deal, when, first, sheet=sheet)
        told = (CLOSED.match(said) if TITLE.search(said) else None) or CLOSED_ON.search(said)
        if told is not None:
            when = next(iter(moments(text, start + told.start("when"), start + told.end("when"))), None)
            if when is not None and (first is None or first - when.first <= LATE):
                _closing(deal, when, first, sheet=sheet)
        for pattern, name in FACTS:
            done = start
            for found in pattern.finditer(text, start, end):
                for term in read_term(name, text, found.end(), min(end, found.end() + 160))[:2]:
                    _put(deal.meant(done, term.start), term, sheet=sheet)
                    done = term.end
        for found in OPTION.finditer(text, start, end):
            amount = money(text, found.end(), min(end, found.end() + 30))
            if amount is not None and not amount.refused:
                term = Term("option_principal", f"{amount.value.normalize():f}", amount.unit, amount.start, amount.end)
                _put(deal.meant(amount.end, min(end, amount.end + 70)), term, sheet=sheet)


def _put(tranche: Tranche | None, term: Term, *, sheet: bool) -> None:
    if tranche is not None and not (sheet and (term.field in tranche.terms or term.field in TOLD)):
        tranche.put(term)


def _matures(document: Document, deal: Deal, *, sheet: bool) -> None:
    """The day on which tranches mature; where labels told of it, only the day of a year that they told."""
    text = document.text
    for start, end in document.written:
        for found in (*MATURES.finditer(text, start, end), *MATURES_IN.finditer(text, start, end)):
            for term in read_term("maturity", text, found.end(), end)[:1]:
                for tranche in deal.tranches:
                    said = tranche.terms.get("maturity")
                    told = sheet and said is not None and said.unit == "date"
                    if (
                        tranche.year in {"", term.value[:4]}
                        and not told
                        and not (said and said.unit == "date" and term.unit == "year")
                    ):
                        tranche.put(term)


def _closing(deal: Deal, when: Moment, first: date | None, *, sheet: bool) -> None:
    day: date | None = when.first if when.precision == "day" else None
    if when.precision == "day_of_year" and first is not None:
        day = when.first.replace(year=first.year)
        day = day if day >= first else day.replace(year=first.year + 1)
        day = day if day - first <= LATE else None
    if day is not None:
        for tranche in deal.tranches:
            if not (sheet and "settlement_date" in tranche.terms):
                tranche.put(Term("settlement_date", day.isoformat(), "date", when.start, when.end))
