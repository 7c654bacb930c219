"""What speaks against a number of a deal: a figure of its kind that nothing accounts for, words of another matter, another party.

A number without a doubt is one that its sentence binds to one field of one tenant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from ingestion.extract.deals.parties import Party
from ingestion.extract.document import Document
from ingestion.extract.values import Quantity, quantities, quantity_at
from ingestion.extract.words import words

RIVAL = "another figure of its kind stands in its sentence"
WORDED = "its sentence speaks of what is no such value: {}"
REPORTED = "the document reports what is known, and its sentence agrees on nothing"
UNBOUND = "its sentence names no contract"
TENTATIVE = "what is told before it is not agreed"
LONELY = "neither value nor power of this deal is sure"
WHOSE = "its sentence names {} tenants, and the document several"
NAMELESS = "no tenant of it is named"
NOWHERE = "no landlord that is known is named"
UNTOLD = "no words say what it is"
ANOTHER = "its sentence is about {}"
OUT_OF_BAND = "value, power and term do not go together"
SMALLER = "{} is less than {}"
MONEY = ("value", "value_with_extensions", "cumulative_value", "annual_value", "noi", "noi_annual")
POWER = ("critical_mw", "gross_mw", "mw_unspecified")
AGAINST: Mapping[str, Collection[str]] = {
    "money": MONEY,
    "MW": ("critical_mw", "gross_mw"),
    "cost": ("cost_per_mw",),
    "share": ("warrant_shares",),
    "percent": ("share",),
    "one": ("value", "annual_value"),
    "annual": ("annual_value",),
    "power": POWER,
    "year": ("term_years",),
}
"""Which doubtful words of labels.yml speak against which fields; those of `any` against all."""
BRINGS = ("value", "value_with_extensions", "cumulative_value", "annual_value")
BEFORE = 45
"""Characters before a value in which words can say that it is no value of the base term."""
MOST, NEAR = 100, 80
"""Places of a name that are looked at, and characters around one in which words say whose it is."""
HEAD = 300
"""Characters of which the first line says what a document is about."""
LEAST = 10**6
"""Of a currency: a smaller amount is a price of something, not what a contract brings."""
ROUNDING = Decimal("0.05")
"""By how much of itself an amount is rounded at most."""
NUMBER = re.compile(r"(?<![\d,.])\d[\d,.]*")
ORDER = (
    ("value", "value_with_extensions"),
    ("value", "cumulative_value"),
    ("annual_value", "value"),
    ("noi", "value"),
    ("critical_mw", "gross_mw"),
    ("critical_mw", "cumulative_mw"),
)
"""Fields of which the first is never more than the second."""


def kind_of(unit: str) -> str:
    """What a number counts: money, as of any currency, or its unit; nothing where it is a rate of something."""
    return "money" if unit in words().currencies else unit


def is_rounded(rounded: Decimal, exact: Decimal) -> bool:
    """Whether an amount is another one, told with fewer digits."""
    digit = Decimal(1).scaleb(int(rounded.normalize().as_tuple().exponent))
    return exact.quantize(digit) == rounded and abs(rounded - exact) <= ROUNDING * exact


def rivals(text: str, sentence: tuple[int, int], known: Collection[int]) -> dict[str, set[Decimal]]:
    """The numbers of each unit that stand in a sentence beside those at the places known."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    told: dict[str, set[Decimal]] = defaultdict(set)
    for at in (digits.start() for digits in NUMBER.finditer(text, *sentence)):
        one = quantity_at(text, at, *sentence)
        if one is not None and one.unit and at in known:
            told[one.unit].add(one.value)
        elif one is not None and one.unit and (kind_of(one.unit) != "money" or one.value >= LEAST):
            found[one.unit].append(one.value)
    # Figures that come to one that is known are its parts.
    return {unit: set(values) for unit, values in found.items() if not _are_parts(values, told[unit])}


def _are_parts(values: list[Decimal], told: set[Decimal]) -> bool:
    """Whether figures come to one that is known, or with it to another or to the greatest of them."""
    whole = sum(values)
    if len(values) == 1:
        return whole == sum(told) or any(whole + one in told for one in told)
    together = any(whole + one in told or whole + one == 2 * max(values) for one in told)
    return together or whole in told


def sizes(text: str, sentence: tuple[int, int], beside: Decimal) -> set[Decimal]:
    """Other megawatts of a sentence, or other amounts where `beside` is one."""
    kind = "money" if beside >= LEAST else "MW"
    return {one.value for one in quantities(text, *sentence) if kind_of(one.unit) == kind} - {beside}


