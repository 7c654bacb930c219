"""What labels.yml says: labels of fields, units and scales, names of issuers, phrases of the gate. A new one is a line there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FILE = Path(__file__).with_name("labels.yml")
MARKS = re.compile(r"(?:\s*\(?(?:\d{1,2}|[*†‡§]+)(?:\s?,\s?\d{1,2})*\)?)+$")
MARKED = tuple(")†‡§")
SPELLED = {
    word: number
    for number, word in enumerate(
        [
            *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
            *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
        ],
        2,
    )
} | {"twenty-five": 25, "thirty": 30}
NAMED = r"(?P<name>[A-Z][\w&]*(?:[ \t]+[A-Z][\w&]*){0,3})(?=[,.;(]|\s+[^A-Z\s])"
CASED = ("named", "no_tenant", "form")
"""Patterns of a tenancy in which case tells a name."""
HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
NEEDED = {
    **dict.fromkeys(("USD", "USD/year", "USD/MW"), ("$", "£", "€", "eur", "gbp", "cad")),
    "MW": ("mw", "gw", "megawatt", "gigawatt"),
    "year": ("year",),
    "percent": ("%", "percent"),
    "share": ("share",),
    "BTC": ("btc", "bitcoin"),
}
"""What a sentence has that speaks of a number in a unit."""
TAIL = re.compile(r"[ )?]([a-z]{4,})(?:\\b)?$")
HEAD = re.compile(r"[A-Za-z]+(?![?*A-Za-z])|[A-Za-z]+(?=[A-Za-z][?*])")
BULLETS = " :*|•·▪●◦-"
EDGES = f"\n\t{BULLETS}"
HASHRATE = re.compile(r"\b(?:hash\s+rate|computing\s+power)\b")
SAME = {"bitcoin": "btc", "bitcoins": "btc", "avg.": "average", "avg": "average", "operational": "operating"}


@dataclass(frozen=True)
class Label:
    """What a label asks for. `definition` versions what the issuer counts under it; `other` is whatever else its line says."""

    field: str
    definition: str = ""
    unit: str = ""
    other: Mapping[str, Any] | None = None


class Sought(NamedTuple):
    """A pattern, and words in lower case of which each group has one in every text that holds it: without them it is not looked
    for, which is most of the time."""

    pattern: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]

    def may_be_in(self, lower: str) -> bool:
        for group in self.needed:
            for word in group:
                if word in lower:
                    break
            else:
                return False
        return True

    def is_in(self, text: str) -> bool:
        return self.may_be_in(text.lower()) and self.pattern.search(text) is not None

    def within(self, text: str, lower: str, start: int, end: int) -> Iterator[re.Match[str]]:
        """Where it stands in a sentence of the text; `lower` is that sentence in lower case."""
        return self.pattern.finditer(text, start, end) if self.may_be_in(lower) else iter(())


@dataclass(frozen=True)
class Phrase:
    """A sentence of a deal, and what may not stand near its number."""

    field: str
    unit: str
    sought: Sought
    spoiled: tuple[Sought, ...]
    claims: bool
    """Whether its number is no other's, also where it is spoiled: what is a year's is never the whole."""

    def spoils(self, before: str, around: str) -> bool:
        near, ahead = self.spoiled
        return near.is_in(around) or ahead.is_in(before)


@dataclass(frozen=True)
class Words:
    """The file, checked. Keys of scales and units are in lower case, of currencies in upper case."""

    scales: Mapping[str, Decimal]
    currencies: Mapping[str, str]
    units: Mapping[str, tuple[str, Decimal]]
    labels: Mapping[str, Mapping[str, Label]]
    issuers: Mapping[str, tuple[str, ...]]
    gate: Mapping[str, Mapping[str, re.Pattern[str]]]
    metrics: Mapping[str, str]
    metric_starts: frozenset[str]
    phrases: tuple[tuple[Label, Sought], ...]
    nil: tuple[tuple[Label, Sought], ...]
    forecast: tuple[Sought, ...]
    tenants: Mapping[str, str]
    tenant_names: tuple[tuple[str, re.Pattern[str]], ...]
    deals: tuple[Phrase, ...]
    tenancy: Mapping[str, re.Pattern[str]]
    doubtful: Mapping[str, re.Pattern[str]]
    deal_words: Mapping[str, re.Pattern[str]]
    band: tuple[Decimal, Decimal]
    bases: tuple[tuple[str, re.Pattern[str]], ...]
    forms: Mapping[str, tuple[str, ...]]
    items: Mapping[str, tuple[str, ...]]

    def label(self, kind: str, printed: str) -> Label | None:
        """The label of a kind of value that a cell bears as a whole, whatever its case, colon and footnote marks."""
        known = self.labels[kind]
        plain = plain_label(printed)
        if (label := known.get(plain)) is None and (plain[-1:].isdigit() or plain[-1:] in MARKED):
            label = known.get(MARKS.sub("", plain).strip(" :*"))
        return label

    def basis(self, text: str, *stretches: tuple[int, int]) -> tuple[str, tuple[int, int]] | None:
        """What a value is a value of, as a text or stretches of it say, and where; None where they say nothing of it."""
        places = stretches or ((0, len(text)),)
        said = ((basis, phrase.search(text, *place)) for basis, phrase in self.bases for place in places)
        return next(((basis, found.span()) for basis, found in said if found), None)

    @cached_property
    def phrase_words(self) -> frozenset[str]:
        """Words of which every sentence has one that tells a metric, in lower case."""
        return frozenset(word for _, sought in (*self.phrases, *self.nil) for word in sought.needed[0])

    def deals_with(self, lower: str) -> Iterator[Phrase]:
        """The phrases of deals, in order, whose units a sentence in lower case speaks of."""
        absent = {unit for unit, marks in NEEDED.items() if not any(mark in lower for mark in marks)}
        return (phrase for phrase in self.deals if phrase.unit not in absent)


@lru_cache(maxsize=1_024)
def plain_label(printed: str) -> str:
    """A label in the one form that its spellings have in common: no hyphens, no `total`, `btc` for bitcoins."""
    plain = printed.lower()
    if "hash" in plain or "computing" in plain:
        plain = HASHRATE.sub("hashrate", plain)
    if "-" in plain:
        plain = HYPHEN.sub(" ", plain)
    return " ".join(SAME.get(word, word) for word in plain.strip(EDGES).split()).removeprefix("total ")


@lru_cache(maxsize=1)
def words() -> Words:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)
    units = {}
    for unit, spellings in read["units"].items():
        for spelling, factor in (spellings if isinstance(spellings, dict) else dict.fromkeys(spellings, 1)).items():
            units[str(spelling).lower()] = unit, Decimal(str(factor))
    return Words(
        {str(name).lower(): Decimal(str(factor)) for name, factor in read["scales"].items()},
        {str(sign).upper(): code for code, signs in read["currencies"].items() for sign in signs},
        units,
        {kind: _labels(fields) for kind, fields in read["labels"].items()},
        {name: tuple(aliases) for name, aliases in read["issuers"].items()},
        {
            question: {
                answer: re.compile(_spaced("|".join(phrases)), re.IGNORECASE) for answer, phrases in answers.items()
            }
            for question, answers in read["gate"].items()
        },
        {field: measure for measure, fields in read["metrics"].items() for field in fields},
        frozenset(" ".join(label.split()[:many]) for label in _labels(read["labels"]["metric"]) for many in (1, 2)),
        tuple(_phrases(read["phrases"]["metric"], read["labels"]["metric"])),
        tuple(_phrases(read["phrases"]["nil"], read["labels"]["metric"])),
        tuple(_sought("|".join(read["forecast"][where])) for where in ("around", "behind")),
        {name: role for role, names in read["counterparties"].items() for name in names},
        tuple(
            (name, re.compile("|".join(rf"{one}(?<!\w{one})(?!\w)" for one in map(re.escape, (name, *also)))))
            for names in read["counterparties"].values()
            for name, also in names.items()
        ),
        tuple(_deal(line, read["spoiled"], read["spoiled_before"]) for line in read["deals"]),
        {
            name: re.compile(_spaced(phrase).replace("{name}", NAMED), 0 if name in CASED else re.IGNORECASE)
            for name, phrase in read["tenancy"].items()
        },
        {kind: re.compile(rf"\b(?:{_spaced('|'.join(phrases))})") for kind, phrases in read["doubtful"].items()},
        {
            one: re.compile(_spaced(read[one]), re.IGNORECASE)
            for one in ("bound", "bound_power", "each", "earlier", "reports", "signed")
        },
        (Decimal(str(read["band"][0])) * 10**6, Decimal(str(read["band"][1])) * 10**6),
        tuple((basis, re.compile(_spaced(phrase), re.IGNORECASE)) for basis, phrase in read["bases"]),
        {form: tuple(kinds) for form, kinds in read["forms"].items()},
        {item: tuple(kinds) for item, kinds in read["items"].items()},
    )


def _phrases(phrases: Mapping[str, list[str]], labels: Mapping[str, Any]) -> Iterator[tuple[Label, Sought]]:
    """Each pattern of a sentence with the field of its number, `n`; a blank matches any white space."""
    number = (
        "[$~]?",
        r"(?P<n>(?>\d[\d,.]{0,24}\d|\d))(?:\s?-?(?:[EPT]H(?:/s|\s+per\s+second)?|exahash\w*|[JW]/TH|(?:joules|watts)\s+per\s+terahash|[c¢]?\s?/\s?kWh)\b)?",
    )
    for field, patterns in phrases.items():
        unit = labels[field]["unit"]
        for pattern in patterns:
            yield Label(field, unit=unit), _sought(pattern, {"{n}": number}, unit)


def _sought(phrase: str, forms: Mapping[str, tuple[str, str]] | None = None, unit: str = "") -> Sought:
    """A phrase of the file with the forms of its number put in, and what it cannot do without: a word that it begins with and
    one of its unit."""
    spaced = _spaced(phrase)
    for mark, (sign, number) in (forms or {}).items():
        # What a phrase begins with is found by its first character: no sign that may be missing.
        spaced = spaced.replace(mark, number if spaced.startswith(mark) else sign + number)
    last = TAIL.search(phrase) if forms else None
    needed = (_heads(phrase), NEEDED.get(unit, ()), [last[1]] if last else ())
    return Sought(re.compile(spaced, re.IGNORECASE), tuple(tuple(group) for group in needed if group))


def _heads(phrase: str) -> list[str]:
    """What the alternatives of a phrase begin with, in lower case; nothing where one of them begins with no letters."""
    heads: list[str] = []
    for alternative in _alternatives(phrase):
        opening = alternative.removeprefix(r"\b")
        if opening.startswith("(?:"):
            inner, _, behind = opening[3:].partition(")")
            while inner.count("(") > inner.count(")"):
                more, _, behind = behind.partition(")")
                inner += f"){more}"
            found = [] if behind[:1] in ("?", "*", "{") else _heads(inner)
        else:
            head = HEAD.match(opening)
            found = [head.group().lower()] if head else []
        if not found:
            return []
        heads += found
    return heads


def _alternatives(phrase: str) -> list[str]:
    """The parts of a phrase between bars that stand in no bracket."""
    parts, depth = [""], 0
    for character in phrase:
        depth += (character == "(") - (character == ")")
        if character == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _spaced(phrase: str) -> str:
    """A phrase of the file, in which a blank stands for any white space."""
    return phrase.replace(" ?", r"\s?").replace(" ", r"\s+")


def _labels(fields: Mapping[str, Any]) -> dict[str, Label]:
    """Lines are `field: [label, ...]`, or `field: {labels: [...], unit: ..., definition: ...}` or a list of those."""
    known: dict[str, Label] = {}
    for field, given in fields.items():
        entries = given if isinstance(given, list) and given and isinstance(given[0], dict) else [given]
        for entry in entries:
            said = dict(entry) if isinstance(entry, dict) else {"labels": entry}
            label_texts = said.pop("labels")
            label = Label(field, str(said.pop("definition", "")), str(said.pop("unit", "")), said or None)
            for text in label_texts:
                known[plain_label(str(text))] = label
    return known


def _deal(line: Mapping[str, str], near: Mapping[str, list[str]], before: Mapping[str, list[str]]) -> Phrase:
    amount = r"(?:[$£€]|(?:EUR|GBP|CAD)\s)\s?(?P<n>\d(?>(?:[\d,.]{0,23}\d)?))(?:\s?(?:[bm]illion|[BM]n?)\b|(?<=\d,\d{3},\d{3})(?!\w))"
    if line["unit"] == "USD":
        amount += r"(?!\s+(?:per|a|each)\s+(?:year|quarter|month|MW)|\s+annually)"
    power = r"(?P<n>\d[\d,.]{0,24}+)\s?-?(?:MW|GW|megawatts?|gigawatts?)\b(?:\s+\(MW\))?"
    number = rf"\b(?P<n>\d[\d,.]{{0,24}}+|{'|'.join(SPELLED)})"
    unit = line["unit"]
    kind = line.get("near", unit)
    spoiled = (_sought("|".join(spoils.get(kind, ["(?!)"]))) for spoils in (near, before))
    sought = _sought(
        line["phrase"], {"{usd}": ("(?:US|CA?|AU?)?", amount), "{mw}": ("~?", power), "{n}": ("", number)}, unit
    )
    return Phrase(line["field"], unit, sought, tuple(spoiled), "near" in line)
