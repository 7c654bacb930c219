"""Running text: paragraphs over line ends, and their sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.document import Document

PARAGRAPH = re.compile(r"(?:[^\n\t]|\n(?!\s*\n))+")
ONE_WORD, LONGEST = 0.6, 5_000
END = re.compile(
    r"(?<!\bInc)(?<!\bCorp)(?<!\bCo)(?<!\bLtd)(?<!\bNo)(?<!\bU\.S)(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\bapprox)"
    r"(?<!\b[A-Z])(?<!\bJan)(?<!\bFeb)(?<!\bMar)(?<!\bApr)(?<!\bJun)(?<!\bJul)(?<!\bAug)(?<!\bSept)(?<!\bSep)(?<!\bOct)"
    r"(?<!\bNov)(?<!\bDec)[.!?][\"')\]]*(?=\s+[\"'(\[]?[A-Z0-9•-])|[。；]"
)
BULLET = re.compile(r"\n\s*(?=[•*·-]\s)")


def sentences(document: Document) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends in the document's text; a cell, a heading and a bullet point are one each.

    Line ends inside a paragraph are blanks to a sentence: match `\\s+` between words.
    """
    text = document.text
    paragraph = PARAGRAPH if not one_word_a_line(document) else re.compile(r"[^\t]+")
    for found in paragraph.finditer(text):
        begin = found.start()
        ends = sorted(
            [end.end() for end in END.finditer(text, *found.span())]
            + [bullet.end() for bullet in BULLET.finditer(text, *found.span())]
        )
        for end in [*ends, found.end()]:
            held = text[begin:end]
            if held.strip():
                left = begin + len(held) - len(held.lstrip())
                yield left, begin + len(held.rstrip())
            begin = end


def written(document: Document) -> Iterator[tuple[int, int]]:
    """Sentences of a length that people write."""
    return (span for span in sentences(document) if span[1] - span[0] <= LONGEST)


def one_word_a_line(document: Document) -> bool:
    """Some copies put every word into a paragraph of its own."""
    short = sum(" " not in document.of(row.cells[0]) for row in document.rows if len(row.cells) == 1)
    return len(document.rows) > 40 and short > ONE_WORD * len(document.rows)