def of_sentence(
    lower: str,
    clause: str,
    field: str,
    quantity: Quantity,
    before: str,
    others: Mapping[str, set[Decimal]],
    reported: bool,
    named: bool,
) -> str:
    """The reason for which a number of a sentence, in lower case, should be looked at, or nothing; `clause` is what of the
    sentence is about it, `before` stands before it,
    `reported` says that the document reports, `named` that the sentence names a tenant."""
    kind = kind_of(quantity.unit) or ("year" if field == "term_years" else "")
    if kind != "percent" and others.get(quantity.unit or kind, set()) - {quantity.value}:
        return RIVAL
    whole = not field.startswith("cumulative")
    asked = ["any", "clause", *(one for one, fields in AGAINST.items() if field in fields)]
    lower, clause = _without_harmless(lower), _without_harmless(clause)
    worded = next(filter(None, (_worded(one, lower if one == "any" and whole else clause) for one in asked)), "")
    if worded := worded or (_whole(lower, before) if field == "value" else ""):
        return WORDED.format(worded)
    if reported and not _deals(lower, "signed"):
        return REPORTED
    bound = _deals(lower, "bound") or (field in POWER and (named or _deals(lower, "bound_power")))
    return UNBOUND if field in (*BRINGS, *POWER) and not bound else ""


def _whole(lower: str, before: str) -> str:
    """Words before a value that say that it is more than that of the base term. Up to so much is what is agreed, where its sentence
    speaks neither of an extension nor of what might be."""
    said = _worded("whole", before)
    agreed = said.startswith("up to") and not (
        _deals(lower, "might") or words().scopes["extended money"][0].search(lower) is not None
    )
    return "" if agreed else said


@lru_cache(maxsize=32)
def _without_harmless(lower: str) -> str:
    return words().deal_words["harmless"].sub("", lower)


@lru_cache(maxsize=32)
def _worded(kind: str, lower: str) -> str:
    """The words of a sentence that speak against numbers of a kind; asked once for all of its numbers."""
    found = words().doubtful[kind].search(lower)
    return " ".join(found.group().split()) if found else ""


@lru_cache(maxsize=32)
def _deals(lower: str, which: str) -> bool:
    return words().deal_words[which].search(lower) is not None


def is_report(document: Document) -> bool:
    """Whether a document is headed as a report of results or of a month, and not of a deal as well."""
    head = document.text[:HEAD].strip().partition("\n")[0]
    return words().deal_words["reports"].search(head) is not None and not words().deal_words["bound"].search(head)


def of_parties(here: Iterable[Party]) -> str:
    """Whether a sentence leaves open which of several tenants it tells of."""
    named = {one.name for one in here if one.role == "tenant"}
    return WHOSE.format(len(named) or "no") if len(named) != 1 else ""


def in_turn(here: Iterable[Party], places: Iterable[int]) -> dict[int, Party]:
    """Of a sentence that names a tenant and a number, and again one and one: which number is whose, by where they stand."""
    tenants, numbers = [one for one in here if one.role == "tenant"], sorted(places)
    if not len(tenants) == len(numbers) == len({one.name for one in tenants}):
        return {}
    pairs = list(zip(tenants, numbers, strict=True))
    marks = [mark for one, place in pairs for mark in (one.start, place)]
    turned = [mark for one, place in pairs for mark in (place, one.start)]
    return {place: one for one, place in pairs} if sorted(marks) in (marks, turned) else {}


def landlords(text: str, told: AbstractSet[str]) -> re.Pattern[str] | None:
    """Names of issuers that are none of its parties, which a document names without owning or being owned by them; None where
    there are none."""
    known = words()
    others = []
    for other, also in known.issuers.items():
        # A name is looked for as it stands before a pattern is: most are nowhere.
        names = [one for one in (other, *also) if one in text] if told.isdisjoint((other, *also)) else []
        name = re.compile("|".join(rf"{re.escape(one)}(?<!\w{re.escape(one)})(?!\w)" for one in names) or "(?!)")
        places = [found.span() for found in islice(name.finditer(text), MOST)] if names else []
        # Who has it in possession stands before it.
        places = [(a, b) for a, b in places if text[max(0, a - 3) : a] != "'s "]
        if places and not any(
            known.doubtful["owned"].search(text[max(0, a - NEAR) : b + NEAR].lower()) for a, b in places
        ):
            others.append(name.pattern)
    return re.compile("|".join(others)) if others else None


def of_record(told: Mapping[str, Decimal]) -> dict[str, str]:
    """Fields of one tenant whose values contradict each other, with the reason."""
    doubts: dict[str, str] = {}
    for less, more in ORDER:
        if less in told and more in told and told[less] > told[more]:
            # A total that is less than the deal is of something else.
            both = (more,) if more.startswith("cumulative") else (less, more)
            doubts |= dict.fromkeys(both, SMALLER.format(more, less))
    power = told.get("critical_mw") or told.get("gross_mw") or told.get("mw_unspecified")
    if power and (years := told.get("term_years")) and (value := told.get("value")):
        low, high = words().band
        if not low <= value / power / years <= high:
            doubts |= dict.fromkeys(("value", "term_years"), OUT_OF_BAND)
    return doubts
