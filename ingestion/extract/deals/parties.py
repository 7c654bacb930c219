"""Who rents, backs, uses or supplies: where a document names the parties of a deal."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from ingestion.extract.document import Document
from ingestion.extract.gate import OPENING, issuer_in, named_most
from ingestion.extract.words import words

UNNAMED, LESSOR = "unnamed", "lessor"
MUCH_MORE = 4
"""So many times as much as an issuer that only lets is one named that rents, too, where a document is of the latter's deals."""
NEAR = 40
"""Characters before a name in which words say that another rents for it."""


class Party(NamedTuple):
    """Where a document names who rents, backs or supplies."""

    name: str
    start: int
    end: int
    role: str = "tenant"


NOBODY = Party("", 0, 0)
BEGIN = attrgetter("start")


def parties_of(document: Document, issuer: str) -> list[Party]:
    """Parties of the register; where computing is spoken of, tenants of other names, and those that a sentence without any
    name does not tell. Of a lease of which nothing says who rents, the tenant has no place in the text."""
    found = list(_told_parties(document, issuer))
    text, known = document.text, words().tenancy
    silent = (
        None if not issuer or _tenants(found) or not known["computing"].search(text) else known["silent"].search(text)
    )
    return [*found, *([Party(UNNAMED, silent.start(), silent.start())] if silent else [])]


def landlord_of(document: Document, renting: Container[str]) -> str | None:
    """Whose deals a document tells: the issuer named first and most of those that rent from nobody, or one that rents and
    lets on where hardly another is; nobody where it names none, and "" where a company speaks of itself without its name."""
    lower, known = document.lower[:OPENING], words()
    weight, issuer = issuer_in(lower, renting)
    much, lessor = named_most(lower, known.lessors)
    itself, called = known.tenancy["itself"].search(document.text), known.tenancy["called"]
    places = re.finditer(re.escape(lessor.lower()), lower) if lessor else ()
    if itself and not issuer and not any(called.match(lower, one.end()) for one in places):
        return ""
    return lessor if much > MUCH_MORE * weight else issuer or None


def _told_parties(document: Document, issuer: str) -> Iterator[Party]:
    text, known = document.text, words()
    own = {issuer, *known.issuers.get(issuer, ())}
    listed = sorted(
        (
            Party(name, *found.span(), _role(known.tenants[name], text, *found.span()))
            for name, pattern in known.tenant_names
            if name not in own
            for found in pattern.finditer(text)
            # What a supplier makes is no party.
            if known.tenants[name] != "supplier" or not known.tenancy["product"].match(text, found.end())
        ),
        key=BEGIN,
    )
    listed = [one for before, one in pairwise([NOBODY, *listed]) if not _is_parent(text, before, one)]
    yield from (listed := _users(document, listed))
    if not known.tenancy["computing"].search(text):
        return
    apart = document.one_word_a_line
    issuers = {name for issuer, also in known.issuers.items() for name in (issuer, *also)}
    for start, end in document.written:
        yield from (Party(UNNAMED, *found.span()) for found in known.tenancy["listed"].finditer(text, start, end))
        if any(not one.role.startswith("backstop") for one in between(listed, start, end)) or not known.tenancy[
            "agreed"
        ].search(text, start, end):
            continue
        # Where each word is a paragraph, nothing says where an unknown name ends.
        told = not apart and known.tenancy["about"].search(text, start, end) and not _is_heading(text[start:end])
        for found in known.tenancy["named"].finditer(text, start, end) if told else ():
            name = known.tenancy["form"].sub("", " ".join(found["name"].split()))
            if not known.tenancy["no_tenant"].search(name) and not any(name.startswith(one) for one in issuers):
                yield Party(name, *found.span("name"))
        for found in known.tenancy["unnamed"].finditer(text, start, end):
            yield Party(UNNAMED, *found.span())


def _is_parent(text: str, before: Party, one: Party) -> bool:
    """Whether a party is only told to own the one before it, as in `Example, a Sample company`."""
    between_them = text[before.end : one.start]
    return (
        before.name not in ("", one.name)
        and len(between_them) < NEAR
        and words().tenancy["parent"].match(between_them) is not None
    )


def _role(role: str, text: str, start: int, end: int) -> str:
    """What a party of the register is where it is named: a tenant may be the end user of another's rent, and who backs one is
    the party that backs this where the sentence says so."""
    known, role = words().tenancy, "tenant" if role == LESSOR else role
    if role == "tenant" and known["sells"].search(text, max(0, start - 2 * NEAR), start):
        return "supplier"
    if role == "supplier" and known["buys"].search(text, max(0, start - NEAR), start):
        return "tenant"
    if role == "tenant" and known["backing"].search(text, max(0, start - NEAR), start):
        return "backstop_party"
    if role == "tenant" and known["end_user"].match(text, end):
        return "end_user"
    return "backstop_party" if role == "backstop" and known["backs"].match(text, end) else role


def _users(document: Document, parties: list[Party]) -> list[Party]:
    """The parties, a tenant as an end user where a sentence has another rent for it."""
    used = words().tenancy["used"]
    users = set()
    for start, end in document.written:
        here = _tenants(between(parties, start, end))
        if len({one.name for one in here}) > 1:
            users |= {one.name for one in here if used.search(document.text, max(start, one.start - NEAR), one.start)}
    rents = words().tenancy["rents"]
    users -= {one.name for one in _tenants(parties) if one.name in users and rents.match(document.text, one.end)}
    if not {one.name for one in _tenants(parties)} - users:
        return parties
    return [one._replace(role="end_user") if one.name in users and one.role == "tenant" else one for one in parties]


def _tenants(parties: list[Party]) -> list[Party]:
    return [one for one in parties if one.role == "tenant"]


def _is_heading(sentence: str) -> bool:
    """Whether nearly all words have capitals: there they tell no name."""
    written = [word for word in sentence.split() if word[:1].isalpha() and len(word) > 3]
    return sum(word[:1].isupper() for word in written) > 0.7 * len(written)


def between(parties: list[Party], start: int, end: int) -> list[Party]:
    return parties[bisect_left(parties, start, key=BEGIN) : bisect_left(parties, end, key=BEGIN)]


def main_tenant(parties: list[Party]) -> Party:
    """The one tenant that the document names; nobody where it names several."""
    tenants = _tenants(parties)
    return tenants[0] if len({one.name for one in tenants}) == 1 else NOBODY
