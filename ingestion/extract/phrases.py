"""Patterns of labels.yml: of sentences that tell a number, and of the words that stand around one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from re import _parser as parser  # type: ignore[attr-defined]
from sys import maxsize
from typing import Any, Generic, NamedTuple, TypeVar

Told = TypeVar("Told")

COUNTED = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
SPELLED = {word: number for number, word in enumerate(COUNTED.split(), 2)} | {"twenty-five": 25, "thirty": 30}
NEEDED = {
    **dict.fromkeys(("USD", "USD/year", "USD/MW"), ("$", "£", "€", "usd", "eur", "gbp", "cad")),
    "MW": ("mw", "gw", "megawatt", "gigawatt"),
    "year": ("year", "yr"),
    "month": ("month",),
    "percent": ("%", "percent", "per cent"),
    "share": ("share",),
    **dict.fromkeys(("BTC", "BTC-equivalent"), ("btc", "coin", "比特")),
    "EH/s": ("eh", "ph/s", "exahash", "petahash"),
    "J/TH": ("j/th", "w/th", "terahash", "per th"),
    "USD/kWh": ("wh", "watt-hour", "watt hour"),
}
"""What a sentence has that speaks of a number in a unit."""
YEARS = re.compile(r"\byear(s\??)(?=\W|$)")
UPPER = re.compile(r"\\.|\(\?P|[A-Z]+")
"""Letters of a pattern that have a lower case, and what has none: classes of characters, groups."""
SHORTEST, SHORT = 2, 3
"""Letters of a word that tells sentences apart, and of one that tells little."""


class Sought(NamedTuple):
    """A pattern, and words in lower case of which each group has one in every text that holds it: without them it is not looked for,
    which is most of the time. `signs` are those of the unit of its number, one of which stands there as well; `leads` says that it
    begins with its number."""

    pattern: re.Pattern[str]
    needed: tuple[tuple[str, ...], ...]
    signs: tuple[str, ...] = ()
    leads: bool = False

    def may_be_in(self, lower: str) -> bool:
        for group in self.needed:
            for word in group:
                if word in lower:
                    break
            else:
                return False
        return True

    def search(self, text: str, start: int = 0, end: int = maxsize) -> re.Match[str] | None:
        found = not self.needed or self.may_be_in(text[start:end].lower())
        return self.pattern.search(text, start, end) if found else None

    def finditer(self, text: str, start: int = 0, end: int = maxsize) -> Iterator[re.Match[str]]:
        found = not self.needed or self.may_be_in(text[start:end].lower())
        return self.pattern.finditer(text, start, end) if found else iter(())

    def match(self, text: str, start: int = 0, end: int = maxsize) -> re.Match[str] | None:
        return self.pattern.match(text, start, end)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return self.pattern.fullmatch(text)

    def sub(self, put: str, text: str) -> str:
        return self.pattern.sub(put, text)

    def is_in(self, text: str) -> bool:
        lower = text.lower()
        return self.may_be_in(lower) and self.pattern.search(lower) is not None

    def at(self, lower: str, opens: Iterable[int], start: int, end: int) -> Iterator[re.Match[str]]:
        """Where it stands in a stretch of a text in lower case, whose numbers open at some places: one that begins with its number
        is looked for there alone."""
        if not self.leads:
            yield from self.pattern.finditer(lower, start, end)
            return
        for place in opens:
            if place >= start and (found := self.pattern.match(lower, place, end)):
                yield found
                start = found.end()


class Index(Generic[Told]):
    """Things that a phrase each tells, by the words that it begins with or ends in: a sentence is asked for the few whose words it
    has, and not for each of a hundred."""

    def __init__(self, given: Iterable[tuple[Told, Sought]]) -> None:
        self.given = tuple(given)
        self.by_sign: dict[tuple[str, ...], dict[str, list[int]]] = {}
        for number, (_, sought) in enumerate(self.given):
            by_word = self.by_sign.setdefault(sought.signs, {})
            for word in sought.needed[0] if sought.needed else ("",):
                by_word.setdefault(word, []).append(number)

    def of(self, lower: str) -> list[tuple[Told, Sought]]:
        """Those that may be in a sentence in lower case, in their order."""
        held: set[int] = set()
        # Many phrases are of one unit.
        for signs, by_word in self.by_sign.items():
            if not signs or any(sign in lower for sign in signs):
                held.update(*[numbers for word, numbers in by_word.items() if word in lower])
        return [one for one in map(self.given.__getitem__, sorted(held)) if one[1].may_be_in(lower)]


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


def sought_of(phrase: str, forms: Mapping[str, tuple[str, str]] | None = None, unit: str = "") -> Sought:
    """A phrase of the file with the forms of its number put in, and what it cannot do without: a word that it begins with and
    one of its unit."""
    made, leads = spaced(phrase), False
    for mark, (sign, number) in (forms or {}).items():
        # What a phrase begins with is found by its first character: no sign that may be missing.
        leads = leads or (made.startswith(mark) and "(?P<n>" in number and not number.startswith(r"\b"))
        made = made.replace(mark, number if made.startswith(mark) else sign + number)
    lower = UPPER.sub(lambda found: found.group() if found.group()[0] in "\\(" else found.group().lower(), made)
    return sought(re.compile(lower))._replace(signs=NEEDED.get(unit, ()), leads=leads)


def sought(pattern: re.Pattern[str]) -> Sought:
    """A pattern with what it cannot do without, what tells most first."""
    return Sought(pattern, tuple(sorted(_needed(parser.parse(pattern.pattern)), key=_telling, reverse=True)))


def _needed(parsed: Iterable[tuple[Any, Any]]) -> Iterator[tuple[str, ...]]:
    """Groups of words of which each text that a parsed pattern fits has one: words that stand in it, and of each choice one an
    alternative."""
    run = ""
    for kind, of in chain(parsed, [(None, None)]):
        if str(kind) == "LITERAL" and not chr(of).isspace():
            run += chr(of).lower()
            continue
        if len(run) >= SHORTEST or (run and not run.isalnum()):
            yield (run,)
        run = ""
        match str(kind):
            case "SUBPATTERN":
                yield from _needed(of[-1])
            case "ATOMIC_GROUP":
                yield from _needed(of)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT" if of[0] > 0:
                yield from _needed(of[-1])
            case "ASSERT" if of[0] > 0:
                yield from _needed(of[-1])
            case "BRANCH":
                found = [max(_needed(one), key=_telling, default=()) for one in of[1]]
                if all(found):
                    yield tuple(dict.fromkeys(chain.from_iterable(found)))


def _telling(group: tuple[str, ...]) -> tuple[bool, int, int]:
    """How much a group of words tells: few of them, and long ones, since short ones stand within others."""
    shortest = min(map(len, group))
    return shortest > SHORT, -len(group), shortest


def any_of(names: Iterable[str], *, led: bool = False) -> str:
    """A pattern of any of the names, the longest first, whatever their case: by their first letters, since one look at these
    tells most of them to be absent. With `led` the first letter is the one before."""
    tails: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        tails.setdefault(re.escape(name[0].lower()), []).append(re.escape(name[1:]).replace(r"\ ", r"\s+"))
    head = "(?<={})(?:{})" if led else "{}(?:{})"
    parts = "|".join(head.format(first, "|".join(ends)) for first, ends in tails.items())
    return f"(?:{parts})" if led else f"(?=[{''.join(tails)}])(?:{parts})"


def of_lower(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern of any of the phrases, which begin where a word does, in a text in lower case: there nearly every place is passed
    over by its first letter."""
    return re.compile(rf"\b(?:{spaced('|'.join(one.removeprefix(chr(92) + 'b') for one in phrases))})")


