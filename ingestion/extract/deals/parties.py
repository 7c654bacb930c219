"""Who rents, backs, uses or supplies: where a document names the parties of a deal."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container, Iterator
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from ingestion.extract.deals.names import CELL, DIGITS, named_in
from ingestion.extract.document import Document
from ingestion.extract.gate import OPENING, issuer_in, named_most
from ingestion.extract.words import words

UNNAMED, LESSOR = "unnamed", "lessor"
MUCH_MORE = 4
"""So many times as much as an issuer that only lets is one named that rents, too, where a document is of the latter's deals."""
HEAD = 300
"""Characters in which a document says what it is about."""
NAMES = 40
"""Names of which a text is searched for more places."""
NEAR = 40
"""Characters before a name in which words say that another rents for it."""
SHORT, APPOSED = 5, 12
"""Letters of a name's first word by which a text may call it, and characters between a name and what its company is."""


class Party(NamedTuple):
    """Where a document names who rents, backs or supplies."""

    name: str
    start: int
    end: int
    role: str = "tenant"


NOBODY = Party("", 0, 0)
BEGIN = attrgetter("start")


def parties_of(document: Document, issuer: str, *, any_name: bool = True) -> list[Party]:
    """Parties of the register; where computing is spoken of, tenants of other names, and those that a sentence without any
    name does not tell. Of a lease of which nothing says who rents, the tenant has no place in the text. Without `any_name` only
    the register's names are ones."""
    found = list(_told_parties(document, issuer, any_name))
    text, known = document.text, words().tenancy
    silent = (
        None if not issuer or _tenants(found) or not known["computing"].search(text) else known["silent"].search(text)
    )
    return [*found, *([Party(UNNAMED, silent.start(), silent.start())] if silent else [])]


def landlord_of(document: Document, renting: Container[str]) -> str | None:
    """Whose deals a document tells: the issuer named first and most of those that rent from nobody, or one that rents and
    lets on where hardly another is; nobody where it names none, and "" where a company speaks of itself without its name."""
    text, lower, known = document.text[:OPENING], document.lower[:OPENING], words()
    weight, issuer = issuer_in(text, renting)
    places = [(name, *one.span()) for name in known.lessors for one in re.finditer(re.escape(name.lower()), lower)]
    rents = {name for name, _, end in places if known.tenancy["leases"].match(lower, end)} or {
        name for name, start, _ in places if known.tenancy["rented_by"].search(lower, max(0, start - NEAR), start)
    }
    much, lessor = named_most(text, {name: also for name, also in known.lessors.items() if name not in rents})
    itself, called = known.tenancy["itself"].search(document.text), known.tenancy["called"]
    if itself and not issuer and not any(called.match(lower, end) for name, _, end in places if name == lessor):
        return ""
    # Of whom the lessor itself rents, the deal is not.
    sublet = lessor and re.search(rf"{known.tenancy['sublet'].pattern.pattern}{re.escape(issuer)}", text)
    return lessor if sublet or much > MUCH_MORE * weight else issuer or None


def _told_parties(document: Document, issuer: str, any_name: bool) -> Iterator[Party]:
    text, known = document.text, words()
    own = {issuer, *known.issuers.get(issuer, ())}
    listed = sorted(
        (
            Party(name, *found.span(), _role(known.tenants[name], text, *found.span()))
            for name, pattern in known.tenant_names
            if name not in own
            for found in pattern.finditer(text)
            if not _is_beside(known.tenants[name], text, *found.span())
        ),
        key=BEGIN,
    )
    listed = _renting(listed)
    owned = {one.name: other.name for one, other in pairwise(listed) if _joined("owner", text, one, other)}
    listed = [
        one._replace(name=owned.get(one.name, one.name))
        for before, one in pairwise([NOBODY, *listed])
        if not _joined("parent", text, before, one)
    ]
    involved = _involved(document, listed)
    yield from (listed := _users(document, [one for one in listed if one.name in involved]))
    if known.tenancy["computing"].search(text):
        others = sorted(_others(document, listed), key=BEGIN) if any_name else []
        yield from others
        yield from _unnamed(document, listed, others)


