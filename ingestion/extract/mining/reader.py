"""Miners' production updates: rows of a table, lines with a colon, and sentences, each under the month or the day that it speaks of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from ingestion.extract.document import Document
from ingestion.extract.found import MOST, Found, TooMany, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.mining.months import Period, month_of, report_month, spoken
from ingestion.extract.mining.rows import colon, of_line, of_rows
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import DIGIT, Quantity, moments, quantity_at
from ingestion.extract.words import Label, words

AMONG = re.compile(
    r"(?<![\w.,])[($]{0,2}\d[\d,.]*(?:\s?(?:%|EH/s|PH/s|BTC|MW|c/kWh|J/TH))?\)?\s+[($~]*$", re.IGNORECASE
)
"""Before a number: another one, with nothing between them."""
PART = re.compile(
    r"\b(?:including|includes|of\s+which|comprising|plus)\s+(?:approximately\s+|about\s+)?~?$", re.IGNORECASE
)
"""Before a number that is a part of the one before it."""
WHOLES = ("btc_produced", "btc_held")
ALONE = re.compile(r"[ \t]*\n")
OWN = re.compile(r"\bself[\s-]min", re.IGNORECASE)
LEAST_EH, MOST_EH = Decimal("0.05"), Decimal(150)
"""EH/s of a miner whose table names no unit."""
COSTS = ("power_cost_total", "power_cost_per_btc")
BEFORE, BEHIND = 70, 45
"""Characters around a number in which a sentence may say that it is a forecast, or of which month it speaks."""


def read_production(document: Document) -> Iterator[Found]:
    """Values of the month reported, of the columns beside it, and why a number is not read."""
    month = report_month(document)
    voice = Voice(document, "metric", issuer_of(document))
    said: dict[tuple[str, str, Period], list[Value]] = defaultdict(list)
    for value in _bounded(of_rows(document, month)):
        said[value.about].append(value)
    # A row is exact about what it counts; a sentence is read only where no row speaks of the same.
    for value in [one for one in _bounded(_sentences(document, month)) if one.about not in said]:
        said[value.about].append(value)
    for every in said.values():
        # A total that holds what is hosted for others is not the miner's own.
        of_one = [one for one in every if OWN.search(one.record)] or every
        different = {one.value for one in of_one if not one.quantity.refused}
        doubt = "the document gives it in two ways" if len(different) > 1 else ""
        for one in {(one.value, one.quantity.refused): one for one in reversed(of_one)}.values():
            in_brackets = one.value < 0 and one.label.field in COSTS
            yield _told(
                voice, one, doubt or ("a cost in brackets may be an expense or a credit" if in_brackets else "")
            )


def _bounded(values: Iterator[Value]) -> Iterator[Value]:
    for number, value in enumerate(values):
        if number >= MOST:
            raise TooMany((value.quantity.start, value.quantity.end))
        yield value


def _told(voice: Voice, one: Value, doubt: str) -> Found:
    field, unit = one.label.field, one.label.unit
    span = (one.quantity.start, one.quantity.end)
    if one.quantity.refused:
        return voice.abstain(one.record, field, unit, span, one.quantity.refused)
    if one.quantity.unit not in ("", unit, unit.partition("/")[0], unit.removesuffix("-equivalent")):
        return voice.abstain(one.record, field, unit, span, f"the number is in {one.quantity.unit}, not in {unit}")
    if one.quantity.unit == "" and unit == "EH/s" and not LEAST_EH <= one.value <= MOST_EH:
        return voice.abstain(one.record, field, unit, span, "no unit is printed, and EH/s would be out of reach")
    if one.value < 0 and unit.startswith("BTC"):
        return voice.abstain(one.record, field, unit, span, "coins cannot be fewer than none")
    first, last = (day.isoformat() for day in one.period)
    period = ("" if words().metrics[field] == "stock" else first, last)
    return voice.say(one.record, field, f"{one.value.normalize():f}", unit, span, period=period, doubt=doubt)


def _sentences(document: Document, month: Period | None) -> Iterator[Value]:
    text, seen = document.text, set[str]()
    for start, end in document.sentences:
        if (line := colon(document, start, end)) is not None:
            yield from of_line(document, end, line, month)
        lower = text[start:end].lower() if end - start >= SHORTEST else ""
        if lower in seen or not any(word in lower for word in words().phrase_words):
            continue
        seen.add(lower)
        for label, sought in words().phrases if DIGIT.search(lower) else ():
            for found in sought.within(text, lower, start, end):
                yield from _phrase(document, month, label, found, (start, end))
        for label, sought in words().nil:
            for found in sought.within(text, lower, start, end):
                none = Quantity(Decimal(0), "BTC", *found.span())
                if (period := spoken(text, none, (start, end), month)) is not None:
                    yield value_of(label.field, label, "", period, none, Decimal(1))


def _phrase(
    document: Document, month: Period | None, label: Label, found: re.Match[str], sentence: tuple[int, int]
) -> Iterator[Value]:
    text, (start, end) = document.text, sentence
    at = found.start("n")
    quantity = quantity_at(text, at, start, end)
    before, behind = text[max(start, found.start() - BEFORE) : at], text[at : min(end, found.end() + BEHIND)]
    around, after = words().forecast
    if quantity is None or around.is_in(f"{before}\n{behind}") or after.is_in(behind):
        return
    if label.field in WHOLES and PART.search(text, max(start, at - BEHIND), at):
        return
    named = quantity.unit or ("BTC" if re.search(r"\b(?:btc|bitcoins?)\b", found.group(), re.IGNORECASE) else "")
    if named != label.unit.removesuffix("-equivalent") or _flattened(text, quantity, found, start):
        return
    period = month if label.field.endswith("_ytd") else spoken(text, quantity, sentence, month)
    if period is not None and period[0] == period[1] and words().metrics[label.field] == "flow":
        period = month_of(period[0])
    if period is not None:
        yield value_of(label.field, label, "", period, quantity, Decimal(1))


def _flattened(text: str, quantity: Quantity, found: re.Match[str], start: int) -> bool:
    """Whether a number stands among others, ends a row above the words, or is the year of a date: a table that became text."""
    near = max(start, quantity.start - BEHIND)
    dated = any(one.start <= quantity.start - near < one.end for one in moments(text[near : quantity.end + BEHIND]))
    above = found.start() >= quantity.start - 1 and ALONE.match(text, found.end("n")) is not None
    return dated or above or AMONG.search(text, max(start, quantity.start - 24), quantity.start) is not None
