"""Running text: paragraphs over line ends, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

PARTED, PARTED_BY_CELLS = re.compile(r"\t|\n(?=[^\S\n]*\n)"), re.compile(r"\t")
"""Between paragraphs, and between cells."""
SHORTEST, LONGEST = 10, 5_000
"""Characters of a sentence that people write; a shorter one is a name or a cell."""
ABBREVIATED = r"Inc|Corp|Co|Ltd|No|U\.S|Mr|Ms|Dr|St|vs|approx|[A-Z]|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
GOES_ON = "".join(rf"(?<!\b{short}[.!?])" for short in ABBREVIATED.split("|"))
END = re.compile(rf"[.!?]{GOES_ON}[\"')\]]*(?=\s+[\"'(\[]?[A-Z0-9•●▪◦-])|[。；]|\n[^\S\n]*(?=[•●▪◦*·-]\s)")
"""Where a sentence ends or a bullet point begins. The mark comes first, so that only marks are looked at."""


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
