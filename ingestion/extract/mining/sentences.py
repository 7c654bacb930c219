"""Sentences of a production update: each number under what its words say it is, and of which month."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from ingestion.extract.document import Document
from ingestion.extract.found import MOST, Span, TooMany
from ingestion.extract.gate import NO_KIND, NO_PLACE
from ingestion.extract.mining.flattened import BEHIND, is_flattened
from ingestion.extract.mining.foreign import with_comma
from ingestion.extract.mining.months import Reported, month_of, spoken
from ingestion.extract.mining.rows import OF_OTHERS, colon, of_line
from ingestion.extract.mining.value import Value, value_of
from ingestion.extract.phrases import Sought
from ingestion.extract.prose import SHORTEST
from ingestion.extract.values import DIGIT, Quantity, quantity_at
from ingestion.extract.words import Label, words

PARTS = ("_ytd", "_hosted")
WHOLES, SHARED = ("btc_produced", "btc_held"), ("btc_produced", "hashrate_deployed")
PEAK = "peak"
"""The record of what a sentence tells of the best moment."""
POSSESSIVE = re.compile(r"'s?\s$")
PER_KWH = {"USD": Decimal(1), "cent": Decimal("0.01")}
COUNTED = re.compile(
    r"(?>\d[\d,.]{0,24}\d|\d)(?=\s?-?(?:[EP]H|exahash|petahash|[JW]/T|joules|watts|cents|[c¢/]|per)|\s?(?:btc|[枚个個]|比特)|\s+(?:[\w-]+\s+){0,2}?(?:bitcoin|btc|coin))",
    re.IGNORECASE,
)
"""A number of coins or with a unit: what a phrase that begins with its number may be of."""
HEAD, BEGINNING, LONGEST_NAME = 4_000, 200, 60
"""Characters of a document that say whom it is about, and of a line that is a name."""
MANY = 3
"""Miners of which a roundup tells."""
BEFORE, CLAUSE = 70, 240
"""Characters around a number in which a sentence may say that it is a forecast, or of which month it speaks."""


def of_sentences(
    document: Document, issuer: str, report: Reported, lines: Sequence[Span] = ()
) -> Iterator[tuple[str, Value]]:
    """The values that sentences tell, each with the miner that it is of; those of nobody named and of the network are none, nor are
    those of `lines` that are rows of a table."""
    text, seen, looked_at = document.text, set[int](), 0
    told_of = named(text)
    mentioned = [at for at, name in told_of if name == issuer]
    elsewhere = [at for at, name in told_of if name != issuer]
    # A document is about whom it names where it begins, or again, or about many; where it is about none that it names, it tells nothing.
    if mentioned and len(mentioned) == 1 and mentioned[0] >= BEGINNING and len({name for _, name in told_of}) < MANY:
        return
    # Where others are named before, or there and as often, a number is of a miner only behind its name.
    first = min(elsewhere, default=HEAD)
    of_many = first < min(mentioned, default=0) or (len(elsewhere) >= max(2, len(mentioned)) and first < BEGINNING)
    whose = None if of_many or (elsewhere and document.one_word_a_line) else issuer
    heads = [] if document.one_word_a_line else _heads(document)
    places = named(text, 0, len(text))
    paragraph = last = this = (0, 0)
    for start, end in document.sentences:
        last, this = this, (start, end)
        paragraph = (start if text.find("\n\n", last[1], start) >= 0 else paragraph[0], start)
        line = colon(document, start, end)
        lower = document.lower[start:end] if end - start >= SHORTEST else ""
        told = words().phrases.of(lower) if hash(lower) not in seen and DIGIT.search(lower) else []
        nil = words().nil.of(lower) if hash(lower) not in seen else []
        if line is None and not told and not nil:
            continue
        # Its hash alone: short sentences by the ten thousand would take the memory that all else takes.
        seen.add(hash(lower))
        matches = _matches(document.lower, told, start, end)
        looked_at += len(matches)
        if looked_at > MOST:
            raise TooMany((start, end))
        if line is None and not matches and not nil:
            continue
        over: list[tuple[int, str | None]] = list(
            heads[max(0, bisect_left(heads, (end, "")) - 1) :][:1] if heads and heads[0][0] < end else ()
        )
        # Whom the paragraph was of before, where it names one alone or none but others; `it` is the one of the sentence before.
        before = _within(places, *paragraph)
        if words().updates["refers"].match(text, start, end):
            before = _within(places, *last) or before
        if before and (len(before) == 1 or issuer not in before):
            over = [(start, before.pop() if len(before) == 1 else None)]
        here = places[bisect_left(places, (start, "")) : bisect_left(places, (end, ""))]
        owners: list[tuple[int, str | None]] = [*over, *here]
        if line is not None and (owner := _owner(start, over, whose)) is not None:
            yield from ((owner, value) for value in of_line(document, end, line, report.period))
        for label, found in matches:
            at = found.start("n")
            owner = None if _is_within(at, lines) else _owner(at, owners, whose)
            if owner is not None and (value := _phrase(document, report, label, found, (start, end))):
                yield owner, value
        for label, sought in nil:
            for found in sought.pattern.finditer(document.lower, start, end):
                none = Quantity(Decimal(0), "BTC", *found.span())
                period, owner = spoken(text, none, (start, end), report), _owner(found.start(), owners, whose)
                if words().updates["others"].search(text, start, found.start()):
                    continue
                if period is not None and owner is not None:
                    yield owner, value_of(label.field, label, "", period, none, Decimal(1))


def _matches(
    lower: str, told: Sequence[tuple[Label, Sought]], start: int, end: int
) -> list[tuple[Label, re.Match[str]]]:
    """Of each number and unit the phrase that fits closest, and one of a part before one of the whole: of one unit it is one value."""
    closest: dict[tuple[int, str], tuple[tuple[bool, int], Label, re.Match[str]]] = {}
    counted: list[int] | None = None
    for label, sought in told:
        if sought.leads and counted is None:
            counted = [one.start() for one in COUNTED.finditer(lower, start, end)]
        leading = filter(None, (sought.pattern.match(lower, at, end) for at in counted or () if sought.leads))
        for found in leading if sought.leads else sought.pattern.finditer(lower, start, end):
            at, fit = (found.start("n"), label.unit), (not label.field.endswith(PARTS), found.end() - found.start())
            if at not in closest or fit < closest[at][0]:
                closest[at] = fit, label, found
            if len(closest) > MOST:
                raise TooMany((start, end))
    return [(label, found) for _, label, found in closest.values()]


def _phrase(
    document: Document, report: Reported, label: Label, found: re.Match[str], sentence: tuple[int, int]
) -> Value | None:
    text, (start, end) = document.text, sentence
    at = found.start("n")
    quantity = quantity_at(text, at, start, end)
    if quantity is not None and label.other is not None:
        quantity = with_comma(quantity, found["n"])
    if quantity is None:
        return None
    beside = words().updates
    if label.unit == "USD/kWh" and quantity.unit in PER_KWH and beside["by_kwh"].search(found.group()):
        # `a power cost per kWh of 5.1 cents`
        quantity = replace(quantity, value=quantity.value * PER_KWH[quantity.unit], unit="USD/kWh")
    # A number of a sentence that speaks of coins is of them where nothing else is counted.
    named = quantity.unit or ("BTC" if beside["coins"].search(text, *sentence) and label.unit == "BTC" else "")
    per_coin = label.unit.removesuffix("/BTC") if beside["per_coin"].search(found.group()) else label.unit
    # `Average hash rate (EH/s) was 1.2`
    named = label.unit if named == "" and f"({label.unit.lower()})" in found.group() else named
    if named.replace("MWh", "kWh") not in (label.unit, per_coin.removesuffix("-equivalent")):
        return None
    if _forecast(text, found, sentence, label) or is_flattened(text, quantity, found, sentence):
        return None
    before = text[max(start, at - CLAUSE) : at]
    if label.field in ("btc_sold", "btc_pledged") and beside["out_of"].search(before):
        return None
    if label.field.endswith("_ytd") and (beside["dealt"].search(before) or "inception" in text[at:end]):
        return None
    if label.field == "power_cost" and (
        beside["power_sold"].search(before) or beside["wholesale"].match(text, quantity.end, end)
    ):
        return None
    if label.field == "btc_held" and beside["as_collateral"].match(text, quantity.end, end):
        return None
    if label.unit == "EH/s" and beside["put"].search(before):
        return None
    own = beside["self_mined"].search(text, found.start(), found.end()) is not None
    if label.field in WHOLES and beside["part"].search(before) and not own:
        return None
    if label.field == "btc_produced" and (
        beside["hosting"].match(text, start, at) or beside["hosting"].match(text, quantity.end, end)
    ):
        return None
    if beside["step"].search(before[-BEHIND:]) or (label.unit == "BTC" and beside["rate"].search(before)):
        return None
    if (others := _last(beside["others"], before)) is not None and others > (_last(beside["own"], before) or -1):
        return None
    stock = words().metrics[label.field] == "stock"
    period = report.period if label.field.endswith("_ytd") else spoken(text, quantity, sentence, report, stock=stock)
    if period is not None and period[0] == period[1] and not stock:
        period = month_of(period[0])
    if period is None:
        return None
    record = (
        "Self-mined"
        if own
        else PEAK
        if PEAK in text[max(start, found.start() - len(PEAK) - 1) : at].lower()
        else label.field
    )
    value = value_of(record, label, "", period, quantity, Decimal(1))
    if POSSESSIVE.search(text, max(0, found.start() - 4), found.start()) and not _is_owned(text, found.start()):
        return None
    behind = text[quantity.end : min(end, quantity.end + BEHIND)] if label.unit == "EH/s" else ""
    behind = behind[: cut.start()] if (cut := beside["turned"].search(behind)) else behind
    hosted = label.field.endswith("_hosted")
    if not hosted and (beside["site"].search(before) or beside["site"].search(behind)):
        return replace(value, doubt="the sentence speaks of one site")
    if label.unit == "EH/s" and beside["for_others"].match(text, quantity.end, end):
        return replace(value, doubt=OF_OTHERS)
    of_others = label.field in SHARED and not own
    said = (
        beside["with_others"].search(before)
        or beside["of_others"].search(text, quantity.end, min(end, quantity.end + CLAUSE))
        or beside["of_those"].match(text, end, end + CLAUSE)
    )
    if of_others and said:
        return replace(value, doubt=OF_OTHERS)
    return value


def _forecast(text: str, found: re.Match[str], sentence: tuple[int, int], label: Label) -> bool:
    """Whether a sentence tells what shall be and not what was: near the number, or before it in its clause."""
    (start, end), at = sentence, found.start("n")
    before, behind = text[max(start, found.start() - BEFORE) : at], text[at : min(end, found.end() + BEHIND)]
    behind = behind[: cut.start()] if (cut := words().updates["onward"].search(behind)) else behind
    said = words().forecast
    if said["around"].is_in(f"{before}\n{behind}") or said["behind"].is_in(behind):
        return True
    behind = behind[: cut.start()] if (cut := words().updates["turned"].search(behind)) else behind
    if label.unit in ("EH/s", "J/TH") and said["machines"].is_in(f"{before}\n{behind}"):
        return True
    clause = text[max(start, at - CLAUSE) : at].lower()
    ahead = _last(said["ahead"].pattern, clause) if said["ahead"].may_be_in(clause) else None
    return ahead is not None and ahead > max(_last(said["done"].pattern, clause) or -1, clause.rfind(";"))


def _last(pattern: re.Pattern[str], text: str) -> int | None:
    return max((found.start() for found in pattern.finditer(text)), default=None)


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    of = {name: issuer for issuer, also in words().issuers.items() for name in (issuer, *also)}
    longest = sorted(of, key=len, reverse=True)
    return re.compile(rf"{NO_PLACE}(?=[A-Z])(?:{'|'.join(map(re.escape, longest))}){NO_KIND}"), of


def _is_owned(text: str, at: int) -> bool:
    """Whether what begins here is a company's: its name, or a word for it, stands in the possessive before."""
    before = text[max(0, at - LONGEST_NAME) : at].rstrip()
    owner = before.removesuffix("s").removesuffix("'")
    named = any(found.end() == len(owner) for found in _names()[0].finditer(owner))
    return named or words().updates["speaker"].search(owner) is not None


