"""Who rents, backs, uses or supplies: where a document names the parties of a deal."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple

from ingestion.extract.document import Document
from ingestion.extract.words import words

UNNAMED = "unnamed"


class Party(NamedTuple):
    """Where a document names who rents, backs or supplies."""

    name: str
    start: int
    end: int
    role: str = "tenant"


NOBODY = Party("", 0, 0)
BEGIN = attrgetter("start")


def parties_of(document: Document, issuer: str) -> Iterator[Party]:
    """Parties of the register; where computing is spoken of, tenants of other names, and those that a sentence without any
    name does not tell."""
    text, known = document.text, words()
    own = {issuer, *known.issuers.get(issuer, ())}
    listed = sorted(
        (
            Party(name, *found.span(), _role(known.tenants[name], text, found.end()))
            for name, pattern in known.tenant_names
            if name not in own
            for found in pattern.finditer(text)
        ),
        key=BEGIN,
    )
    yield from listed
    if not known.tenancy["computing"].search(text):
        return
    apart = document.one_word_a_line
    issuers = {name for issuer, also in known.issuers.items() for name in (issuer, *also)}
    for start, end in document.written:
        if between(listed, start, end) or not known.tenancy["agreed"].search(text, start, end):
            continue
        # Where each word is a paragraph, nothing says where an unknown name ends.
        for found in known.tenancy["named"].finditer(text, start, end) if not apart else ():
            name = known.tenancy["form"].sub("", " ".join(found["name"].split()))
            if not known.tenancy["no_tenant"].search(name) and not any(name.startswith(one) for one in issuers):
                yield Party(name, *found.span("name"))
        for found in known.tenancy["unnamed"].finditer(text, start, end):
            yield Party(UNNAMED, *found.span())


def _role(role: str, text: str, end: int) -> str:
    """What a party of the register is where it is named: a tenant may be the end user of another's rent, and who backs one is
    the party that backs this where the sentence says so."""
    known = words().tenancy
    if role == "tenant" and known["end_user"].match(text, end):
        return "end_user"
    return "backstop_party" if role == "backstop" and known["backs"].match(text, end) else role


def between(parties: list[Party], start: int, end: int) -> list[Party]:
    return parties[bisect_left(parties, start, key=BEGIN) : bisect_left(parties, end, key=BEGIN)]


def main_tenant(parties: list[Party]) -> Party:
    """The one tenant that the document names; nobody where it names several."""
    tenants = [one for one in parties if one.role == "tenant"]
    return tenants[0] if len({one.name for one in tenants}) == 1 else NOBODY
