"""Running text: paragraphs over line ends, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

PARTED, PARTED_BY_CELLS = re.compile(r"\t|\n(?=[^\S\n]*\n)"), re.compile(r"\t")
"""Between paragraphs, and between cells."""
SHORTEST, LONGEST = 10, 5_000
"""Characters of a sentence that people write; a shorter one is a name or a cell."""
ABBREVIATED = r"Inc|Corp|Co|Ltd|No|U\.S|Mr|Ms|Dr|St|vs|approx|i\.e|e\.g|ca|incl|[A-Z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
GOES_ON = "".join(rf"(?<!\b{short}[.!?])" for short in ABBREVIATED.split("|"))
END = re.compile(rf"[.!?]{GOES_ON}[\"')\]]*(?=\s+[\"'(\[]?[A-Z0-9•●▪◦-])|[。；]|\n[^\S\n]*(?=[•●▪◦*·-]\s|o\s+[A-Z])")
"""Where a sentence ends or a bullet point begins. The mark comes first, so that only marks are looked at."""


LINE_END = re.compile(r"[\n=_-](?:(?<=\n)|(?<=\s.)[-=_]{4,}(?=\s))")
"""The end of a line, or a rule in it. Its first character stands apart: most of a text is passed over by it."""
WIDE = 200
"""Characters of a line that nobody broke to fit a page."""
ENDLESS = re.compile("and|with|for|in|to|of|at|by|on|from|under|over|through|an?|the|its|as", re.IGNORECASE)
GOING_ON = re.compile("and|with|for|to|of|by|from|over|through", re.IGNORECASE)
"""Words in which no headline ends, and with which it goes on in the next line."""


def is_heading(line: str) -> bool:
    """Whether nearly all words of a line have capitals: there they tell no name."""
    written = [word for word in line.split() if word[:1].isalpha() and len(word) > 3]
    return sum(word[:1].isupper() for word in written) > 0.7 * len(written)


def is_flowing(text: str) -> bool:
    """Whether a text has a line that nobody broke to fit a page."""
    begin = 0
    while (end := text.find("\n", begin)) >= 0:
        if end - begin > WIDE:
            return True
        begin = end + 1
    return len(text) - begin > WIDE


def headlines_apart(text: str, start: int, end: int, *, flowing: bool) -> Iterator[tuple[int, int]]:
    """A sentence, each headline that no mark ends by itself. It may go on in the next line, which then begins as none does. Where
    lines are `flowing`, as long as paragraphs, each line that no mark ends is one, and what stands above a rule."""
    begin = start
    for found in LINE_END.finditer(text, start, end):
        line, rest = text[begin : found.start()], text[found.end() : min(end, found.end() + WIDE)].split(maxsplit=1)
        ruled = found.group() != "\n"
        if not line.strip() or not rest or (not ruled and (rest[0][:1].islower() or line.rstrip().endswith(","))):
            continue
        joined = ENDLESS.fullmatch(line.split()[-1]) or GOING_ON.fullmatch(rest[0])
        if ruled or ((flowing or is_heading(line)) and not joined):
            yield begin, found.start()
            begin = found.end()
    yield begin, end


def sentences(text: str, *, unbroken: bool) -> Iterator[tuple[int, int]]:
    """Where each sentence of a text begins and ends; a cell, a heading and a bullet point are one each.

    Line ends inside a paragraph are blanks to a sentence, and with `unbroken` those between paragraphs too: match `\\s+` between words.
    """
    done = 0
    for part in (PARTED_BY_CELLS if unbroken else PARTED).finditer(text):
        yield from _of_paragraph(text, done, part.start())
        done = part.end()
    yield from _of_paragraph(text, done, len(text))


def _of_paragraph(text: str, begin: int, last: int) -> Iterator[tuple[int, int]]:
    ends = [end.end() for end in END.finditer(text, begin, last)] if last - begin > SHORTEST else []
    for end in [*ends, last]:
        held = text[begin:end]
        if bare := held.strip():
            left = begin + len(held) - len(held.lstrip())
            yield left, left + len(bare)
        begin = end