def _heads(document: Document) -> list[tuple[int, str]]:
    """Where a company's name is a line of its own: what follows is of it."""
    (names, of), form, text = _names(), words().updates["company"], document.text
    alone = (row.cells[0] for row in document.rows if len(row.cells) == 1)
    short = ((names.match(text, *cell[:2]), cell.end) for cell in alone if cell.end - cell.start < LONGEST_NAME)
    return [(name.end(), of[name.group()]) for name, end in short if name and form.fullmatch(text, name.end(), end)]


def named(text: str, start: int = 0, end: int = HEAD) -> list[tuple[int, str]]:
    """Where companies are named as who does something."""
    names, of = _names()
    return [
        (found.start(), of[found.group()])
        for found in names.finditer(text, start, end)
        if not words().updates["giver"].search(text, max(start, found.start() - 12), found.start())
    ]


def _is_within(at: int, lines: Sequence[Span]) -> bool:
    number = bisect_left(lines, (at + 1, 0)) - 1
    return number >= 0 and at < lines[number][1]


def _within(places: Sequence[tuple[int, str]], start: int, end: int) -> set[str]:
    return {name for _, name in places[bisect_left(places, (start, "")) : bisect_left(places, (end, ""))]}


def _owner(at: int, owners: Sequence[tuple[int, str | None]], whose: str | None) -> str | None:
    """The company that was named last before a number, else the one whose it is where none is; None where it may be anyone's."""
    before = [name for place, name in owners if place < at]
    return before[-1] if before else whose
