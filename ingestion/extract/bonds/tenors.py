"""The day of an offering, and notes that are told by how many years they run: `the 10-year notes`, `a 40-year tranche`."""

from __future__ import annotations

import re

from ingestion.extract.document import Document
from ingestion.extract.phrases import SPELLED
from ingestion.extract.values import Moment, moments

COUNTS = SPELLED | {"one": 1, "forty": 40, "fifty": 50}

TENOR = re.compile(
    rf"(?<![\w$€£.,-])(?P<years>\d{{1,2}}|{'|'.join(COUNTS)})-?\s?years?\b(?!\s+(?:treasur|yields?|benchmark|U\.?S|government|gilts?|bunds?|lease|terms?|loan|deal|agreement|contract|high|low|ago|old))",
    re.IGNORECASE,
)


def announced(document: Document) -> Moment | None:
    """The first day that a document names in its head, which is near the day that it is of."""
    return next((one for one in moments(document.text, 0, 2_000) if one.precision == "day"), None)


def tenors(text: str, start: int, end: int) -> set[int]:
    """The years that notes run which a stretch of the text names."""
    return {years(found["years"]) for found in TENOR.finditer(text, start, end)}


def years(printed: str) -> int:
    return COUNTS.get(printed.lower(), 0) or int(printed)
