"""Notes that a digest tells in a line each: `Northgate: $1.2bn 4.1% 2033, T+55, 99.871`, `5yr: $1bn, cpn 4.1%, px 99.871`."""

from __future__ import annotations

import re

from ingestion.extract.bonds.tenors import years
from ingestion.extract.bonds.terms import Term, read_term
from ingestion.extract.bonds.tranches import Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.words import words

LEAST, MOST = 50, 130
"""Per cent of the principal."""
SHORT = {"coupon": "short_coupon", "price_to_public": "short_price", "yield": "short_yield", "spread_bp": "over"}
FEWEST = 2
"""Such terms that a line has which tells no year."""


def read_compact(document: Document, deal: Deal) -> None:
    """Puts the notes of such lines into the deal, each with the issuer that stands before it; beside other notes they are none."""
    if any(one.titled for one in deal.tranches):
        return
    for row in document.rows:
        place = row.cells[0].start, row.cells[-1].end
        if found := words().offering["digest"].fullmatch(document.text, *place):
            _dated(document.text, deal, found)
        elif found := words().offering["digest_of_years"].fullmatch(document.text, *place):
            _running(document.text, deal, found)


def _dated(text: str, deal: Deal, found: re.Match[str]) -> None:
    tranche = deal.add(
        Tranche(f"{found['coupon']}% {found['year']}", found["coupon"], found["year"], span=found.span("coupon"))
    )
    tranche.issuer = " ".join((found["issuer"] or "").split())
    for term in read_term("principal", text, *found.span("amount")):
        tranche.put(term)
    tranche.put(Term("coupon", found["coupon"], "percent", *found.span("coupon")))
    tranche.put(Term("maturity", found["year"], "year", *found.span("year")))
    if over := words().offering["over"].search(text, *found.span("rest")):
        for term in read_term("spread_bp", text, *over.span("over")):
            tranche.put(term)
    price = words().offering["bare_price"].search(text, *found.span("rest"))
    if price and LEAST < float(price["price"]) < MOST:
        tranche.put(Term("price_to_public", price["price"], "percent of principal", *price.span("price")))


def _running(text: str, deal: Deal, found: re.Match[str]) -> None:
    said = read_term("principal", text, *found.span("amount"))
    told = [
        term
        for field, name in SHORT.items()
        if (short := words().offering[name].search(text, *found.span("rest")))
        for term in read_term(field, text, short.start("over") if field == "spread_bp" else short.end(), found.end())
    ]
    if said and len(told) >= FEWEST:
        name = " ".join(found["name"].split())
        tranche = deal.add(Tranche(name, span=found.span("name"), tenor=years(found["tenor"])))
        for term in (*said, *told):
            tranche.put(term)
