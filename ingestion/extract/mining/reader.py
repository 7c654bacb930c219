"""Miners' production updates: rows of a table, lines with a colon, and sentences, each under the month or the day that it speaks of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain

from ingestion.extract.document import Document
from ingestion.extract.found import MOST, Found, Span, TooMany, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.mining.cells import COSTS
from ingestion.extract.mining.months import NO_YEAR, Period, reported
from ingestion.extract.mining.rows import of_rows
from ingestion.extract.mining.runs import of_runs
from ingestion.extract.mining.sentences import MANY, PEAK, named, of_sentences
from ingestion.extract.mining.value import Value
from ingestion.extract.words import BULLETS, words

LEAST_EH, MOST_EH = Decimal("0.05"), Decimal(150)
"""EH/s of a miner whose table names no unit."""
WITHIN = {
    "EH/s": (Decimal(0), Decimal(200)),
    "J/TH": (Decimal(5), Decimal(150)),
    "USD/kWh": (Decimal("-0.5"), Decimal("0.5")),
}
"""What a fleet needs for a terahash, and a kilowatt hour costs; what is beyond is in another unit."""

Said = dict[tuple[str, str, Period], list[Value]]


def read_production(document: Document) -> Iterator[Found]:
    """Values of the month reported, of the columns beside it, and why a number is not read."""
    report, issuer = reported(document), issuer_of(document)
    said: dict[str, Said] = defaultdict(lambda: defaultdict(list))
    read_by_lines: list[Span] = []
    in_lines = [*_bounded(of_runs(document, report.period, read_by_lines))]
    for value in chain(_bounded(of_rows(document, report.period, read_by_lines)), in_lines):
        said[issuer][value.about].append(value)
    # A row is exact about what it counts; a sentence is read only where no row speaks of the same.
    sure = {about for about, every in said[issuer].items() if any(not one.doubt for one in every)}
    read = {one.quantity.start for every in said[issuer].values() for one in every}
    for owner, value in [*of_sentences(document, issuer, report, read_by_lines)]:
        if (owner != issuer or value.about not in sure) and value.quantity.start not in read:
            said[owner][value.about].append(value)
    producers = {owner for owner, of_owner in said.items() if any(field == "btc_produced" for field, *_ in of_owner)}
    for owner, of_owner in said.items():
        # A text that is about another miner, too, tells what it produced and names it again, or where a paragraph begins, or is about many.
        about = len(producers) >= MANY or _is_about(document, owner)
        if owner == issuer or (owner in producers and about and not document.one_word_a_line):
            yield from _each(Voice(document, "metric", owner), of_owner, report.period)


def _is_about(document: Document, owner: str) -> bool:
    text = document.text
    places = [at for at, name in named(text) if name == owner]
    return len(places) > 1 or any(not text[text.rfind("\n", 0, at) + 1 : at].strip(BULLETS) for at in places)


def _each(voice: Voice, said: Said, month: Period | None) -> Iterator[Found]:
    for every in said.values():
        if every[0].period[1] <= NO_YEAR and every[0].period != month:
            # Of another month without a year it is not even known that it is another.
            continue
        doubt, said_of_one = _settled(every)
        for one in {(one.value, one.quantity.refused): one for one in reversed(said_of_one)}.values():
            in_brackets = one.value < 0 and one.label.field in COSTS
            yield _told(
                voice, one, doubt or ("a cost in brackets may be an expense or a credit" if in_brackets else "")
            )


def _settled(every: list[Value]) -> tuple[str, list[Value]]:
    """Those of several values of the same that count, and what there is to doubt."""
    # A total that holds what is hosted for others is not the miner's own, nor is a site's what is told of them all.
    every = [one for one in every if not one.doubt] or every
    every = [one for one in every if words().updates["self_mined"].search(one.record)] or every
    every = [one for one in every if not one.quantity.approximate] or every
    every = [one for one in every if not one.record.lower().startswith(PEAK)] or every
    exact = [one for one in every if not one.quantity.refused]
    every = [one for one in every if not any(_is_rounded(one.value, other.value) for other in exact)]
    different = {one.value for one in every if not one.quantity.refused}
    return "the document gives it in two ways" if len(different) > 1 else every[0].doubt, every


def _is_rounded(value: Decimal, exact: Decimal) -> bool:
    """Whether a value is another one that was printed with fewer digits."""
    here, there = value.as_tuple().exponent, exact.as_tuple().exponent
    return value != exact and there < here <= 0 and exact.quantize(value, ROUND_HALF_UP) == value  # type: ignore[operator]


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
    least, most = WITHIN.get(unit, (one.value, one.value))
    if not least <= one.value <= most:
        return voice.abstain(one.record, field, unit, span, f"out of reach in {unit}")
    if one.value < 0 and unit.startswith("BTC"):
        return voice.abstain(one.record, field, unit, span, "coins cannot be fewer than none")
    first, last = (day.isoformat() if day > NO_YEAR else "" for day in one.period)
    period = ("" if words().metrics[field] == "stock" else first, last)
    return voice.say(one.record, field, f"{one.value.normalize():f}", unit, span, period=period, doubt=doubt)
