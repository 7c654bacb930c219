"""The numbers of a sentence: each with its field, by the phrase that it stands in or, where none fits, by the words nearest to it;
and of which matter it is, this deal's, an option's, a site's, or that of all deals together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from ingestion.extract.deals.doubt import LEAST, kind_of
from ingestion.extract.document import Document
from ingestion.extract.phrases import SPELLED
from ingestion.extract.values import Quantity, quantity_at
from ingestion.extract.words import words

NONE = "none"
LET = "mw_unspecified"
"""A power that is let, of which nothing says whether it is the critical or the gross one."""
AROUND = 60
"""Characters before and behind a number in which words can say that it is something else."""
CLAUSE = 220
"""Characters of a clause before a number, and behind it."""
SIZE = re.compile(
    r"(?<![\d,.])\d(?:(?<=[$£€].)|(?<=(?:EUR|GBP|CAD|USD)\s.)|(?<=(?:EUR|GBP|CAD|USD).)|(?<=[$£€]\s.)|(?=[\d,.]*+\+?\s?-?(?:MW|GW|megawatt|gigawatt|[bm](?:illio)?n\s(?:U\.?S\.?\s|Canadian\s)?(?:dollar|euro))))",
    re.IGNORECASE,
)
"""The first digit of an amount of money or power."""

SIGN, NUMBER = re.compile(r"[$£€]|(?:usd|eur|gbp|cad)(?=[\s\d])"), re.compile(r"\d(?<!\d\d)")
"""Where an amount opens in a text in lower case, and where all else does."""
MONTHS = re.compile(r"(?:\s?years?)?,?\s(?:and\s)?(?P<n>\w+)\smonths\b")
"""Months behind a term in years."""
SHORTEST = 6
"""Months that a term is told in: others are of something else."""
WRITTEN = 2_000
"""Characters of a sentence whose numbers are told by their nearest words."""

OF_POWER = {
    **dict.fromkeys(("earlier", "refusal", "site", "part"), NONE),
    "option": "option_critical_mw",
    "total": "cumulative_mw",
}
MOVED: Mapping[str, Mapping[str, str]] = {
    "value": {
        "earlier": NONE,
        "bare": "value",
        "extended": "value_with_extensions",
        "one": "value",
        "total": "cumulative_value",
    },
    "value_with_extensions": {
        "bare": "value",
        "taken": "value",
        "extended": "value_with_extensions",
        "total": "cumulative_value",
    },
    "cumulative_value": {"earlier": NONE, "extended": "value_with_extensions", "single": "value"},
    "cumulative_mw": dict.fromkeys(("earlier", "site"), NONE),
    "annual_value": {"earlier": NONE},
    "backstop": {"earlier": NONE, "one": "backstop", "total": NONE},
    "option_critical_mw": {"earlier": NONE, "refusal": NONE, "gross": NONE, "taken": LET},
    "critical_mw": OF_POWER,
    "gross_mw": OF_POWER,
    "mw_unspecified": OF_POWER,
}
"""What a field becomes where its number is of another matter than of the deal that is told."""


class Bound(NamedTuple):
    """A number of a sentence with its field and unit."""

    field: str
    unit: str
    quantity: Quantity


def bound_in(document: Document, start: int, end: int) -> tuple[list[Bound], list[Bound], set[int]]:
    """The numbers of a sentence; amounts and powers of which no words say what they are, without a field; and where the first stand
    and those that its words tell to be something else."""
    text, lower = document.text, document.lower
    bound: list[Bound] = []
    taken: set[int] = set()
    other: set[int] = set()
    phrases = words().deals.of(lower[start:end])
    of_money = any("USD" in phrase.unit for phrase, _ in phrases)
    signs = [one.start() for one in SIGN.finditer(lower, start, end)] if of_money else []
    digits = [one.start() for one in NUMBER.finditer(lower, start, end)]
    for phrase, sought in phrases:
        for found in sought.at(lower, signs if "USD" in phrase.unit else digits, start, end):
            if (at := found.start("n")) in taken:
                continue
            quantity = _number(text, found, start, end)
            if quantity is None or quantity.value < 0:
                continue
            before = _behind_break(text[max(start, found.start() - AROUND) : at])
            around = before + _ahead_of_break(text[at : min(end, found.end() + AROUND)])
            spoiled = phrase.spoils(before, around)
            if not spoiled or phrase.claims:
                taken.add(at)
            if spoiled or phrase.field == NONE:
                other.add(at)
                continue
            currency = quantity.unit.partition("/")[0]
            if phrase.unit == "month":
                if quantity.value % SHORTEST:
                    continue
                quantity = replace(quantity, value=quantity.value / 12, unit="year")
            elif phrase.field == "term_years" and (whole := with_months(text, quantity, end)) is not None:
                quantity = whole
            unit = "years" if phrase.field == "term_years" else phrase.unit
            if "USD" in phrase.unit and kind_of(currency) == "money":
                bound.append(Bound(phrase.field, unit.replace("USD", currency), quantity))
            elif quantity.unit in {phrase.unit, "", "year"} and "USD" not in phrase.unit:
                bound.append(Bound(phrase.field, unit, quantity))
    known = taken | other
    written = digits if end - start <= WRITTEN else []
    nearest = list(_by_nearest_words(text, start, end, written, known))
    bound += [one for one in nearest if one.field]
    placed = _of_totals(text, [one._replace(field=_placed(text, one, start, end)) for one in bound], start, end)
    totals = [one for one in placed if one.field == "cumulative_mw"]
    # Of a total in gross and in critical megawatts the critical ones are told.
    several = totals if len(totals) > 1 else ()
    critical = [one for one in several if _power(*clause_of(text, one.quantity, start, end)) == "critical_mw"]
    told = [one for one in placed if one.field != NONE and (one not in totals or one in (critical or totals))]
    return told, [one for one in nearest if not one.field], known


def with_months(text: str, years: Quantity, end: int) -> Quantity | None:
    """A term in years with the months that stand behind it; None where there are none."""
    found = MONTHS.match(text, years.end, end)
    months = SPELLED.get(found["n"].lower(), found["n"]) if found else "none"
    return replace(years, value=years.value + Decimal(months) / 12) if str(months).isdigit() else None


def _of_totals(text: str, placed: list[Bound], start: int, end: int) -> list[Bound]:
    """The numbers of a sentence; what a total of megawatts is said to represent is of all of them too, and so its extensions."""
    totals = [one.quantity.end for one in placed if one.field == "cumulative_mw"]
    told = []
    for one in placed:
        before = max((other.quantity.end for other in placed if other.quantity.end < one.quantity.start), default=-1)
        if (
            one.field == "value"
            and before in totals
            and words().deal_words["represents"].search(text, before, one.quantity.start)
        ):
            one = one._replace(field="cumulative_value")
        told.append(one)
    of_all = any(one.field == "cumulative_value" != other.field for one, other in zip(told, placed, strict=True))
    return [one for one in told if not (of_all and one.field == "value_with_extensions")]


def _number(text: str, found: re.Match[str], start: int, end: int) -> Quantity | None:
    """The number of a phrase, in digits or as a word."""
    if (spelled := SPELLED.get(found["n"].lower())) is not None:
        return Quantity(Decimal(spelled), "", *found.span("n"))
    return quantity_at(text, found.start("n"), start, end)


def _by_nearest_words(text: str, start: int, end: int, digits: list[int], known: set[int]) -> Iterator[Bound]:
    """Amounts and powers that stand in no phrase, each from one of the digits on, by what they are said to measure, if by anything;
    what is then known is added."""
    for at in [one for one in digits if one not in known and SIZE.match(text, one, end)]:
        one = quantity_at(text, at, start, end)
        if one is None or one.refused or one.value < 0:
            continue
        ahead, behind = clause_of(text, one, start, end)
        if kind_of(one.unit) == "money" and one.value >= LEAST:
            field, unit = _measured(ahead, behind) or _measured(text[start : one.start], ""), one.unit
        elif one.unit == "MW":
            field, unit = _power(ahead, behind), "MW"
        else:
            continue
        # What is of another matter is known without a word of what it is, and a total where it is called one.
        placed = _placed(text, Bound(field or (LET if unit == "MW" else "value"), unit, one), start, end)
        if not field:
            total = placed == "cumulative_mw" and words().deal_words["total"].search(ahead)
            field = placed if placed == NONE or total else ""
        if not field:
            yield Bound("", unit, one)
        else:
            known.add(at)
            kind = {"backstop": "none", "annual_value": "annual", "noi_annual": "annual"}.get(
                field, "MW" if unit == "MW" else "USD"
            )
            near, before = words().spoiled["none" if placed == "cumulative_mw" else kind]
            if field == NONE or near.is_in(ahead[-AROUND:] + behind[:AROUND]) or before.is_in(ahead[-AROUND:]):
                continue
            yield Bound(field, f"{unit}/year" if field in ("annual_value", "noi_annual") else unit, one)


def _measured(ahead: str, behind: str) -> str:
    """What an amount of money measures: the word behind it says so, or else the last one before it."""
    measures = words().measures
    found = [(match.end(), field) for field, (_, after, _) in measures.items() if (match := after.match(behind))]
    field = min(found)[1] if found else ""
    if not found:
        last = [(match.start(), field) for field, (before, *_) in measures.items() for match in before.finditer(ahead)]
        field = max(last)[1] if last else ""
    yearly = words().scopes["yearly"]
    of_year = yearly[0].search(ahead) or yearly[1].match(behind)
    return {"value": "annual_value", "noi": "noi_annual"}.get(field, field) if of_year else field


def _power(ahead: str, behind: str) -> str:
    """Which power a number of megawatts is, if one that is let."""
    for field in ("critical_mw", "gross_mw", "mw_unspecified"):
        before, after, _ = words().powers[field]
        if before.search(ahead) or after.match(behind):
            return field
    return ""


def _placed(text: str, one: Bound, start: int, end: int) -> str:
    """The field of a number after what its clause says it is of."""
    moves = MOVED.get(one.field, {})
    if moves:
        ahead, behind = clause_of(text, one.quantity, start, end)
        opening = text[start : min(one.quantity.start, start + AROUND)]
        # What a clause leads to, as in `renewed twice, taking it to so much`, is of what stands before it.
        leads = words().deal_words["leads"].match(ahead)
        for scope, field in moves.items():
            before, after, first = words().scopes[scope if one.unit == "MW" else f"{scope} money"]
            so_far = text[max(start, one.quantity.start - CLAUSE) : one.quantity.start] if leads else ahead
            if before.search(so_far if scope == "extended" else ahead) or after.match(behind) or first.match(opening):
                return _power(ahead, behind) or LET if field == LET else field
    return one.field


def clause_of(text: str, one: Quantity, start: int, end: int) -> tuple[str, str]:
    """What stands before a number and behind it in its clause."""
    ahead = text[max(start, one.start - CLAUSE) : one.start]
    return _behind_break(ahead), _ahead_of_break(text[one.end : min(end, one.end + CLAUSE)])


def _behind_break(text: str) -> str:
    last = max((found.end() for found in words().deal_words["break"].finditer(text)), default=0)
    return text[last:]


def _ahead_of_break(text: str) -> str:
    found = words().deal_words["break"].search(text)
    return text[: found.start()] if found else text
