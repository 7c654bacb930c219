"""Names that no register has, where a sentence says that their company rents."""

from __future__ import annotations

from functools import cache, lru_cache

from ingestion.extract.phrases import Sought, sought_as_written
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
    about = known["about"].search(sentence)
    asked = (*NAMING, *RENTING) if about else NAMING
    kinds = [kind for kind in asked if _sought(kind).may_be_in(lower)]
    kinds += ["headed"] if len(sentence) < CELL else []
    kinds += ["named"] if about and known["agreed"].search(sentence) else []
    if not kinds or (is_heading(sentence) and not sentence.endswith(".")):
        return ()
    return tuple(one.span("name") for kind in kinds for one in known[kind].finditer(sentence))


@cache
def _sought(kind: str) -> Sought:
    return sought_as_written(words().tenancy[kind])
