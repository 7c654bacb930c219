"""The day of an offering, and notes that are told by how many years they run: `the 10-year notes`, `a 40-year tranche`."""

from __future__ import annotations

from ingestion.extract.document import Document
from ingestion.extract.phrases import SPELLED
from ingestion.extract.values import Moment, moments
from ingestion.extract.words import words

COUNTS = SPELLED | {"one": 1, "forty": 40, "fifty": 50}


def announced(document: Document) -> Moment | None:
    """The first day that a document names in its head, but that on which notes are due: it is near the day that it is of."""
    days = (one for one in moments(document.text, 0, 2_000) if one.precision == "day")
    return next(
        (
            one
            for one in days
            if not words().offering["due_on"].search(document.text, max(0, one.start - 24), one.start)
        ),
        None,
    )


def tenors(text: str, start: int, end: int) -> set[int]:
    """The years that notes run which a stretch of the text names."""
    return {years(found["years"]) for found in words().offering["runs"].finditer(text, start, end)}


def years(printed: str) -> int:
    return COUNTS.get(printed.lower(), 0) or int(printed)
