"""AI hosting deals: sentences to the fields of a deal, each under the tenant that stands nearest to the number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from ingestion.extract.document import Document
from ingestion.extract.found import Found, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.prose import sentences
from ingestion.extract.values import Quantity, quantity_at
from ingestion.extract.words import SPELLED, words

HOSTING = re.compile(
    r"\b(?:leas\w+|hosting|host|co-?location|data\s+cent(?:er|re)|gpu|ai\s+cloud|hpc)\b", re.IGNORECASE
)
MAIN = ("value", "critical_mw", "gross_mw", "mw_unspecified", "term_years")
ENTITY = re.compile(r"[A-Z]\w+(?: [A-Z0-9][\w&]*)+,? (?:Inc\.|LLC|L\.P\.|Ltd\.?|Corp\.|Corporation)")
"""The name of a subsidiary that signs, as in `Example USA II Inc.`"""
PURCHASE = "purchase_commitment"
AROUND = 60
"""Characters before and behind a number in which words can say that it is something else."""


@dataclass(frozen=True)
class Said:
    """A number of a sentence, and the tenant that it is told of; `at` is where that name stands."""

    field: str
    tenant: str
    at: tuple[int, int]
    quantity: Quantity
    unit: str


def read_deals(document: Document) -> Iterator[Found]:
    """Values of deals with the tenants that labels.yml knows; a document that speaks of no hosting yields nothing."""
    if not HOSTING.search(document.text):
        return
    issuer = issuer_of(document, _tenants())
    if not issuer:
        return
    voice = Voice(document, "deal", issuer)
    said: dict[tuple[str, str], list[Said]] = defaultdict(list)
    numbers = list(_said(document, issuer))
    tenants = {one.tenant for one in numbers if one.field in MAIN}
    for one in numbers:
        # A total of several deals is told of the one that the document announces.
        announced = min(tenants) if one.field.startswith("cumulative") and len(tenants) == 1 else one.tenant
        said[announced, one.field].append(replace(one, tenant=announced))
    for (tenant, field), values in said.items():
        if (tenant not in tenants and field != PURCHASE) or (field == "mw_unspecified" and _measured(said, tenant)):
            continue
        different = {one.quantity.value for one in values if not one.quantity.refused}
        for value in dict.fromkeys(one.quantity.value for one in values):
            one = next(one for one in values if one.quantity.value == value)
            yield _told(voice, one, "the document gives it in two ways" if len(different) > 1 else "")
    for tenant in sorted(tenants):
        first = min((one for one in _of(said, tenant) if one.field in MAIN), key=lambda one: one.at)
        signs = (at for name, at in _names(document.text, issuer) if name == tenant)
        entity = next((found for at in signs if (found := ENTITY.match(document.text, at[0]))), None)
        span = entity.span() if entity else first.at
        yield voice.say(tenant, "counterparty", entity.group() if entity else tenant, "", span)


def _tenants() -> set[str]:
    """Issuers that rent: a release of a landlord may name its tenant more often than itself."""
    patterns = [pattern for _, pattern in words().tenant_names]
    return {
        issuer
        for issuer, also in words().issuers.items()
        if any(pattern.fullmatch(name) for pattern in patterns for name in (issuer, *also))
    }


def _of(said: dict[tuple[str, str], list[Said]], tenant: str) -> Iterator[Said]:
    return (one for (of, _), values in said.items() if of == tenant for one in values)


def _measured(said: dict[tuple[str, str], list[Said]], tenant: str) -> bool:
    """Whether critical or gross power is known, so that the bare figure is one of these said again."""
    return any((tenant, field) in said for field in ("critical_mw", "gross_mw"))


def _told(voice: Voice, one: Said, doubt: str) -> Found:
    span = (one.quantity.start, one.quantity.end)
    if one.quantity.refused:
        return voice.abstain(one.tenant, one.field, one.unit, span, one.quantity.refused)
    return voice.say(one.tenant, one.field, f"{one.quantity.value.normalize():f}", one.unit, span, doubt=doubt)


def _said(document: Document, issuer: str) -> Iterator[Said]:
    text, last = document.text, ("", (0, 0))
    names = list(_names(text, issuer))
    main = _main_tenant(names)
    for start, end in sentences(document):
        here = [(name, at) for name, at in names if start <= at[0] < end]
        taken: set[int] = set()
        for phrase in words().deals:
            for found in phrase.pattern.finditer(text, start, end):
                at = found.start("n")
                before = text[max(start, found.start() - AROUND) : at]
                around = before + text[at : min(end, found.end() + AROUND)]
                quantity = _number(text, found, start, end)
                if at in taken or quantity is None or phrase.spoils(before, around):
                    continue
                taken.add(at)
                unit = "years" if phrase.unit == "year" else phrase.unit
                if (quantity.unit or phrase.unit) not in (phrase.unit, "year") or (
                    phrase.unit == "USD" and quantity.unit != "USD"
                ):
                    continue
                tenant = _nearest(here, quantity) or last
                tenant = tenant if tenant[0] else main
                if tenant[0] and words().tenants[tenant[0]] == ("supplier" if phrase.field == PURCHASE else "tenant"):
                    yield Said(phrase.field, *tenant, quantity, unit)
        last = next(((name, at) for name, at in reversed(here) if words().tenants[name] == "tenant"), last)


def _number(text: str, found: re.Match[str], start: int, end: int) -> Quantity | None:
    """The number of a phrase, in digits or as a word."""
    if (spelled := SPELLED.get(found["n"].lower())) is not None:
        return Quantity(Decimal(spelled), "", *found.span("n"))
    return quantity_at(text, found.start("n"), start, end)


def _nearest(here: list[tuple[str, tuple[int, int]]], quantity: Quantity) -> tuple[str, tuple[int, int]] | None:
    """The party whose name is nearest to the number. One who only backs a rent is none."""
    parties = [one for one in here if words().tenants[one[0]] != "backstop"]
    return min(parties, key=lambda one: _gap(one[1], quantity), default=None)


def _gap(name: tuple[int, int], quantity: Quantity) -> int:
    return max(quantity.start - name[1], name[0] - quantity.end)


def _names(text: str, issuer: str) -> Iterator[tuple[str, tuple[int, int]]]:
    own = {issuer, *words().issuers.get(issuer, ())}
    for name, pattern in words().tenant_names:
        if name not in own:
            for found in pattern.finditer(text):
                yield name, found.span()


def _main_tenant(names: list[tuple[str, tuple[int, int]]]) -> tuple[str, tuple[int, int]]:
    """The one tenant that the document names; nobody where it names several."""
    tenants = {name for name, _ in names if words().tenants[name] == "tenant"}
    return next((one for one in names if one[0] in tenants), ("", (0, 0))) if len(tenants) == 1 else ("", (0, 0))
