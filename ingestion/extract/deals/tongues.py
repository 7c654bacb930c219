"""A document in another tongue with the words of deals in English, each at its place in the original; what words mean is in tongues.yml."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from ingestion.extract.document import Document, Row
from ingestion.extract.gate import HEAD, OPENING
from ingestion.extract.phrases import any_of
from ingestion.extract.traced import Traced

FILE = Path(__file__).with_name("tongues.yml")
ENGLISH = re.compile(r"\b(?:the|of|and|to|in|for|with|an?|that|its|is|will|by|on)\b", re.IGNORECASE)
WORD = re.compile(r"\b[^\W\d_]+\b")
OFTEN = 0.12
"""The part of its words that small ones of its tongue are at least."""
NEAR = 8
"""Characters before a number or word in which it can be told to be the end of a range, or the first of its sentence."""
OPENS = re.compile(r"(?:^|[.!?:\n\"(])\s*$")


@dataclass(frozen=True)
class Tongue:
    """A tongue: its small words, and numbers and words with what they are in English, in lower case."""

    small: re.Pattern[str]
    told: re.Pattern[str]
    range: re.Pattern[str]
    english: Mapping[str, str]
    counted: Mapping[str, int]


def in_english(document: Document) -> Document | None:
    """The document with words of deals in English, when it is in another tongue that is known and no longer than articles are;
    None when not."""
    if len(document.text) > HEAD:
        return None
    head = document.text[:OPENING]
    many = len(WORD.findall(head))
    found = {len(tongue.small.findall(head)): tongue for tongue in _tongues()} if not head.isascii() else {}
    if not found or max(found) < max(OFTEN * many, 2 * len(ENGLISH.findall(head))):
        return None
    return _told_in(document, found[max(found)])


def _told_in(document: Document, tongue: Tongue) -> Document:
    text, whole, done = document.text, Traced(), 0
    begins, moved = [0], [0]
    for found in tongue.told.finditer(text):
        if (put := _put(text, found, tongue)) is None:
            continue
        start, end = found.span()
        whole.add(text[done:start], done, start)
        begins += [start, end]
        moved += [len(whole), len(whole) + len(put)]
        whole.add(put, start, end)
        done = end
    whole.add(text[done:], done, len(text))

    def placed(position: int) -> int:
        at = bisect_right(begins, position) - 1
        ends = moved[at + 1] if at + 1 < len(moved) else len(whole)
        return min(moved[at] + position - begins[at], ends)

    rows = tuple(
        Row(tuple(cell._replace(start=placed(cell.start), end=placed(cell.end)) for cell in row.cells), row.table)
        for row in document.rows
    )
    return replace(document, traced=whole.through(document.traced), rows=rows)


def _put(text: str, found: re.Match[str], tongue: Tongue) -> str | None:
    """What stands for a number or word; None for the end of a range, and for a number of two readings."""
    if found["word"]:
        put = tongue.english[" ".join(found["word"].lower().split())]
        # Only a capital opens a sentence.
        opens = OPENS.search(text[max(0, found.start() - NEAR) : found.start()]) is not None
        return put[0].upper() + put[1:] if opens and found["word"][0].isupper() else put
    if tongue.range.search(text[max(0, found.start() - NEAR) : found.start()]) or found["either"]:
        return None
    if found["spelled"]:
        number = str(tongue.counted[found["spelled"].lower()])
    else:
        number = re.sub(r"[.\s](?=\d{3}(?!\d))", "", found["number"]).replace(",", ".")
    if found["currency"]:
        scale = tongue.english[found["scale"].lower()] if found["scale"] else ""
        return f"{tongue.english[found['currency'].lower()]}{number} {scale}".rstrip()
    return f"{number}{' MW' if found['power'] else '-year' if found['long'] else ' years'}"


@lru_cache(maxsize=1)
def _tongues() -> tuple[Tongue, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return tuple(map(_tongue, yaml.load(FILE.read_text(encoding="utf-8"), Loader=loader).values()))


def _tongue(given: Mapping[str, Any]) -> Tongue:
    scales, signs, words = (
        {said.lower(): english for english, spelled in given[kind].items() for said in spelled}
        for kind in ("scales", "money", "words")
    )
    of = f"(?:{any_of(given['of'])})?" if given["of"] else ""
    thousands = given["thousands"]
    number = rf"(?P<number>\d{{1,3}}(?:{thousands}\d{{3}})+(?:,\d+)?|\d+(?P<either>,\d{{3}})(?!\d)|\d+(?:[.,]\d+)?)(?![.,]?\d)"
    behind = (
        rf"\s(?:(?P<scale>{any_of(scales)})\s?)?{of}\s?(?P<currency>{any_of(signs)})|\s?(?P<power>{any_of(given['power'])})"
        rf"|\s(?P<years>{any_of(given['years'])})|(?P<long>{given['long']})"
    )
    told = rf"(?<![\w.,])(?:(?:{number}|(?P<spelled>{any_of(given['counted'])}))(?:{behind})|(?P<word>{any_of(words)}))(?!\w)"
    return Tongue(
        re.compile(rf"(?<!\w)(?:{any_of(given['known_by'])})(?!\w)", re.IGNORECASE),
        re.compile(told, re.IGNORECASE),
        re.compile(rf"\d\s?(?:-|{any_of(given['range'])})\s?$", re.IGNORECASE),
        scales | signs | words,
        {word: int(number) for word, number in given["counted"].items()},
    )


@lru_cache(maxsize=1)
def counted() -> Mapping[str, int]:
    """Numbers in words of other tongues."""
    return {word: number for tongue in _tongues() for word, number in tongue.counted.items()}