def _others(document: Document, listed: list[Party]) -> Iterator[Party]:
    """Tenants that the register does not have: where a sentence says that they rent, and wherever else they are named then."""
    text, known, found = document.text, words().tenancy, dict[str, list[tuple[int, int]]]()
    issuers = tuple(name for issuer, also in words().issuers.items() for name in (issuer, *also))
    # Where each word is a paragraph, nothing says where an unknown name ends.
    for start, end in document.told if not document.one_word_a_line else ():
        asked = "?" in text[max(0, start - NEAR) : start] and known["asked_who"].search(
            text, max(0, start - CELL), start
        )
        answer = known["answered"].match(text, start, end) if asked else None
        # Sentences that differ in their numbers alone name nobody else.
        spans = [(start + one, start + other) for one, other in named_in(text[start:end].translate(DIGITS))]
        for span in [*([answer.span("name")] if answer else []), *spans]:
            name = known["form"].sub("", " ".join(text[slice(*span)].split()))
            if not (
                known["no_tenant"].search(name)
                or name.startswith(issuers)
                or between(listed, *span)
                or known["no_tenant_behind"].match(text, span[1])
            ):
                found.setdefault(name, []).append(span)
    for called, places in found.items():
        if len(found) > NAMES:
            yield from (Party(called, *span) for span in places)
            continue
        # By a part of it, it is called where another place has the whole.
        name = next((one for one in found if one.startswith(f"{called} ")), called)
        if " " not in name and (whole := re.search(rf"\b{re.escape(name)} [A-Z][a-z]\w+(?=,|\.| [a-z])", text)):
            name = whole.group()
        first, *more = name.split()
        # The first of several words is how a text goes on to call it.
        short = first if more and len(first) >= SHORT and text.count(first) > text.count(name) else name
        again = re.finditer(rf"(?<![\w’'-]){re.escape(short)}(?!\w)", text) if text.count(short) > len(places) else ()
        also = [one.span() for one in again if not any(start <= one.start() < end for start, end in places)]
        for span in [*places, *also]:
            yield Party(name, *span)


def _unnamed(document: Document, listed: list[Party], others: list[Party]) -> Iterator[Party]:
    """Tenants without a name, where no other is named."""
    text, lower, known, not_agreed = document.text, document.lower, words().tenancy, words().doubtful["not_agreed"]
    for start, end in document.told:
        # Most sentences have no word for somebody without a name; with whom nothing is agreed is no tenant.
        if not known["somebody"].search(lower, start, end) or not_agreed.search(lower, start, end):
            continue
        for found in known["listed"].finditer(lower, start, end):
            yield Party(UNNAMED, *found.span())
        if any(not one.role.startswith("backstop") for one in between(listed, start, end)):
            continue
        named = between(others, start, end)
        for found in known["unnamed"].finditer(lower, start, end) if known["agreed"].search(lower, start, end) else ():
            # What a company is, is told behind its name, and what is written as a name is one.
            apposed = any(one.start < found.end() and found.start() - one.end < APPOSED for one in named)
            if not (
                apposed
                or known["apposed"].search(text, start, found.start())
                or known["as_name"].search(text[slice(*found.span())])
            ):
                yield Party(UNNAMED, *found.span())


def _is_beside(role: str, text: str, start: int, end: int) -> bool:
    """Whether what a company makes is named, and not the company, or a supplier that only stands behind another, or one that
    another deal is with."""
    known = words().tenancy
    if known["compound"].match(text, end) or known["beside"].search(text, max(0, start - NEAR), start):
        return True
    beside = known["product"].match(text, end) or known["stands_behind"].search(text, max(0, start - NEAR), start)
    return known["made"].match(text, end) is not None or (role == "supplier" and beside is not None)


def _involved(document: Document, parties: list[Party]) -> set[str]:
    """Names of parties that are more than an example: a sentence in which one stands opens the document, or speaks of a deal."""
    deals, named = words().tenancy["deals"], set[str]()
    for start, end in document.told:
        here = {one.name for one in between(parties, start, end)} - named
        if here and (start < HEAD or end - start < CELL or deals.search(document.lower, start, end)):
            named |= here
    return named


