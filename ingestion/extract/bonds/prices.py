"""The table on the cover of a final supplement: price, discount and proceeds by note and in total, which must add up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ingestion.extract.bonds.parts import SIGN, Span, joined
from ingestion.extract.bonds.terms import Term, money
from ingestion.extract.bonds.tranches import MOST_TRANCHES, TITLE, Deal
from ingestion.extract.document import Document
from ingestion.extract.found import TooMany
from ingestion.extract.values import Quantity, quantities

HEADER = re.compile(r"\bprice\s+to\b|\boffering\s+price\b|\bissue\s+price\b", re.IGNORECASE)
LEADERS = r"[\s.:]*"
PER_NOTE = re.compile(
    rf"per\s+(?P<name>(?:(?!total)[^\n\t]){{0,60}}?\bnotes?)(?:\s+due\s+20\d\d)?{LEADERS}", re.IGNORECASE
)
TOTAL = re.compile(
    rf"(?:(?P<name>.{{0,60}}?\bnotes?)\s+total|total(?:\s+for\s+(?:the\s+)?(?P<name2>.{{0,40}}\bnotes?))?){LEADERS}",
    re.IGNORECASE,
)


class Line(NamedTuple):
    """A line of the table: what it is of, and its three numbers."""

    span: Span
    per: re.Match[str] | None
    total: re.Match[str] | None
    price: Quantity
    discount: Quantity
    proceeds: Quantity


def read_prices(document: Document, deal: Deal) -> None:
    """Puts prices and gross proceeds into the deal; a line whose discount is not the difference of the others says nothing."""
    if (header := HEADER.search(document.text)) is None:
        return
    spans = [span for row in document.rows for span in joined(document.text, row.cells)]
    names: list[tuple[str, Span]] = []
    unnamed: list[Term] = []
    for line in _lines(document.text, list(_signed(document.text, [one for one in spans if one[0] > header.start()]))):
        place = (line.price.start, line.price.end)
        if line.per and line.price.unit == "percent":
            if len(names) >= MOST_TRANCHES:
                raise TooMany(line.span)
            names.append((line.per["name"], line.span))
            _put(
                document,
                deal,
                *names[-1],
                Term("price_to_public", str(line.price.value), "percent of principal", *place),
            )
        elif line.total and (amount := money(document.text, *place)) is not None:
            term = Term("gross_proceeds", f"{amount.value.normalize():f}", amount.unit, *place)
            if name := line.total["name"] or line.total["name2"]:
                _put(document, deal, name, line.span, term)
            else:
                unnamed.append(term)
    if len(unnamed) == len(names):
        for (name, span), term in zip(names, unnamed, strict=True):
            _put(document, deal, name, span, term)
    elif len(unnamed) == 1:
        deal.common.append(unnamed[0])


def _lines(text: str, spans: list[Span]) -> Iterator[Line]:
    """Lines of the table that add up, with the numbers in the same cell or in those behind it."""
    for number, (start, end) in enumerate(spans):
        per, total = PER_NOTE.match(text, start, end), TOTAL.match(text, start, end)
        if (named := per or total) is None:
            continue
        said: list[Quantity] = []
        for place in ((named.end(), end), *spans[number + 1 : number + 4]):
            if len(said) < 3:
                said += quantities(text, *place)
        if len(said) != 3 or any(one.refused for one in said):
            continue
        price, discount, proceeds = said
        if price.unit == discount.unit and price.value - discount.value == proceeds.value:
            yield Line((start, named.end()), per, total, price, discount, proceeds)


def _put(document: Document, deal: Deal, name: str, span: Span, term: Term) -> None:
    title = TITLE.search(document.text, *span)
    plural = re.sub(r"(?i)(note)$", r"\1s", " ".join(name.split()))
    tranche = deal.titled(title) if title else deal.named(plural, span, keep=True)
    if tranche is not None:
        tranche.put(term)


def _signed(text: str, spans: list[Span]) -> Iterator[Span]:
    """Spans, with a currency sign on a line of its own given back to the number behind it."""
    sign: int | None = None
    for start, end in spans:
        if SIGN.fullmatch(text[start:end]):
            sign = start
        else:
            yield (start if sign is None else sign, end)
            sign = None
