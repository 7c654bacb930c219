"""What a document is, decided from its words before any value is read: which security, and whose."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping

from ingestion.extract.document import Document, in_lower
from ingestion.extract.words import words

NO_PLACE, NO_KIND = r"(?<!\w)(?<!(?i:north|south|latin)\s)", r"(?!\w)(?!\s+(?:miners?|cent(?:er|re)s?)\b)"
"""Around a name: `North American Bitcoin miners` are not American Bitcoin, nor hyperscale data centers Hyperscale Data."""
OPENING, HEAD = 4_000, 60_000
"""Characters in which a document says whose it is, and what; what follows in a long filing is incorporated text."""


def is_structured(document: Document) -> bool:
    """Whether it speaks of a note whose payment follows an index: it says so again and again."""
    return len(words().gate["security"]["structured"].findall(document.lower, 0, HEAD)) >= 3


def issuer_of(document: Document, without: Container[str] = ()) -> str:
    """The issuer of labels.yml that is named first and most in the head of the document; empty when none is.

    Those in `without` are no issuer here: a tenant may be named more often than its landlord.
    """
    return issuer_in(document.text[:OPENING], without)[1]


def issuer_in(text: str, without: Container[str] = ()) -> tuple[float, str]:
    """The issuer that a stretch of text names first and most, and how much."""
    return named_most(text, {issuer: also for issuer, also in words().issuers.items() if issuer not in without})


def named_most(text: str, known: Mapping[str, Iterable[str]]) -> tuple[float, str]:
    """Of names, each with others of it, the one that a text has first and most, and how much. One that begins with a small
    letter is a word, and so are initials in others than capitals: a strategy is not Strategy, and GPUs are no company."""
    best, name, lower = 0.0, "", in_lower(text)
    for one, also in known.items():
        names = {called.lower(): called for called in (one, *also) if called.lower() in lower}
        pattern = "|".join(re.escape(called) for called in sorted(names, key=len, reverse=True))
        places = re.finditer(rf"{NO_PLACE}(?:{pattern}){NO_KIND}", lower) if names else ()
        found = [place for place in places if _is_name(names[place.group()], text[slice(*place.span())])]
        if found and (weight := len(found) + 2_000 / (found[0].start() + 200)) > best:
            best, name = weight, one
    return best, name


def _is_name(known: str, written: str) -> bool:
    return not written[0].islower() and (written.isupper() or not known.isupper())
