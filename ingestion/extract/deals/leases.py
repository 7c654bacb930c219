"""Several leases of one tenant told apart: by the row of a table, by the site that each is at, or by which of them it is called."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from ingestion.extract.deals.doubt import WHOSE
from ingestion.extract.deals.parties import Party
from ingestion.extract.deals.said import MAIN, SIZES, TOTALS, Said, sure_of
from ingestion.extract.document import Document
from ingestion.extract.words import words

HEADING = 80
"""Characters of a line that says whose terms stand below it."""
OPENED = " ("
"""Between a tenant and which of its leases a record is of."""
FIRST, SECOND, THIRD = CALLED = ("first lease", "second lease", "third lease")
STOP = re.compile(r"[.;]\s")
ORDER = {
    **dict.fromkeys(("first", "initial", "original", "1", "one", "a"), FIRST),
    **dict.fromkeys(("third", "3", "three"), THIRD),
}
"""What leases are called in their order; what is called otherwise is the second."""
Values = dict[str, set[Decimal]]
"""By field."""


class Mark(NamedTuple):
    """Where a document says of which lease it tells."""

    start: int
    lease: str


def tenant_of(record: str) -> str:
    """The tenant of a record, which may be of one of its leases."""
    return record.partition(OPENED)[0]


def leases_apart(document: Document, numbers: list[Said], named: Container[str]) -> list[Said]:
    """The numbers, those of a tenant with several leases each under its lease; who is `named` is no site of one."""
    told: dict[str, list[Said]] = defaultdict(list)
    for one in numbers:
        told[one.party.name].append(one)
    marks: list[Mark] | None = None
    apart: dict[Said, list[Said]] = {}
    for own in told.values():
        values = {field: sure_of(document, [one for one in own if one.field == field]) for field in MAIN}
        if any(len(values[size]) > 1 for size in SIZES if size in values):
            marks = _marks(document.text, named) if marks is None else marks
            of = {one: one.lease or _lease_of(document.text, one, own, marks) for one in own}
            # Where another lease is spoken of, what is told before it is of the first.
            lonely = {of[one] for one in own if one.field in SIZES} == {"", SECOND}
            apart |= _apart(own, values, {one: lease or (FIRST if lonely else "") for one, lease in of.items()})
    return [other for one in numbers for other in apart.get(one, [one])]


def _apart(own: list[Said], values: Values, of: dict[Said, str]) -> dict[Said, list[Said]]:
    """The numbers of a tenant under the leases that they are of; nothing where these are one, or are not told apart."""
    wholes = {size: _whole(values[size]) for size in SIZES if size in values}
    parts = {field: told - wholes.get(field, set()) for field, told in values.items()}
    leases = _leases(own, parts, of)
    in_all = any(wholes.values()) or any(one.field.startswith("cumulative") for one in own)
    if not _are_apart(leases, parts, in_all=in_all):
        return {}
    return {one: _under(one, leases, of[one], wholes.get(one.field, set())) for one in own}


def _leases(own: list[Said], parts: Values, of: dict[Said, str]) -> dict[str, Values]:
    """What is surely told of each lease that has a size of its own and, where only its site names it, another number."""
    leases: dict[str, Values] = defaultdict(lambda: defaultdict(set))
    for one in own:
        if of[one] and not one.doubt and one.quantity.value in parts.get(one.field, ()):
            leases[of[one]][one.field].add(one.quantity.value)
    return {
        lease: told
        for lease, told in leases.items()
        if any(told[size] for size in SIZES) and (lease in CALLED or sum(map(bool, told.values())) > 1)
    }


def _are_apart(leases: dict[str, Values], parts: Values, *, in_all: bool) -> bool:
    """Whether leases are several, each with one value of a field, and all values of fields that have several are of one of them.
    Leases of sites that are told `in_all` and end together are one rent."""
    several = [field for field, told in parts.items() if len(told) > 1]
    one_rent = in_all and "term_years" not in several and leases.keys().isdisjoint(CALLED)
    return (
        len(leases) > 1
        and not one_rent
        and all(len(told) <= 1 for fields in leases.values() for told in fields.values())
        and all(parts[field] == set().union(*(told[field] for told in leases.values())) for field in several)
    )


def _under(one: Said, leases: dict[str, Values], of: str, wholes: set[Decimal]) -> list[Said]:
    """A number under the lease that it is of: where nothing says which, under those that have its value, a term under all."""
    value, field, doubt, first = one.quantity.value, one.field, one.doubt, list(leases)[:1]
    under = [of] if of in leases else []
    if value in wholes:
        field, under = next(whole for fields, whole in TOTALS.items() if field in fields), first
    under = under or [lease for lease, told in leases.items() if value in told[field]]
    if field in SIZES and not under:
        doubt = doubt or WHOSE.format("no")
    under = under or (list(leases) if field == "term_years" else first)
    return [replace(one, field=field, party=_party(one, lease), doubt=doubt, in_turn=True) for lease in under]


def _party(one: Said, lease: str) -> Party:
    return one.party._replace(name=f"{one.party.name}{OPENED}{lease})")


def _whole(values: set[Decimal]) -> set[Decimal]:
    """Of several values the one that the others come to."""
    return {one for one in values if len(values) > 2 and sum(values) == 2 * one}


def _lease_of(text: str, one: Said, own: list[Said], marks: list[Mark]) -> str:
    """Which lease a number is of: the one that its sentence names, or that its paragraph or the heading of this named last."""
    here = list(dict.fromkeys(mark.lease for mark in _between(marks, *one.sentence)))
    if len(here) > 1:
        # A number of each of them, in their order.
        alike = sorted(
            {other.quantity.start for other in own if (other.sentence, other.field) == (one.sentence, one.field)}
        )
        return here[alike.index(one.quantity.start)] if len(alike) == len(here) else ""
    begin = text.rfind("\n\n", 0, one.sentence[0]) + 1
    above = max(text.rfind("\n\n", 0, max(0, begin - 1)) + 1, begin - HEADING)
    before = [mark.lease for mark in _between(marks, begin, one.sentence[0])]
    headed = {mark.lease for mark in _between(marks, above, begin)}
    return (here or before[-1:] or (list(headed) if len(headed) == 1 else [""]))[0]


def _between(marks: list[Mark], start: int, end: int) -> list[Mark]:
    return marks[bisect_left(marks, (start,)) : bisect_left(marks, (end,))]


def _marks(text: str, named: Container[str]) -> list[Mark]:
    """Where a document names a site, or says the first lease or the second; of two that it calls so at one site the site says nothing."""
    places = (
        (found, found["at"] or found["line"] or found["of"]) for found in words().tenancy["at_site"].finditer(text)
    )
    sites = [
        Mark(found.start(), " ".join(name.split()))
        for found, name in places
        if name not in named and (not found["of"] or text.count(name) > 1)
    ]
    called = [
        Mark(found.start(), ORDER.get(found[found.lastgroup].lower(), SECOND))
        for found in words().deal_words["which_lease"].finditer(text)
        if found.lastgroup
    ]
    of: dict[str, set[str]] = defaultdict(set)
    for one in called:
        near = (site for site in sites if abs(site.start - one.start) < HEADING)
        of[one.lease] |= {site.lease for site in near if not STOP.search(text, *sorted((site.start, one.start)))}
    at = [site for held in of.values() for site in held]
    if len(at) > len(set(at)):
        return sorted(called)
    return sorted(
        [*sites, *(one._replace(lease=min(of[one.lease])) if len(of[one.lease]) == 1 else one for one in called)]
    )
