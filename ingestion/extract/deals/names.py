"""Names that no register has, where a sentence says that their company rents."""

from __future__ import annotations

from functools import lru_cache

from ingestion.extract.prose import is_heading
from ingestion.extract.words import words

CELL = 60
"""Characters of a cell or a headline."""
DIGITS = str.maketrans("123456789", "0" * 9)
"""Every digit as a nought."""
NAMING = ("identified", "signed_up", "let_to", "bracketed")
"""What a sentence says of a tenant, whatever else it speaks of."""
RENTING = ("renting", "signing", "defined")
"""What one on computing says of a company that rents."""


@lru_cache(maxsize=1_024)
def named_in(sentence: str) -> tuple[tuple[int, int], ...]:
    """Where a sentence names companies that rent, whoever they are."""
    known, lower = words().tenancy, sentence.lower()
    kinds = NAMING + ("headed",) * (len(sentence) < CELL)
    if known["about"].search(lower):
        kinds += RENTING + ("named",) * (known["agreed"].search(lower) is not None)
    found = tuple(one.span("name") for kind in kinds for one in known[kind].finditer(sentence))
    return () if found and is_heading(sentence) and not sentence.endswith(".") else found
