"""AI hosting deals: sentences to the fields of a deal, each under the tenant that stands nearest to the number."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from ingestion.extract.deals.doubt import (
    ANOTHER,
    BEFORE,
    POWER,
    REPORTED,
    TENTATIVE,
    UNBOUND,
    is_report,
    landlords,
    of_parties,
    of_record,
    of_sentence,
    rivals,
)
from ingestion.extract.deals.numbers import bound_in, clause_of
from ingestion.extract.deals.parties import (
    BEGIN,
    NOBODY,
    UNNAMED,
    Party,
    between,
    called,
    issuers_that_rent,
    landlord_of,
    main_tenant,
    parties_of,
)
from ingestion.extract.deals.said import Numbers, Said, of_all, of_sites, sure_of, turns_of, under_its_name
from ingestion.extract.deals.tables import (
    sentences_of,
    tenants_in_columns,
    tenants_of_tables,
    told_in_lines,
    told_in_tables,
)
from ingestion.extract.document import Document
from ingestion.extract.found import ACCEPTED, MOST, Found, TooMany, Voice
from ingestion.extract.gate import issuer_in
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import Quantity
from ingestion.extract.words import words

MAIN = ("value", "critical_mw", "gross_mw", "mw_unspecified", "term_years")
LONELY = "neither value nor power of this deal is sure"
SIZES = (*MAIN[:-1], "annual_value")
"""What a deal is known by: a term may be of anything."""
PURCHASE = "purchase_commitment"


def read_deals(document: Document) -> Iterator[Found]:
    """Values of deals, each with its tenant; a document that speaks of no hosting yields nothing."""
    if not words().deal_words["hosting"].search(document.text):
        return
    renting = issuers_that_rent()
    issuer = landlord_of(document, renting)
    if not (parties := tenants_in_columns(document, sorted(parties_of(document, issuer or ""), key=BEGIN))):
        return
    in_tables = _in_tables(document, parties, issuer or "", renting)
    # Nobody's sentences may be of anybody; a table of deals has its heads.
    told = in_tables if issuer is None else chain(_said(document, parties, issuer, renting), in_tables)
    numbers = list(islice(told, MOST + 1))
    if len(numbers) > MOST:
        raise TooMany((numbers[-1].quantity.start, numbers[-1].quantity.end))
    whose = list(dict.fromkeys(one.landlord for one in numbers))
    # Of several landlords nothing says whose tenants another backs.
    parties = [one for one in parties if len(whose) == 1 or one.role not in ("end_user", "backstop_party")]
    for landlord in whose:
        own = [one for one in numbers if one.landlord == landlord]
        yield from _of_landlord(Voice(document, "deal", landlord), own, parties)


def _of_landlord(voice: Voice, numbers: list[Said], parties: list[Party]) -> Iterator[Found]:
    """The deals of a landlord."""
    document, words_of = voice.document, words().deal_words
    numbers = of_all(under_its_name(numbers, UNNAMED))
    tenants = {one.party.name for one in numbers if one.field in MAIN}
    sure = {one.party.name for one in numbers if one.field in SIZES and not one.doubt} or tenants
    said: Numbers = defaultdict(list)
    joint = False
    for one in numbers:
        # A total of several deals is told of the one that the document announces; what each has, of all.
        whole, several, here = one.field.startswith("cumulative"), len(sure) > 1, between(parties, *one.sentence)
        each = several and not here and words_of["each"].match(document.text, *one.sentence)
        of_leases = one.field == "term_years" and several and of_parties(here) != ""
        each = each or (of_leases and words_of["several"].search(document.text, *one.sentence))
        of_many = len({other.name for other in here if other.role == "tenant"}) > 1
        joint = joint or (whole and of_many)
        open_to = of_parties(here) if (several or of_many) and not (whole or one.in_turn or each) else ""
        of_one = (
            whole and not several and (of_parties(here) or words_of["earlier"].search(document.text, *one.sentence))
        )
        # What a sentence that names nobody tells of one of whom nothing else is told is of the only tenant.
        lone = len(tenants) == 1 and one.party.name not in tenants and of_parties(here) and one.field != PURCHASE
        for tenant in sorted(sure) if each or of_one or lone else (one.party.name,):
            said[tenant, one.field].append(replace(one, doubt=one.doubt or open_to))
    if len(sure) == 1 and not joint:
        of_sites(document, said, min(sure))
    accepted = set()
    for tenant in dict.fromkeys(tenant for tenant, _ in said):
        for found in _of_tenant(voice, said, tenant, tenants):
            accepted |= {tenant} if found.field in (*MAIN, *SIZES) and found.state == ACCEPTED else set()
            yield found
    yield from _named(voice, parties, tenants, accepted)


def _of_tenant(voice: Voice, said: Numbers, tenant: str, tenants: set[str]) -> Iterator[Found]:
    """The numbers of a tenant: of each value what speaks least against it."""
    told = {
        field: values
        for (name, field), values in said.items()
        if name == tenant
        and (tenant in tenants or field == PURCHASE)
        # The bare figure is the critical or the gross one said again.
        and (field != "mw_unspecified" or not any((tenant, one) in said for one in ("critical_mw", "gross_mw")))
    }
    sure = {field: sure_of(voice.document, values) for field, values in told.items()}
    if len(whole := sure.get("value", set()) - sure.get("cumulative_value", set())):
        # What all deals come to is none of them.
        sure["value"] = whole
    against = of_record({field: min(values) for field, values in sure.items() if len(values) == 1})
    if not any(sure.get(field) for field in SIZES):
        terms = (one.sentence for one in told.get("term_years", ()) if not one.doubt)
        agreed = any(words().deal_words["agreed_for"].search(voice.document.text, *place) for place in terms)
        against |= dict.fromkeys(("cumulative_mw", "cumulative_value", *(() if agreed else ("term_years",))), LONELY)
    # What might come of a deal is more than its value: alone it may be of anything.
    if not sure.get("value"):
        places = [(one.sentence[0], one.quantity.end) for one in told.get("value_with_extensions", ())]
        renewed = any(
            words().scopes["extended money"][0].search(voice.document.text[slice(*place)]) for place in places
        )
        against |= {} if renewed else {"value_with_extensions": LONELY}
    if any(field in told for field in POWER) and not any(sure.get(field) for field in POWER):
        against["cumulative_mw"] = LONELY
    for field, values in told.items():
        if field.startswith("cumulative") and sure[field]:
            # Of several totals the greatest is that of all, and of gross and critical ones the critical.
            gross, text = words().powers["gross_mw"][1], voice.document.text
            certain = [one for one in values if one.quantity.value in sure[field]]
            critical = [one for one in certain if not gross.match(text, one.quantity.end)]
            sure[field] = {max(one.quantity.value for one in critical or certain)}
        elif len(sure[field]) > 1 and len(fresh := {one.quantity.value for one in values if _is_new(voice, one)}) == 1:
            sure[field] &= fresh
        if sure[field]:
            values = [one for one in values if one.doubt or one.quantity.value in sure[field]]
        common = "the document gives it in two ways" if len(sure[field]) > 1 else against.get(field, "")
        for value in dict.fromkeys(one.quantity.value for one in values):
            same = [one for one in values if one.quantity.value == value]
            first = min(same, key=lambda one: (bool(one.doubt), bool(one.quantity.refused)))
            doubt = first.doubt or common
            yield _told(voice, tenant, first, doubt)
            if field == "value" and not doubt:
                text, sure_of_it = voice.document.text, [one for one in same if not one.doubt]
                own = words().basis(text, *(one.stretch(text) for one in sure_of_it))
                until = ((one.sentence[0], one.stretch(text)[1]) for one in sure_of_it)
                if (basis := own or words().basis(text, *until)) is not None:
                    yield voice.say(tenant, "value_basis", basis[0], "", basis[1])


def _is_new(voice: Voice, one: Said) -> bool:
    """Whether a number is sure, and told as of the day."""
    return not one.doubt and words().deal_words["today"].search(voice.document.text, *one.sentence) is not None


def _named(voice: Voice, parties: list[Party], tenants: set[str], accepted: set[str]) -> Iterator[Found]:
    """Who rents, and of a document of one deal who uses and who backs it."""
    text = voice.document.text
    named_of: dict[str, list[Party]] = defaultdict(list)
    for party in parties:
        named_of[party.name].append(party)
    for tenant in sorted(tenants):
        doubt = "" if tenant in accepted else "none of its numbers is sure"
        if len(accepted | {tenant}) > 1 and tenant not in words().tenants and tenant != UNNAMED:
            doubt = doubt or "a name that is not known, beside others"
        span, name = called(text, tenant, named_of[tenant])
        if span[0] < span[1]:
            yield voice.say(tenant, "counterparty", name, "", span, doubt=doubt)
    for tenant in accepted if len(accepted) == 1 else ():
        for role in ("end_user", "backstop_party"):
            for name, party in {one.name: one for one in reversed(parties) if one.role == role}.items():
                yield voice.say(tenant, role, name, "", (party.start, party.end))


def _told(voice: Voice, tenant: str, one: Said, doubt: str) -> Found:
    span = (one.quantity.start, one.quantity.end)
    # Whether an income is of a year, its unit says.
    field = one.field.removesuffix("_annual")
    if one.quantity.refused:
        return voice.abstain(tenant, field, one.unit, span, one.quantity.refused)
    return voice.say(tenant, field, f"{one.quantity.value.normalize():f}", one.unit, span, doubt=doubt)


def _said(document: Document, parties: list[Party], issuer: str, renting: set[str]) -> Iterator[Said]:
    text, last, main = document.text, NOBODY, main_tenant(parties)
    others, reported = landlords(text, renting | {issuer} | {one.name for one in parties}), is_report(document)
    venture = words().deal_words["venture"].search(text)
    seen: set[tuple[str, str]] = set()
    whose: dict[str, str] = {}
    tentative, listed = False, tenants_of_tables(document, parties, main)
    speaker, agreed, paragraph, done = issuer, set[str](), set[str](), 0
    so_far, opted = set[str](), set[str]()
    # A name, as of a company that mines, says nothing about a number.
    names = re.compile("|".join(re.escape(name.lower()) for name in (issuer, *words().issuers.get(issuer, ()))))
    for start, end in sentences_of(document):
        here = between(parties, start, end)
        lower = document.lower[start:end]
        # What is said again of the same tenant says nothing new.
        aside = words().deal_words["aside"].match(lower)
        new = end - start >= SHORTEST and (lower, last.name) not in seen and not aside
        seen.add((lower, last.name))
        bound, told = bound_in(document, start, end) if new else ([], set())
        tentative = tentative and not (new and words().deal_words["signed"].search(lower))
        if words().doubtful["not_agreed"].search(lower):
            bound, tentative = [], True
        tenants = [one for one in here if one.role == "tenant"]
        beside = rivals(text, (start, end), told) if bound else {}
        another = others.search(text, start, end) if others and (bound or tenants) else None
        also = another.group().lower() if another else ""
        plain = names.sub("", lower).replace(also, "") if bound else ""
        if tenants and words().deal_words["signed"].search(lower) and not words().doubtful["any"].search(lower):
            agreed |= {one.name for one in tenants}
        # A sentence that names another landlord alone, and a tenant, is about the deal of those two, and so what follows it.
        mine = issuer != "" and names.search(lower) is not None
        explicit = mine or (another is not None and tenants != [])
        # What answers a question is of whom that asks about.
        fresh = "\n\n" in text[done:start] and "?" not in text[max(0, done - 3) : done]
        if another and tenants and not mine:
            speaker, another = issuer_in(text[start:end], renting)[1], None
        elif mine or fresh:
            speaker = issuer
        paragraph = {one.name for one in tenants} | (set() if fresh else paragraph)
        so_far |= {one.name for one in tenants}
        done = end
        turns = turns_of(text, start, end, here, bound) if bound else {}
        heard = set()
        for field, unit, quantity in bound:
            sellers = [one for one in here if one.role == "supplier"] if field == PURCHASE else []
            party = turns.get(quantity.start) or _nearest(sellers or here, quantity) or listed.get(start, last)
            party = party if party.name else main
            if not party.name and words().deal_words["several"].search(text, start, end):
                party = next((one for one in parties if one.role == "tenant"), NOBODY)
            heard.add(party.name)
            before, at = (one for one in tenants if one.end < quantity.start), quantity.start - start
            # The tenant's part of a venture is none of the landlord.
            if field == "share" and any(not names.search(lower, one.end - start, at) for one in before):
                continue
            if party.name and party.role == ("supplier" if field == PURCHASE else "tenant"):
                ahead, behind = clause_of(text, quantity, start, end)
                doubt = of_sentence(
                    plain,
                    names.sub("", f"{ahead}{text[quantity.start : quantity.end]}{behind}".lower()).replace(also, ""),
                    field,
                    quantity,
                    text[max(start, quantity.start - BEFORE) : quantity.end].lower(),
                    beside,
                    reported and party.name not in agreed,
                    bool(here) or start in listed,
                )
                # A row of a grid of one deal needs no word of a contract.
                doubt = "" if doubt == UNBOUND and start in listed else doubt
                # A share is one of a venture that lets, and not of another company.
                doubt = doubt or (UNBOUND if field == "share" and not venture else "")
                # What options on further power bring is no renewal's.
                opted |= {party.name} if field == "option_critical_mw" else set()
                if field == "value_with_extensions" and party.name in opted:
                    doubt = doubt or ("" if words().deal_words["renews"].search(lower) else LONELY)
                doubt = doubt or (TENTATIVE if tentative and not here else "")
                doubt = doubt or (ANOTHER.format(another.group()) if another else "")
                refers = {party.name} == so_far and words().deal_words["refers"].search(lower) is not None
                alone = not tenants and ({party.name} == paragraph or refers)
                own = quantity.start in turns or start in listed or alone
                landlord = speaker if explicit else whose.get(party.name, speaker)
                whose[party.name] = landlord
                yield Said(field, party, quantity, unit, (start, end), landlord, doubt, own)
        # Whose numbers a sentence tells is who the next one is about.
        last = next((one for one in reversed(tenants) if one.name in heard), tenants[-1] if tenants else last)


def _in_tables(document: Document, parties: list[Party], issuer: str, renting: set[str]) -> Iterator[Said]:
    """What tables of deals tell, of the landlord that a row names; in a report nothing says what of it is new."""
    doubt = REPORTED if is_report(document) else ""
    main = main_tenant(parties)
    for party, one, row in chain(told_in_tables(document, parties, main), told_in_lines(document, main)):
        landlord = issuer_in(document.text[slice(*row)], renting)[1] or issuer
        yield Said(one.field, party, one.quantity, one.unit, row, landlord, doubt, in_turn=True)


def _nearest(here: list[Party], quantity: Quantity) -> Party | None:
    """The party whose name is nearest to the number. One who only backs a rent, or uses what another rents, is none."""
    parties = [one for one in here if one.role not in ("backstop", "backstop_party", "end_user")]
    return min(parties, key=lambda one: max(quantity.start - one.end, one.start - quantity.end), default=None)
