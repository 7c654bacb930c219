"""AI hosting deals: what sentences and tables tell to the fields of a deal, each under its landlord and tenant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from ingestion.extract.deals.discourse import Discourse
from ingestion.extract.deals.doubt import (
    LONELY,
    NOWHERE,
    POWER,
    REPORTED,
    is_report,
    of_parties,
    of_record,
)
from ingestion.extract.deals.leases import leases_apart, tenant_of
from ingestion.extract.deals.parties import (
    BEGIN,
    UNNAMED,
    Party,
    between,
    called,
    issuers_that_rent,
    landlord_of,
    main_tenant,
    parties_of,
)
from ingestion.extract.deals.said import (
    MAIN,
    OFFERED,
    PURCHASE,
    SIZES,
    Numbers,
    Said,
    of_all,
    of_sites,
    sure_of,
    under_its_name,
)
from ingestion.extract.deals.tables import (
    tenants_in_columns,
    told_in_lines,
    told_in_tables,
)
from ingestion.extract.deals.tongues import in_english
from ingestion.extract.document import Document
from ingestion.extract.found import ACCEPTED, MOST, Found, TooMany, Voice
from ingestion.extract.gate import issuer_in
from ingestion.extract.words import words

TOLD = 2
"""Numbers of a tenant by which a name that is not known is one, beside others."""


def read_deals(document: Document) -> Iterator[Found]:
    """Values of deals, each with its tenant; a document that speaks of no hosting yields nothing."""
    translated = in_english(document)
    document = translated or document
    if not words().deal_words["hosting"].search(document.text):
        return
    renting = issuers_that_rent()
    issuer = landlord_of(document, renting)
    parties = tenants_in_columns(
        document, sorted(parties_of(document, issuer or "", any_name=translated is None), key=BEGIN)
    )
    if not parties and not (issuer and words().tenancy["computing"].search(document.text)):
        return
    discourse = Discourse(document, parties, issuer or "", renting)
    in_sentences = list(islice(discourse.tell(), MOST + 1))
    # Nobody's sentences may be of anybody; a table of deals has its heads.
    numbers = [*(in_sentences if issuer is not None else ()), *_in_tables(document, parties, issuer or "", renting)]
    if len(numbers) > MOST:
        raise TooMany((numbers[-1].quantity.start, numbers[-1].quantity.end))
    told = list(_of_all_landlords(document, numbers, parties))
    yield from told
    left = [replace(one, doubt=NOWHERE) for one in in_sentences if issuer is None and not one.doubt]
    yield from _for_a_person(document, [*left, *discourse.left], told)


def _for_a_person(document: Document, left: list[Said], told: list[Found]) -> Iterator[Found]:
    """Numbers of a deal that could not be placed, each value once, and none that is told."""
    known = {(one.value, one.unit) for one in told}
    for one in left:
        if one.field in OFFERED and not one.quantity.refused:
            found = _told(Voice(document, "deal", one.landlord), one.party.name, one, one.doubt)
            if (found.value, found.unit) not in known:
                yield found
            known.add((found.value, found.unit))


def _of_all_landlords(document: Document, numbers: list[Said], parties: list[Party]) -> Iterator[Found]:
    whose = list(dict.fromkeys(one.landlord for one in numbers))
    # Of several landlords nothing says whose tenants another backs.
    parties = [one for one in parties if len(whose) == 1 or one.role not in ("end_user", "backstop_party")]
    for landlord in whose:
        own = [one for one in numbers if one.landlord == landlord]
        yield from _of_landlord(Voice(document, "deal", landlord), own, parties)


def _of_landlord(voice: Voice, numbers: list[Said], parties: list[Party]) -> Iterator[Found]:
    """The deals of a landlord."""
    document, words_of = voice.document, words().deal_words
    known = {name for issuer, also in words().issuers.items() for name in (issuer, *also)} | {
        one.name for one in parties
    }
    numbers = of_all(leases_apart(document, under_its_name(numbers, UNNAMED), known))
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
    accepted: Counter[str] = Counter()
    for tenant in dict.fromkeys(tenant for tenant, _ in said):
        for found in _of_tenant(voice, said, tenant, tenants):
            accepted[tenant] += found.field in (*MAIN, *SIZES) and found.state == ACCEPTED
            yield found
    yield from _named(voice, parties, tenants, +accepted)


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


def _named(voice: Voice, parties: list[Party], tenants: set[str], accepted: Counter[str]) -> Iterator[Found]:
    """Who rents, and of a document of one deal who uses and who backs it."""
    text = voice.document.text
    named_of: dict[str, list[Party]] = defaultdict(list)
    for party in parties:
        named_of[party.name].append(party)
    for record in sorted(tenants):
        tenant, doubt = tenant_of(record), "" if record in accepted else "none of its numbers is sure"
        beside = {tenant_of(one) for one in accepted} - {tenant}
        if beside and tenant not in words().tenants and tenant != UNNAMED and accepted[record] < TOLD:
            doubt = doubt or "a name that is not known, beside others"
        span, name = called(text, tenant, named_of[tenant])
        if span[0] < span[1]:
            yield voice.say(record, "counterparty", name, "", span, doubt=doubt)
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


def _in_tables(document: Document, parties: list[Party], issuer: str, renting: set[str]) -> Iterator[Said]:
    """What tables of deals tell, of the landlord that a row names; in a report nothing says what of it is new."""
    doubt = REPORTED if is_report(document) else ""
    main = main_tenant(parties)
    for party, one, row, lease in chain(told_in_tables(document, parties, main), told_in_lines(document, main)):
        landlord = issuer_in(document.text[slice(*row)], renting)[1] or issuer
        yield Said(one.field, party, one.quantity, one.unit, row, landlord, doubt, True, lease)