def stretches(given: Mapping[str, list[str]]) -> dict[str, tuple[re.Pattern[str], ...]]:
    """Patterns of what stands before a number and behind it, and of how its sentence begins."""
    return {
        one: tuple(re.compile(spaced(phrase) or "(?!)", re.IGNORECASE | re.DOTALL) for phrase in (*phrases, "", "")[:3])
        for one, phrases in given.items()
    }


def spaced(phrase: str) -> str:
    """A phrase of the file, in which a blank stands for any white space."""
    return phrase.replace(" ?", r"\s?").replace(" ", r"\s+")


def deal_of(line: Mapping[str, str], spoiled: Mapping[str, tuple[Sought, ...]]) -> Phrase:
    amount = r"(?:[$£€]|(?:USD|EUR|GBP|CAD)(?=[\s\d]))\s?(?P<n>\d(?>(?:[\d,.]{0,23}\d)?))\+?(?:[\s-]?(?:[bm]illion|[BM](?:l?n)?)\b|(?<=\d,\d{3},\d{3})(?!\w))"
    if line["unit"] == "USD":
        amount += r"(?!\s+(?:per|a|each)\s+(?:year|quarter|month|MW)|\s+annually)"
    power = r"(?P<n>\d[\d,.]{0,24}+)[+)]?\s?-?(?:(?:additional|incremental)\s)?(?:MW|GW|megawatts?|gigawatts?)\b(?:\s+\([\"“”]?MW[\"“”]?\))?"
    number = rf"\b(?P<n>\d[\d,.]{{0,24}}+|{'|'.join(SPELLED)})\)?"
    unit = line["unit"]
    near = spoiled[line.get("near", unit)]
    phrase = sought_of(
        YEARS.sub(r"y(?:ea)?r\1", line["phrase"]),
        {"{usd}": ("~?(?:US|CA?|AU?)?", amount), "{mw}": ("~?", power), "{n}": ("", number)},
        unit,
    )
    return Phrase(line["field"], unit, phrase, near, "near" in line)
