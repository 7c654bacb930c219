"""Reader of pricing term sheets, prospectus supplements and reports of priced or closed offerings: one record a tranche."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.bonds.compact import read_compact
from ingestion.extract.bonds.offering import TOLD, read_offering
from ingestion.extract.bonds.prices import read_prices
from ingestion.extract.bonds.reported import read_reported
from ingestion.extract.bonds.sheet import read_sheet
from ingestion.extract.bonds.statements import read_statements
from ingestion.extract.bonds.sums import add_up
from ingestion.extract.bonds.tranches import TITLE, Deal
from ingestion.extract.document import Document
from ingestion.extract.found import Found, Voice
from ingestion.extract.gate import is_structured, issuer_of
from ingestion.extract.words import words

HEAD = 6_000
BLANKS = re.compile(
    r"(?:^|[^\d.\s])\s*%\s+(?:[A-Za-z-]+\s+){0,5}notes\s+due|[$€£]\s+(?:floating\s+rate\s+)?notes\s+due\s*(?:,?\s*20)?\s*(?!\d)",
    re.IGNORECASE | re.MULTILINE,
)
"""A coupon, an amount or a year that is still to be filled in."""
LEGAL = re.compile(r",?\s+(?:Inc|Corp|Corporation|Ltd|Limited|plc|LLC|L\.P|N\.V|S\.A|Company|Co)\.?$", re.IGNORECASE)
ISSUER = re.compile(r"(?<!the )\bIssuer:\s+(?P<name>\w[^\n\t(]{2,59})")


def read_bonds(document: Document) -> Iterator[Found]:
    """Tranches of a priced or closed deal. A preliminary document, another security and an intention give one abstention or none."""
    voice = Voice(document, "tranche", _issuer(document))
    head = document.text[:HEAD]
    title = TITLE.search(head)
    if is_structured(document) and "coupon" not in head.lower():
        return
    named = title or words().offering["named"].search(document.lower, 0, HEAD)
    before = head[: named.start() if named else None]
    if _security("program", before) or (title is None and _security("equity", before)):
        return
    if words().gate["status"]["preliminary"].search(head.lower()) or BLANKS.search(head):
        if title is not None:
            yield voice.abstain(
                title.group(), "principal", "", title.span(), "preliminary: amounts and prices are not final"
            )
        return
    deal = Deal(document)
    read_sheet(document, deal)
    sheet = any(TOLD & one.terms.keys() for one in deal.tranches)
    intended = read_statements(document, deal)
    if not sheet and _is_plan(document):
        intended += [(term.start, term.end) for one in deal.tranches for term in one.terms.values()]
        deal.tranches = []
    else:
        read_prices(document, deal)
        read_reported(document, deal)
    read_compact(document, deal)
    if not deal.tranches:
        deal.add_unnamed()
    deal.share()
    if deal.tranches:
        read_offering(document, deal, sheet=sheet)
    deal.tranches = [one for one in deal.tranches if one.terms]
    deal.finish()
    add_up(deal)
    yield from deal.say(voice)
    if not deal.tranches:
        for start, end in intended[:1]:
            yield voice.abstain("", "principal", "", (start, end), "an intention to offer, not a priced deal")


def _is_plan(document: Document) -> bool:
    """Whether a text speaks of an offering that is still to be priced."""
    status = words().gate["status"]
    return bool(status["conditional"].search(document.lower)) and not status["settled"].search(document.lower)


def _security(kind: str, head: str) -> bool:
    return words().gate["security"][kind].search(head.lower()) is not None


def _issuer(document: Document) -> str:
    if name := issuer_of(document):
        return name
    found = ISSUER.search(document.text, 0, HEAD)
    return LEGAL.sub("", found["name"].strip()) if found else ""
