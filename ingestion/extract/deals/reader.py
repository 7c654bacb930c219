"""AI hosting deals: sentences to the fields of a deal, each under the tenant that stands nearest to the number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from ingestion.extract.deals.parties import BEGIN, NOBODY, Party, between, main_tenant, parties_of
from ingestion.extract.document import Document
from ingestion.extract.found import MOST, Found, TooMany, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import Quantity, quantity_at
from ingestion.extract.words import SPELLED, words

HOSTING = re.compile(
    r"\b(?:leas\w+|hosting|host|co-?location|data\s+cent(?:er|re)s?|gpus?|ai\s+cloud|hpc)\b", re.IGNORECASE
)
MAIN = ("value", "critical_mw", "gross_mw", "mw_unspecified", "term_years")
ENTITY = re.compile(r"[A-Z]\w+(?:\s[A-Z0-9][\w&]*)+,?\s(?:Inc\.|LLC|L\.P\.|Ltd\.?|Corp\.|Corporation)")
"""The name of a subsidiary that signs, as in `Example USA II Inc.`"""
PURCHASE = "purchase_commitment"
AROUND = 60
"""Characters before and behind a number in which words can say that it is something else."""


@dataclass(frozen=True)
class Said:
    """A number of a sentence, and the tenant that it is told of."""

    field: str
    party: Party
    quantity: Quantity
    unit: str
    sentence: tuple[int, int]


def read_deals(document: Document) -> Iterator[Found]:
    """Values of deals, each with its tenant; a document that speaks of no hosting yields nothing."""
    if not HOSTING.search(document.text):
        return
    issuer = issuer_of(document, _renting())
    if not issuer:
        return
    voice = Voice(document, "deal", issuer)
    parties = sorted(parties_of(document, issuer), key=BEGIN)
    numbers = list(islice(_said(document, parties), MOST + 1))
    if len(numbers) > MOST:
        raise TooMany((numbers[-1].quantity.start, numbers[-1].quantity.end))
    tenants = {one.party.name for one in numbers if one.field in MAIN}
    said: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for one in numbers:
        # A total of several deals is told of the one that the document announces.
        only = one.field.startswith("cumulative") and len(tenants) == 1
        said[min(tenants) if only else one.party.name, one.field].append(one)
    for (tenant, field), values in said.items():
        if (tenant not in tenants and field != PURCHASE) or (field == "mw_unspecified" and _measured(said, tenant)):
            continue
        different = {one.quantity.value for one in values if not one.quantity.refused}
        for value in dict.fromkeys(one.quantity.value for one in values):
            first = next(one for one in values if one.quantity.value == value)
            yield _told(voice, tenant, first, "the document gives it in two ways" if len(different) > 1 else "")
            of_one = field == "value" and len(different) == 1
            if of_one and (basis := words().basis(document.text, *first.sentence)) is not None:
                yield voice.say(tenant, "value_basis", basis[0], "", basis[1])
    named_of: dict[str, list[Party]] = defaultdict(list)
    for party in parties:
        named_of[party.name].append(party)
    users = {one.name: one for one in reversed(parties) if one.role == "end_user"}
    for tenant in sorted(tenants):
        for name, user in users.items() if len(tenants) == 1 else ():
            yield voice.say(tenant, "end_user", name, "", (user.start, user.end))
        named = named_of[tenant]
        entity = next((found for one in named if (found := ENTITY.match(document.text, one.start))), None)
        span = entity.span() if entity else (named[0].start, named[0].end)
        yield voice.say(tenant, "counterparty", " ".join(entity.group().split()) if entity else tenant, "", span)


def _renting() -> set[str]:
    """Issuers that rent: a release of a landlord may name its tenant more often than itself."""
    patterns = [pattern for _, pattern in words().tenant_names]
    return {
        issuer
        for issuer, also in words().issuers.items()
        if any(pattern.fullmatch(name) for pattern in patterns for name in (issuer, *also))
    }


def _measured(said: dict[tuple[str, str], list[Said]], tenant: str) -> bool:
    """Whether critical or gross power is known, so that the bare figure is one of these said again."""
    return any((tenant, field) in said for field in ("critical_mw", "gross_mw"))


def _told(voice: Voice, tenant: str, one: Said, doubt: str) -> Found:
    span = (one.quantity.start, one.quantity.end)
    if one.quantity.refused:
        return voice.abstain(tenant, one.field, one.unit, span, one.quantity.refused)
    return voice.say(tenant, one.field, f"{one.quantity.value.normalize():f}", one.unit, span, doubt=doubt)


def _said(document: Document, parties: list[Party]) -> Iterator[Said]:
    text, last, main = document.text, NOBODY, main_tenant(parties)
    seen: set[tuple[str, str]] = set()
    for start, end in document.written:
        here = between(parties, start, end)
        taken: set[int] = set()
        lower = text[start:end].lower()
        # What is said again of the same tenant says nothing new.
        new = end - start >= SHORTEST and (lower, last.name) not in seen and not words().not_agreed.is_in(lower)
        seen.add((lower, last.name))
        for phrase in words().deals_with(lower) if new else ():
            for found in phrase.sought.within(text, lower, start, end):
                at = found.start("n")
                before = text[max(start, found.start() - AROUND) : at]
                around = before + text[at : min(end, found.end() + AROUND)]
                quantity = _number(text, found, start, end)
                if at in taken or quantity is None or quantity.value < 0:
                    continue
                spoiled = phrase.spoils(before, around)
                if not spoiled or phrase.claims:
                    taken.add(at)
                if spoiled:
                    continue
                unit = "years" if phrase.unit == "year" else phrase.unit
                if quantity.unit not in ({phrase.unit, "USD"} if "USD" in phrase.unit else {phrase.unit, "", "year"}):
                    continue
                party = _nearest(here, quantity) or last
                party = party if party.name else main
                if party.name and party.role == ("supplier" if phrase.field == PURCHASE else "tenant"):
                    yield Said(phrase.field, party, quantity, unit, (start, end))
        last = next((one for one in reversed(here) if one.role == "tenant"), last)


def _number(text: str, found: re.Match[str], start: int, end: int) -> Quantity | None:
    """The number of a phrase, in digits or as a word."""
    if (spelled := SPELLED.get(found["n"].lower())) is not None:
        return Quantity(Decimal(spelled), "", *found.span("n"))
    return quantity_at(text, found.start("n"), start, end)


def _nearest(here: list[Party], quantity: Quantity) -> Party | None:
    """The party whose name is nearest to the number. One who only backs a rent, or uses what another rents, is none."""
    parties = [one for one in here if one.role not in ("backstop", "end_user")]
    return min(parties, key=lambda one: max(quantity.start - one.end, one.start - quantity.end), default=None)
