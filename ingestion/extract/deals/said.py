"""What is said of deals: a number with its tenant and landlord, and which numbers are told of several deals together."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from ingestion.extract.deals.doubt import BEFORE, in_turn, is_rounded, kind_of, sizes
from ingestion.extract.deals.numbers import Bound, clause_of
from ingestion.extract.deals.parties import Party, between
from ingestion.extract.document import Document
from ingestion.extract.values import Quantity
from ingestion.extract.words import words

ANOTHER = Party("another", 0, 0, "other")
"""One of whom nothing is known: no tenant has what it has."""
PURCHASE = "purchase_commitment"
"""What a landlord, or its tenant, buys of a supplier."""
AMOUNT = re.compile(r"[$£€]")
MAIN = ("value", "critical_mw", "gross_mw", "mw_unspecified", "term_years")
SIZES = (*MAIN[:-1], "annual_value")
"""What a deal is known by: a term may be of anything."""
OFFERED = (*MAIN, "annual_value", "value_with_extensions", "noi", "noi_annual")
"""What a person is asked for where nothing says whose it is."""
TOTALS = {("critical_mw", "mw_unspecified"): "cumulative_mw", ("value",): "cumulative_value"}
"""What a number of these is that comes to what all tenants have."""
SAME = ("value", "critical_mw", "gross_mw", "mw_unspecified")
"""What two names for one tenant are known by."""


@dataclass(frozen=True)
class Said:
    """A number of a sentence, the tenant that it is told of, and what speaks against it."""

    field: str
    party: Party
    quantity: Quantity
    unit: str
    sentence: tuple[int, int]
    landlord: str
    doubt: str = ""
    in_turn: bool = False
    """Whether its sentence tells one number of each of several tenants, or a table whose it is."""
    lease: str = ""
    """Of a row of a table that has one for each lease what it is called."""

    def stretch(self, text: str) -> tuple[int, int]:
        """Where in the text its clause stands, up to the next amount."""
        ahead, behind = clause_of(text, self.quantity, *self.sentence)
        return self.quantity.start - len(ahead), self.quantity.end + len(AMOUNT.split(behind, maxsplit=1)[0])


Numbers = dict[tuple[str, str], list[Said]]
"""What is said by tenant and field."""


def of_all(numbers: list[Said]) -> list[Said]:
    """The numbers, one that comes to what all tenants have as that of all of them."""
    for fields, whole in TOTALS.items():
        of: dict[str, set[Decimal]] = defaultdict(set)
        for one in numbers:
            if one.field in fields:
                of[one.party.name].add(one.quantity.value)
        may_be = len(of) > 1 and all(len(values) <= 2 for values in of.values())
        for total in sorted(set().union(*of.values()), reverse=True) if may_be else ():
            parts = [values - {total} for values in of.values()]
            if all(len(values) == 1 for values in parts) and sum(map(min, parts)) == total:
                of_it = [one for one in numbers if one.field in fields]
                kind = {one.field for one in of_it if one.quantity.value == total}
                # What the whole is, are its parts.
                of_part = {one: replace(one, field=fields[0]) for one in of_it if kind == {fields[0]}}
                wholes = {one: replace(one, field=whole, doubt="") for one in of_it if one.quantity.value == total}
                numbers = [wholes.get(one) or of_part.get(one, one) for one in numbers]
                break
    return numbers


def under_its_name(numbers: list[Said], unnamed: str) -> list[Said]:
    """The numbers, those of a tenant without a name as of the one that is named where both have the same value or power."""
    of: dict[str, dict[str, set[Decimal]]] = defaultdict(lambda: defaultdict(set))
    for one in numbers:
        if one.field in SAME:
            of[one.party.name][one.field].add(one.quantity.value)
    without = of.pop(unnamed, {})
    named = next(iter(of)) if len(of) == 1 else ""
    shared = [field for field in without if named and field in of[named]]
    if not shared or any(without[field].isdisjoint(of[named][field]) for field in shared):
        return numbers
    party = next(one.party for one in numbers if one.party.name == named)
    return [replace(one, party=party) if one.party.name == unnamed else one for one in numbers]


def of_sites(document: Document, said: Numbers, tenant: str) -> None:
    """What a document of one deal tells of its sites, and in all: where it speaks of nothing earlier, the whole is the deal."""
    text, said_before = document.text, words().deal_words["earlier"].search(document.text) is not None
    for whole, parts, field in (
        ("cumulative_mw", ("critical_mw", "mw_unspecified"), "critical_mw"),
        ("cumulative_value", ("value",), "value"),
    ):
        totals = [one for one in said.get((tenant, whole), ()) if field == "value" or _of_it(document, one)]
        counted = {one.quantity.value for part in parts for one in said.get((tenant, part), ())}
        grown, stands = (
            any(words().deal_words[one].search(text, *total.sentence) for total in totals)
            for one in ("grown", "stands")
        )
        if len({one.quantity.value for one in totals}) != 1 or (stands and not counted):
            continue
        if said_before and (counted or grown):
            continue
        total, places = totals[0].quantity.value, {one.sentence for one in totals}
        others = {one.quantity.value for (name, _), told in said.items() if name == tenant for one in told} - counted
        beside = set().union(*(sizes(text, place, total) - others for place in places))
        counted = (counted | beside) - {total}
        alike = len(counted) == 1 and counted <= beside and total % min(counted) == 0
        if not counted or ((alike or sum(counted) == total) and not said_before):
            for one in (whole, *parts):
                said.pop((tenant, one), None)
            said[tenant, field] = [replace(one, field=field, doubt="" if counted else one.doubt) for one in totals]


def _of_it(document: Document, one: Said) -> bool:
    return words().tenancy["critical"].search(document.text, *one.sentence) is not None


def sure_of(document: Document, numbers: list[Said]) -> set[Decimal]:
    """The values that nothing speaks against: of one that is also told rounded the exact one, and of several none that is elsewhere
    said to be what might come of the deal."""
    values = {one.quantity.value for one in numbers if not one.doubt and not one.quantity.refused}
    if len(values) > 1 and all(kind_of(one.unit) == "money" for one in numbers):
        values -= {one for one in values for exact in values if one != exact and is_rounded(one, exact)}
        values = {
            one
            for one in values
            if not any(one == other.quantity.value and _may_be(document, other) for other in numbers)
        } or values
    return values


def _may_be(document: Document, one: Said) -> bool:
    start = max(one.sentence[0], one.quantity.start - BEFORE)
    return words().doubtful["whole"].search(document.lower, start, one.quantity.end) is not None


def turns_of(text: str, start: int, end: int, here: list[Party], bound: list[Bound]) -> dict[int, Party]:
    """Whose each number is in a sentence that names several tenants, one number of a unit each, or in a part of its own."""
    places = {one.end + 1: one for one in here if one.role == "tenant"}
    turns = {one.quantity.start: places[one.quantity.start] for one in bound if one.quantity.start in places}
    tenants = [one for one in here if one.role == "tenant"]
    if len({one.name for one in tenants}) > 1:
        for asked in {unit for _, unit, _ in bound}:
            turns |= in_turn(here, [quantity.start for _, unit, quantity in bound if unit == asked])
    # So it is where each part of the sentence, up to `and another lease`, names one of them, or nobody who is known.
    parts = [start, *(found.end() for found in words().deal_words["next"].finditer(text, start, end)), end]
    if tenants and len(parts) > 2:
        of = [party for part in pairwise(parts) if (party := _of_part(text, *part, between(here, *part)))]
        if len(of) == len(parts) - 1:
            turns |= {at: of[bisect_right(parts, at, 0, len(of)) - 1] for at in (one.quantity.start for one in bound)}
    return turns


def _of_part(text: str, start: int, end: int, here: list[Party]) -> Party | None:
    """The one tenant of a part of a sentence, or another where it tells of a deal with somebody."""
    tenants = {one.name: one for one in here if one.role == "tenant"}
    if not here and words().deal_words["with_another"].search(text, start, end):
        return ANOTHER
    return next(iter(tenants.values())) if len(tenants) == 1 else None
