"""Text that lost its markup: bars, blanks or line ends between cells, and HTML or text inside JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, pairwise

from ingestion.extract import markup
from ingestion.extract.document import Cell, Row, UnreadableDocument, most
from ingestion.extract.traced import SAME_LENGTH, Traced
from ingestion.extract.words import words

LINE = re.compile(r"[^\r\n\v\f\u0085\u2028\u2029]+|\r\n|[\r\n\v\f\u0085\u2028\u2029]")
GAP = re.compile(r"\||\t+|(?<=:) {2,}| {3,}")
TWO = re.compile(r"(?<=[^\s.!?;:]) {2}(?=\S)")
STUCK = re.compile(r"(?<=[\w%)\"”])(?=(?:(?:19|2[01])\d\d|Floating Rate) Notes?:)")
"""Where the name of a note before its value is glued to the value of the note before."""
WORDS = re.compile(r"(?<=[a-z])( +)(?=[a-z])")
LEADERS = re.compile(r"\.{4,}|(?<= )\.{2,3}(?= )")
"""Dots that lead from a label to its value."""
RULE = re.compile(r"[\s|:+=_*-]*")
DRAWN = re.compile(r"[:+=_*-]{2}")
"""What parts a line that is drawn from a cell with a dash."""
EMPHASIS = re.compile(r"\*\*|__|`+|(?<!\w)\*(?=\w)|(?<=\w)\*(?=\s|$)(?<!\d\*)")
HEADING = re.compile(r"\s*(?:#{1,6}|[-*•●▪◦·>]|\d{1,2}[.)](?=\s))\s+(?=[^\s|])|\s*\*(?=[A-Z][^*]*$)")
STRING = re.compile(r'"((?:[^"\\]++|\\.)*+)"(\s*:)?', re.DOTALL)
ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
BARRED = re.compile(r"(?m)^[^|\n]*\|+[^\S\n]*$")
WRAPPED = re.compile(
    r"(?<=\|)[^\S\n]*\n(?P<cell>(?![^\w+]\s)[^|\n]{1,60}(?:\n(?![^\w+]\s)[^|\n]{1,60}){1,3})(?=\n[^\S\n]*\||\|[^\S\n]*(?:\n|$))|(?P<escape>\\(?=[n\"]))(?P<end>n)?"
)
"""A cell over several lines between bars that stand alone on theirs or end them; the escape of a line end or a quote."""
BLANKS = re.compile(r"\s+")
FEW, NONE = 8, "\u200b"
"""Lines whose one bar ends them, and escapes, that are no accident; a character that the text leaves out."""
LONG = 60
MOST_CELLS = 2_000
"""Of a row; a line with more gaps is no row of a grid."""


def read(original: str) -> tuple[Traced, tuple[Row, ...]]:
    """Traced text and rows: a line with bars or wide gaps is a row of a grid, any other a paragraph of one cell."""
    traced = Traced()
    rows: list[Row] = []
    original = _unwrapped(original)
    grid, gridded, held, limit = -1, False, 0, most(original) * 2 // 3
    narrow = _is_single(original)
    for line in LINE.finditer(original):
        whole = line.group()
        if whole[0] in "\r\n\v\f\u0085\u2028\u2029":
            traced.add("\n", line.start(), line.end())
            continue
        plain = whole if whole.isascii() else whole.translate(SAME_LENGTH)
        if "...." in plain:
            plain = LEADERS.sub(lambda dots: " " * len(dots.group()), plain)
        barred = "|" in plain
        if barred and RULE.fullmatch(plain) and DRAWN.search(plain):
            continue
        parted = barred or (("\t" in plain or "  " in plain) and not RULE.fullmatch(plain))
        gaps = _gaps(plain, narrow=narrow and not barred, least=1 if gridded else 2) if parted else []
        if "Note" in plain:
            gaps = sorted([*gaps, *(found.span() for found in islice(STUCK.finditer(plain), MOST_CELLS))])
        stuck = [found.span() for found in islice(words().glued.finditer(plain), MOST_CELLS)] if ":" in plain else []
        gaps = sorted([*gaps, *stuck]) if len(stuck) > 1 else gaps
        if HEADING.match(plain):
            # A bullet point or a heading is a paragraph of its own.
            traced.add("\n", line.start(), line.start())
        cells = list(_cells(whole, line.start(), gaps, traced))
        many = sum(cell.end > cell.start for cell in cells) > 1
        grid += many and not gridded
        gridded = many or (gridded and not plain.strip(" |"))
        if any(cell.end > cell.start for cell in cells):
            held += len(cells)
            if held > limit:
                raise UnreadableDocument(f"more than {limit:,} cells or lines; pass a part of it")
            rows.append(Row(tuple(cells), grid if many else None))
    return traced, tuple(rows)


def _unwrapped(original: str) -> str:
    """The text, each character at its place, where a copy broke cells over lines, or kept the escapes of a text in JSON."""
    if original.count("\\n") < FEW and len(list(islice(BARRED.finditer(original), FEW))) < FEW:
        return original

    def put(found: re.Match[str]) -> str:
        if found["escape"]:
            return f"{NONE}\n" if found["end"] else NONE
        begin = found.start("cell") - found.start()
        return found.group()[:begin] + BLANKS.sub(lambda blank: " ".ljust(len(blank.group()), NONE), found["cell"])

    return WRAPPED.sub(put, original)


def _gaps(line: str, *, narrow: bool, least: int) -> list[tuple[int, int]]:
    """What parts the cells of a line; two blanks do where words have one between them, and at `least` so many part it."""
    gaps = [found.span() for found in islice(GAP.finditer(line), MOST_CELLS + 1)]
    more = [found.span() for found in islice(TWO.finditer(line), MOST_CELLS + 1)] if narrow else []
    gaps = sorted({*gaps, *more}) if len(gaps) + len(more) >= least else gaps
    return gaps if len(gaps) <= MOST_CELLS else []


def _is_single(original: str) -> bool:
    """Whether words have one blank between them, as nearly all texts have: two are then a gap."""
    between = Counter(min(len(found[1]), 2) for found in islice(WORDS.finditer(original), 1_000))
    return between[1] > 10 * between[2]


def _cells(line: str, at: int, gaps: list[tuple[int, int]], traced: Traced) -> Iterator[Cell]:
    edges = [(0, 0), *gaps, (len(line), len(line))]
    emphasized = any(mark in line for mark in "*_`")
    for (_, start), (end, following) in pairwise(edges):
        begin = len(traced)
        done = start + (found.end() if start == 0 and (found := HEADING.match(line, 0, end)) else 0)
        for emphasis in EMPHASIS.finditer(line, done, end) if emphasized else ():
            traced.add_clean(line[done : emphasis.start()], at + done)
            done = emphasis.end()
        traced.add_clean(line[done:end], at + done)
        held = traced.since(begin)
        left = begin + len(held) - len(held.lstrip())
        yield Cell(left, max(left, begin + len(held.rstrip())))
        if end < len(line):
            traced.add("\t", at + end, at + following)


def json_documents(original: str) -> list[Traced]:
    """The long texts inside a JSON document, unescaped; none when it is no JSON."""
    if original.lstrip("\ufeff \t\r\n")[:1] not in {"{", "["}:
        return []
    try:
        json.loads(original.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return []
    return [
        _unescaped(original, *found.span(1))
        for found in STRING.finditer(original)
        if not found.group(2) and found.end(1) - found.start(1) >= LONG
    ]


@lru_cache(maxsize=4_096)
def _meant(escape: str) -> str:
    return str(json.loads(f'"{escape}"'))


def _unescaped(original: str, start: int, end: int) -> Traced:
    traced, done = Traced(), start
    if (escapes := original.count("\\", start, end)) > (bound := 3 * most(original)):
        raise UnreadableDocument(f"{escapes:,} escapes, at most {bound:,} are read; pass a part of it")
    for escape in ESCAPE.finditer(original, start, end):
        traced.add(original[done : escape.start()], done, escape.start())
        traced.add(_meant(escape.group()), *escape.span())
        done = escape.end()
    traced.add(original[done:end], done, end)
    return traced


def read_json(documents: list[Traced]) -> tuple[Traced, tuple[Row, ...]]:
    """The texts one after the other, each as HTML or plain text."""
    whole, rows, tables = Traced(), list[Row](), 0
    for outer in documents:
        inner, found = markup.read(outer.text)[:2] if markup.is_markup(outer.text) else read(outer.text)
        shift = whole.append(inner.through(outer))
        for row in found:
            cells = tuple(
                Cell(cell.start + shift, cell.end + shift, cell.columns, cell.rows, cell.marks) for cell in row.cells
            )
            rows.append(Row(cells, None if row.table is None else row.table + tables))
        tables += 1 + max((row.table for row in found if row.table is not None), default=-1)
    return whole, tuple(rows)
