"""What a document is, decided from its words before any value is read: which security, and whose."""

from __future__ import annotations

import re
from collections.abc import Container

from ingestion.extract.document import Document
from ingestion.extract.words import words

HEAD = 60_000
"""Characters in which a document says what it is; what follows in a long filing is incorporated text."""


def is_structured(document: Document) -> bool:
    """Whether it speaks of a note whose payment follows an index: it says so again and again."""
    return len(words().gate["security"]["structured"].findall(document.lower, 0, HEAD)) >= 3


def issuer_of(document: Document, without: Container[str] = ()) -> str:
    """The issuer of labels.yml that is named first and most in the head of the document; empty when none is.

    Those in `without` are no issuer here: a tenant may be named more often than its landlord.
    """
    head = document.lower[:4_000]
    best, name = 0.0, ""
    for issuer, aliases in words().issuers.items():
        names = () if issuer in without else [one for one in map(str.lower, (issuer, *aliases)) if one in head]
        pattern = "|".join(re.escape(one) for one in sorted(names, key=len, reverse=True))
        found = list(re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", head)) if names else ()
        if found and (weight := len(found) + 2_000 / (found[0].start() + 200)) > best:
            best, name = weight, issuer
    return name
