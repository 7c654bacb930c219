"""What a document is, decided from its words before any value is read: which security, in which status, from which hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from ingestion.extract.document import Document
from ingestion.extract.words import words

ISSUER, WIRE, SECOND_HAND = "issuer", "wire", "second_hand"
HEAD = 60_000
"""Characters in which a document says what it is; what follows in a long filing is incorporated text."""


@dataclass(frozen=True)
class Nature:
    """What the words say. `securities` counts the mentions of each class of security; `statuses` and `sources` are those
    of labels.yml that were found."""

    securities: Counter[str]
    statuses: frozenset[str]
    sources: frozenset[str]


def nature(document: Document) -> Nature:
    head, gate = document.text[:HEAD], words().gate
    return Nature(
        Counter({answer: len(phrases.findall(head)) for answer, phrases in gate["security"].items()}),
        frozenset(answer for answer, phrases in gate["status"].items() if phrases.search(head)),
        frozenset(answer for answer, phrases in gate["source"].items() if phrases.search(head)),
    )


def issuer_of(document: Document, without: Container[str] = ()) -> str:
    """The issuer of labels.yml that is named first and most in the head of the document; empty when none is.

    Those in `without` are no issuer here: a tenant may be named more often than its landlord.
    """
    head = document.text[:4_000]
    best, name = 0.0, ""
    for issuer, aliases in words().issuers.items():
        if issuer in without:
            continue
        pattern = "|".join(re.escape(one) for one in sorted((issuer, *aliases), key=len, reverse=True))
        found = list(re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", head, re.IGNORECASE))
        if found and (weight := len(found) + 2_000 / (found[0].start() + 200)) > best:
            best, name = weight, issuer
    return name
