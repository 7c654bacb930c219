"""The table on the cover of a final supplement: price, discount and proceeds by note and in total, which must add up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from ingestion.extract.bonds.parts import SIGN, Span, joined
from ingestion.extract.bonds.terms import Term, money, read_term
from ingestion.extract.bonds.tranches import MOST_TRANCHES, TITLE, Deal
from ingestion.extract.document import Document
from ingestion.extract.found import TooMany
from ingestion.extract.values import Quantity, quantities
from ingestion.extract.words import words

HEADER = re.compile(r"\bprice\s+to\b|\boffering\s+price\b|\bissue\s+price\b", re.IGNORECASE)
IN_MILLIONS = re.compile(r"\bin\s+millions\b", re.IGNORECASE)
SHARE = re.compile(
    r"(?:aggregate\s+)?principal\s+amount(?:\s+of(?:\s+the)?)?\s+(?P<name>[^\n\t]{0,60}?\bnotes?)(?:\s+due\s+20\d\d)?(?:\s+to\s+be\s+purchased)?",
    re.IGNORECASE,
)
"""The head of a column of what each underwriter takes."""
SUM = re.compile(r"total\W*", re.IGNORECASE)
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
    _listed(document, deal)
    _underwritten(document, deal)
    if (header := HEADER.search(document.text)) is None:
        return
    spans = [span for row in document.rows for span in joined(document.text, row.cells)]
    spans = list(_signed(document.text, spans))
    _across(document, deal, spans)
    _fees(document, deal, spans)
    names: list[tuple[str, Span]] = []
    unnamed: list[Term] = []
    for line in _lines(document.text, [one for one in spans if one[1] > header.start()]):
        place = (line.price.start, line.price.end)
        if line.per and line.price.unit == "percent":
            if len(names) >= MOST_TRANCHES:
                raise TooMany(line.span)
            names.append((line.per["name"], line.span))
            _put(document, deal, *names[-1], _price(line.price))
        elif line.total and (amount := money(document.text, *place)) is not None:
            term = Term.of("gross_proceeds", amount)
            if name := line.total["name"] or line.total["name2"]:
                _put(document, deal, name, line.span, term)
            else:
                unnamed.append(term)
    if len(unnamed) == len(names):
        for (name, span), term in zip(names, unnamed, strict=True):
            _put(document, deal, name, span, term)
    elif len(unnamed) == 1:
        deal.common.append(unnamed[0])


def _listed(document: Document, deal: Deal) -> None:
    """A table of titles and amounts, perhaps in millions, below words that say that these were sold."""
    text, above, unit = document.text, (0, 0), ""
    for row in document.rows:
        spans = joined(text, row.cells)
        title = TITLE.fullmatch(text, *spans[0]) if len(spans) == 2 else None
        said = quantities(text, *spans[1]) if title else []
        if title is None or len(said) != 1 or said[0].refused:
            # The last paragraph, and what heads the table below it.
            above, unit = (row.cells[0].start if row.table is None else above[0], row.cells[-1].end), ""
            continue
        unit = said[0].unit or unit
        scale = 10**6 if IN_MILLIONS.search(text, *above) else 1
        amount = replace(said[0], value=said[0].value * scale, unit=unit)
        if words().offering["listed"].search(text, *above) and unit in set(words().currencies.values()):
            tranche = deal.titled(title)
            tranche.put(Term.of("principal", amount))
            tranche.put(Term("currency", unit, "", amount.start, amount.end))


def _underwritten(document: Document, deal: Deal) -> None:
    """The last line of the table of underwriters: what they take of each note in all, the sum of what each of them takes."""
    text, heads = document.text, list[re.Match[str]]()
    taken: list[list[Quantity]] = []
    for row in document.rows:
        spans = joined(text, row.cells)
        found = [one for span in spans if (one := SHARE.fullmatch(text, *span))]
        if found and len(spans) - len(found) <= 1:
            heads, taken = found, []
        elif heads and len(spans) == len(heads) + 1:
            taken.append([one for span in spans[1:] for one in quantities(text, *span)])
            if not SUM.fullmatch(text, *spans[0]):
                continue
            for head, *column in zip(heads, *taken, strict=False):
                *parts, whole = column
                if parts and not whole.refused and whole.unit and sum(one.value for one in parts) == whole.value:
                    for term in read_term("principal", text, whole.start, whole.end):
                        _put(document, deal, head["name"], head.span(), term)
            heads = []


def _across(document: Document, deal: Deal, spans: list[Span]) -> None:
    """The same table with a column by note and one in total, and a line for each of price, discount and proceeds."""
    text, past = document.text, 0
    for number in range(len(spans)):
        if number < past or not (heads := _heads(text, spans, number)):
            continue
        past, wide = number + 2 * len(heads), 2 * len(heads)
        table = [
            [said for place in spans[line + 1 : line + 1 + wide] for said in quantities(text, *place)]
            for line in range(past, past + 3 * (wide + 1), wide + 1)
        ]
        if any(len(line) != wide or any(said.refused for said in line) for line in table):
            continue
        adds_up = [
            price.value - discount.value == proceeds.value for price, discount, proceeds in zip(*table, strict=True)
        ]
        for head, at in zip(heads, range(0, wide, 2), strict=True):
            price, amount = table[0][at : at + 2]
            if adds_up[at] and adds_up[at + 1] and price.unit == "percent" and amount.unit not in {"percent", ""}:
                for term in (_price(price), Term.of("gross_proceeds", amount)):
                    _put(document, deal, head["name"], head.span(), term)


def _fees(document: Document, deal: Deal, spans: list[Span]) -> None:
    """The table of the registration fee: a title, its amount, its price and what these make, on a line or one a line."""
    text = document.text
    for number, span in enumerate(spans[:-3]):
        if (title := TITLE.fullmatch(text, *span)) is None:
            continue
        said = [one for place in spans[number + 1 : number + 4] for one in quantities(text, *place)]
        if len(said) != 3 or any(one.refused for one in said) or said[1].unit != "percent":
            continue
        amount, price, gross = said
        if amount.unit == gross.unit and abs(amount.value * price.value / 100 - gross.value) <= 1:
            tranche = deal.titled(title)
            for term in read_term("principal", text, amount.start, amount.end):
                tranche.put(term)
            tranche.put(_price(price))


def _price(price: Quantity) -> Term:
    return Term("price_to_public", str(price.value), "percent of principal", price.start, price.end)


def _heads(text: str, spans: list[Span], number: int) -> list[re.Match[str]]:
    """The heads `Per 2030 Note` and `Total` in turn that begin at a stretch."""
    heads: list[re.Match[str]] = []
    while number + 1 < len(spans) and len(heads) < MOST_TRANCHES:
        per = PER_NOTE.fullmatch(text, *spans[number])
        if per is None or not TOTAL.fullmatch(text, *spans[number + 1]):
            break
        heads.append(per)
        number += 2
    return heads


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
