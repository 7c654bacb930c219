"""Notes that a digest tells in a line each: `Northgate: $1.2bn 4.1% 2033, T+55, 99.871`."""

from __future__ import annotations

import re

from ingestion.extract.bonds.terms import Term, read_term
from ingestion.extract.bonds.tranches import PERCENT, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.values import MONTH

BETWEEN = r"\s*(?:[,;/|]\s*|of\s+)?"
LINE = re.compile(
    rf"(?:(?P<issuer>[A-Z][^:\n]{{1,40}}):\s*)?(?P<amount>(?:(?:US|C|A)?[$€£¥]|[A-Z]{{3}}\s?)[\d,.]+\s*(?:[bm]illion|[bm]n|[bm]|mm))\b"
    rf"{BETWEEN}(?P<coupon>\d{{1,2}}(?:\.\d+)?)\s?{PERCENT}{BETWEEN}(?:(?:[A-Za-z-]+\s+){{0,4}}?(?:notes|bonds)\s+)?(?:due\s+)?"
    rf"(?:{MONTH.format('month')}\s+)?(?P<year>20\d\d)(?![\d.])(?P<rest>[^\n]{{0,60}})",
    re.IGNORECASE,
)
OVER = re.compile(r"(?:^|[\s,;/|(])(?P<over>(?:T|UST|MS|B|G|ASW)\s?\+\s?\d{1,3}(?:\.\d+)?)(?![\d%])")
PRICE = re.compile(r"(?:^|[\s,;/|@(])(?P<price>\d{2,3}\.\d{2,3})(?=\s*%?\s*(?:[,;/|)]|$))")
LEAST, MOST = 50, 130
"""Per cent of the principal."""


def read_compact(document: Document, deal: Deal) -> None:
    """Puts the notes of such lines into the deal, each with the issuer that stands before it; beside other notes they are none."""
    if any(one.titled for one in deal.tranches):
        return
    text = document.text
    for row in document.rows:
        start, end = row.cells[0].start, row.cells[-1].end
        if (found := LINE.fullmatch(text, start, end)) is None:
            continue
        tranche = deal.add(
            Tranche(f"{found['coupon']}% {found['year']}", found["coupon"], found["year"], span=found.span("coupon"))
        )
        tranche.issuer = " ".join((found["issuer"] or "").split())
        for term in read_term("principal", text, *found.span("amount")):
            tranche.put(term)
        tranche.put(Term("coupon", found["coupon"], "percent", *found.span("coupon")))
        tranche.put(Term("maturity", found["year"], "year", *found.span("year")))
        if over := OVER.search(text, *found.span("rest")):
            for term in read_term("spread_bp", text, *over.span("over")):
                tranche.put(term)
        if (price := PRICE.search(text, *found.span("rest"))) and LEAST < float(price["price"]) < MOST:
            tranche.put(Term("price_to_public", price["price"], "percent of principal", *price.span("price")))
