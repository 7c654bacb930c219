"""What labels.yml says: labels of fields, units and scales, names of issuers, phrases of the gate. A new one is a line there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.extract.phrases import Index, Phrase, Sought, deal_of, of_lower, sought, sought_of, spaced, stretches

FILE = Path(__file__).with_name("labels.yml")
MARKS = re.compile(r"(?:\s*\^?[(\[]?(?:\d{1,2}|[*†‡§¹²³⁴-⁹]+)(?:\s?,\s?\d{1,2})*[)\]]?)+$")
MARKED = tuple(")]†‡§")
CASED = (
    "named",
    "identified",
    "renting",
    "signing",
    "defined",
    "signed_up",
    "headed",
    "let_to",
    "bracketed",
    "answered",
    "no_tenant",
    "form",
    "name",
    "used",
    "backing",
    "site",
    "at_site",
    "entity",
    "as_name",
    "fuller",
    "dated",
    "compared",
    "another_day",
    "giver",
)
"""Patterns in which case tells a name."""
LOWER = ("about", "agreed", "deals", "listed", "somebody", "unnamed")
"""Those of tenants that each sentence is asked for: in lower case they are found in half the time."""
GLUED = r"(?<=[a-z\d)%W])(?<!\s[A-Z])(?=(?:{})[a-z]*(?: [A-Za-z-]+){{0,3}}: ?\w)"
"""Where a label that begins with one of these words is glued to the value before it, as in `95 MWTerm: 15 years`."""
HYPHEN = re.compile(r"(?<=\w)-(?=\w)")
SLASH = re.compile(r"\s*/\s*")
CHOICE = re.compile(r"<([^<>]*)>")
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
    months: Mapping[str, int]
    metric_starts: frozenset[str]
    phrases: Index[Label]
    nil: Index[Label]
    forecast: Mapping[str, Sought]
    updates: Mapping[str, re.Pattern[str]]
    factors: Mapping[str, Decimal]
    facts: Mapping[str, Sought]
    offering: Mapping[str, re.Pattern[str]]
    tenants: Mapping[str, str]
    lessors: Mapping[str, tuple[str, ...]]
    tenant_names: tuple[tuple[str, re.Pattern[str]], ...]
    deals: Index[Phrase]
    spoiled: Mapping[str, tuple[Sought, ...]]
    tenancy: Mapping[str, Sought]
    glued: re.Pattern[str]
    doubtful: Mapping[str, Sought]
    deal_words: Mapping[str, Sought]
    measures: Mapping[str, tuple[re.Pattern[str], ...]]
    powers: Mapping[str, tuple[re.Pattern[str], ...]]
    scopes: Mapping[str, tuple[re.Pattern[str], ...]]
    columns: Mapping[str, tuple[re.Pattern[str], ...]]
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


@lru_cache(maxsize=1_024)
def plain_label(printed: str) -> str:
    """A label in the one form that its spellings have in common: no hyphens, no `total`, `btc` for bitcoins."""
    plain = printed.lower()
    if "hash" in plain or "computing" in plain:
        plain = HASHRATE.sub("hashrate", plain)
    if "-" in plain:
        plain = HYPHEN.sub(" ", plain)
    if "/" in plain:
        plain = SLASH.sub("/", plain)
    return " ".join(SAME.get(word, word) for word in plain.strip(EDGES).split()).removeprefix("total ")


@lru_cache(maxsize=1)
def words() -> Words:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    read = yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader)
    spoiled = {
        kind: tuple(sought_of("|".join(read[one].get(kind, ["(?!)"]))) for one in ("spoiled", "spoiled_before"))
        for kind in (*read["spoiled"], "none")
    }
    units, meant = {}, read["meant"]
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
            question: {one: of_lower(said) for one, said in answers.items()}
            for question, answers in read["gate"].items()
        },
        {field: measure for measure, fields in read["metrics"].items() for field in fields},
        {name: number for number, names in read["months"].items() for name in names},
        frozenset(" ".join(label.split()[:many]) for label in _labels(read["labels"]["metric"]) for many in (1, 2)),
        Index(
            [
                *_phrases(read["phrases"]["metric"], read),
                *_phrases(read["phrases"]["continental"], read, {"decimal": ","}),
            ]
        ),
        Index(_phrases(read["phrases"]["nil"], read)),
        {where: sought_of("|".join(given)) for where, given in read["forecast"].items()},
        _table(read["updates"], meant),
        {unit: Decimal(str(factor)) for unit, factor in read["factors"].items()},
        {field: sought_of(_filled("|".join(given), meant)) for field, given in read["facts"].items()},
        _table(read["offering"], meant),
        {name: role for role, names in read["counterparties"].items() for name in names},
        {name: tuple(also) for name, also in read["counterparties"]["lessor"].items()},
        tuple(
            (name, re.compile("|".join(rf"{one}(?<!\w{one})(?!\w)" for one in map(re.escape, (name, *also)))))
            for names in read["counterparties"].values()
            for name, also in names.items()
        ),
        Index(
            (phrase, phrase.sought)
            for phrase in (
                deal_of(line | {"phrase": _filled(line["phrase"], meant)}, spoiled) for line in read["deals"]
            )
        ),
        spoiled,
        {name: sought(pattern) for name, pattern in _table(read["tenancy"], meant).items()}
        | {name: sought_of(_filled(read["tenancy"][name], meant)) for name in LOWER},
        re.compile(GLUED.format("|".join(read["glued"]))),
        {kind: sought(of_lower(phrases)) for kind, phrases in read["doubtful"].items()},
        {
            one: sought(re.compile(spaced(phrase), re.IGNORECASE | re.DOTALL))
            for one, phrase in read["deal_words"].items()
        },
        stretches(read["measures"]),
        stretches(read["powers"]),
        stretches(read["scopes"]),
        stretches(read["columns"]),
        (Decimal(str(read["band"][0])) * 10**6, Decimal(str(read["band"][1])) * 10**6),
        tuple((basis, re.compile(spaced(phrase), re.IGNORECASE)) for basis, phrase in read["bases"]),
        {form: tuple(kinds) for form, kinds in read["forms"].items()},
        {item: tuple(kinds) for item, kinds in read["items"].items()},
    )


def _table(given: Mapping[str, str | list[str]], meant: Mapping[str, str]) -> dict[str, re.Pattern[str]]:
    """Patterns by name, each of one phrase or of several."""
    said = {name: phrase if isinstance(phrase, str) else "|".join(phrase) for name, phrase in given.items()}
    return {
        name: re.compile(spaced(_filled(phrase, meant)), 0 if name in CASED else re.IGNORECASE)
        for name, phrase in said.items()
    }


def _filled(phrase: str, meant: Mapping[str, str]) -> str:
    """A phrase with what phrases have in common put in."""
    for name, text in meant.items():
        phrase = phrase.replace(f"{{{name}}}", text)
    return phrase


def _phrases(
    phrases: Mapping[str, list[str]], read: Mapping[str, Any], other: Mapping[str, Any] | None = None
) -> Iterator[tuple[Label, Sought]]:
    """Each pattern of a sentence with the field of its number, `n`; a blank matches any white space."""
    number = (
        r"(?:US)?[$~≈]?\s?",
        r"(?P<n>(?>\d[\d,.]{0,24}\d|\d))(?:\s?-?(?:[EPT]H(?:/s|\s+per\s+second)?|exahash\w*|[JW]/TH|(?:joules|watts)\s+per\s+terahash|(?:cents|[c¢])?\s?(?:/|\bper|\ba)\s?(?:[kM]Wh|(?:kilo|mega)watt[- ]hour))\b)?",
    )
    meant = {f"{{{name}}}": ("", spaced(text)) for name, text in read["meant"].items()}
    for field, patterns in phrases.items():
        given = read["labels"]["metric"][field]
        unit = (given[0] if isinstance(given, list) else given)["unit"]
        for pattern in patterns:
            yield Label(field, unit=unit, other=other), sought_of(pattern, {"{n}": number} | meant, unit)


def _labels(fields: Mapping[str, Any]) -> dict[str, Label]:
    """Lines are `field: [label, ...]`, or `field: {labels: [...], unit: ..., definition: ...}` or a list of those."""
    known: dict[str, Label] = {}
    for field, given in fields.items():
        entries = given if isinstance(given, list) and given and isinstance(given[0], dict) else [given]
        for entry in entries:
            said = dict(entry) if isinstance(entry, dict) else {"labels": entry}
            label_texts = said.pop("labels")
            label = Label(field, str(said.pop("definition", "")), str(said.pop("unit", "")), said or None)
            known |= {plain_label(spelled): label for text in label_texts for spelled in _spellings(str(text))}
    return known


def _spellings(text: str) -> Iterator[str]:
    """A label of the file once for each of its choices: `<Month-End|> Balance` with and without its first word."""
    if (choice := CHOICE.search(text)) is None:
        yield text
        return
    for one in choice[1].split("|"):
        yield from _spellings(f"{text[: choice.start()]}{one}{text[choice.end() :]}")