def _joined(how: str, text: str, before: Party, one: Party) -> bool:
    """Whether a party is only told to own the one before it, as the `parent` in `Example, a Sample company`, or the one before it
    to be the `owner` of this, as in `Sample's subsidiary Example`."""
    between_them = text[before.end : one.start]
    return (
        before.name not in ("", one.name)
        and len(between_them) < NEAR
        and words().tenancy[how].match(between_them) is not None
    )


def _role(role: str, text: str, start: int, end: int) -> str:
    """What a party of the register is where it is named: a tenant may be the end user of another's rent, and who backs one is
    the party that backs this where the sentence says so."""
    known, role = words().tenancy, "tenant" if role == LESSOR else role
    if role == "tenant" and known["sells"].search(text, max(0, start - 2 * NEAR), start):
        return "supplier"
    if role == "supplier" and known["buys"].search(text, max(0, start - NEAR), start):
        return "tenant"
    if role == "backstop" and known["rented_by"].search(text, max(0, start - NEAR), start):
        return "tenant"
    if role == "tenant" and known["backing"].search(text, max(0, start - NEAR), start):
        return "backstop_party"
    if role == "tenant" and known["guarantees"].match(text, end):
        return "backstop_party"
    if role == "tenant" and known["end_user"].match(text, end):
        return "end_user"
    return "backstop_party" if role == "backstop" and known["backs"].match(text, end) else role


def _renting(parties: list[Party]) -> list[Party]:
    """The parties; one that elsewhere backs others' rents is the tenant wherever it is named, where it rents and no other does."""
    names = {one.name for one in _tenants(parties)}
    return [one._replace(role="tenant") if names == {one.name} and one.role == "backstop" else one for one in parties]


def _users(document: Document, parties: list[Party]) -> list[Party]:
    """The parties, a tenant as an end user where a sentence has another rent for it."""
    used = words().tenancy["used"]
    users = set()
    for start, end in document.told:
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


def between(parties: list[Party], start: int, end: int) -> list[Party]:
    return parties[bisect_left(parties, start, key=BEGIN) : bisect_left(parties, end, key=BEGIN)]


def main_tenant(parties: list[Party]) -> Party:
    """The one tenant that the document names; nobody where it names several."""
    tenants = _tenants(parties)
    return tenants[0] if len({one.name for one in tenants}) == 1 else NOBODY


def called(text: str, tenant: str, named: list[Party]) -> tuple[tuple[int, int], str]:
    """Where a document names a tenant in full, and how: as a company that signs, or by the longest of its names."""
    known = words().tenancy
    # Where its owner is named, the owner's name is not its own.
    named = [one for one in named if _is_known(tenant, text[one.start : one.end])] or named
    entities = (
        found.span()
        for one in named
        if (found := known["entity"].match(text, one.start))
        and not known["owned_by"].search(text, max(0, one.start - NEAR), one.start)
    )
    # A name that another company's is part of is two, as of a heading and what stands below it.
    whole = next(
        (one for one in entities if issuer_in(text[slice(*one)], issuers_that_rent() | {tenant})[1] == ""), None
    )
    longer = [(one.start, found.end() if (found := known["fuller"].match(text, one.end)) else one.end) for one in named]
    span = whole or max(longer, key=lambda one: one[1] - one[0])
    name = " ".join(text[slice(*span)].split())
    bare = known["form"].sub("", name)
    # Initials by which the document calls it are its name, others are told as what they stand for.
    initials = tenant.isupper() and tenant in {text[one.start : one.end] for one in named}
    if tenant not in words().tenants or (whole and not (initials and _is_known(tenant, bare))):
        return span, name if whole else tenant
    return span, tenant if initials or bare.isupper() or len(bare) < len(tenant) else bare


def _is_known(tenant: str, name: str) -> bool:
    return any(known == tenant and pattern.fullmatch(name) for known, pattern in words().tenant_names)


@lru_cache(maxsize=1)
def issuers_that_rent() -> set[str]:
    """Issuers that rent: a release of a landlord may name its tenant more often than itself."""
    patterns = [pattern for _, pattern in words().tenant_names]
    return {
        issuer
        for issuer, also in words().issuers.items()
        if any(pattern.fullmatch(name) for pattern in patterns for name in (issuer, *also))
    }
