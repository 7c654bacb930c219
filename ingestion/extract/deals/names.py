"""Names that no register has, where a sentence says that their company rents."""

from __future__ import annotations

from functools import lru_cache

from ingestion.extract.prose import is_heading
from ingestion.extract.words import words

CELL = 60
"""Characters of a cell or a headline."""
DIGITS = str.maketrans("123456789", "0" * 9)
"""Every digit as a nought."""
NAMING = {
    "identified": ("tenant", "customer", "lessee", "counterparty"),
    "signed_up": ("sign",),
    "let_to": ("called",),
    "bracketed": ("mw", "megawatts"),
}
"""What a sentence says of a tenant, whatever else it speaks of, with words of which it has one then."""
RENTING = {
    "renting": ("rent", "occup", "lease", "take", "gets", "place its", "contracted for", "committed to", "will be"),
    "signing": ("sign", "entered into", "executed"),
    "defined": ('"tenant"', '"customer"', '"lessee"', '"client"'),
}
"""What one on computing says of a company that rents."""


@lru_cache(maxsize=1_024)
def named_in(sentence: str) -> tuple[tuple[int, int], ...]:
    """Where a sentence names companies that rent, whoever they are."""
    known, lower = words().tenancy, sentence.lower()
    about = known["about"].search(sentence)
    asked = NAMING | RENTING if about else NAMING
    kinds = [kind for kind, needed in asked.items() if any(word in lower for word in needed)]
    kinds += ["headed"] if len(sentence) < CELL else []
    kinds += ["named"] if about and known["agreed"].search(sentence) else []
    if not kinds or (is_heading(sentence) and not sentence.endswith(".")):
        return ()
    return tuple(one.span("name") for kind in kinds for one in known[kind].finditer(sentence))
