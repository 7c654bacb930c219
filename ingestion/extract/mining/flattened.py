"""Whether a number of a sentence is of a table that became text."""

from __future__ import annotations

import re

from ingestion.extract.values import MONTHS, Quantity, moments

AMONG = re.compile(
    r"(?<![\w.,])[($]{0,2}\d[\d,.]*(?:\s?(?:%|EH/s|PH/s|BTC|MW|c/kWh|J/TH))?\)?\s+[($~]*$", re.IGNORECASE
)
"""Before a number: another one, with nothing between them."""
NEXT = re.compile(r"\s+[~$]{0,2}\d")
ALONE = re.compile(r"[ \t]*\n")
MONTH = re.compile(rf"(?:{'|'.join(MONTHS)})[.,]?[\s'-]*\Z", re.IGNORECASE)
YEAR = re.compile(r"20[12]\d")
"""A year behind its month, whatever both are glued to."""
BEHIND = 45
"""Characters around a number in which a date may stand."""


def is_flattened(text: str, quantity: Quantity, found: re.Match[str], sentence: tuple[int, int]) -> bool:
    """Whether a number stands among others, ends a row above the words, or before words that have their own behind them, or is the
    year of a date, or the mark of a footnote: a table that became text."""
    start, end = sentence
    near = max(start, quantity.start - BEHIND)
    days = [(near + one.start, near + one.end) for one in moments(text[near : quantity.end + BEHIND])]
    dated = any(first <= quantity.start < last for first, last in days) or (
        YEAR.fullmatch(text[quantity.start : quantity.start + 4]) and MONTH.search(text, near, quantity.start)
    )
    leads = found.start() >= quantity.start - 1
    above = leads and (ALONE.match(text, quantity.end) is not None or _is_cell(text, quantity))
    marked = (
        quantity.unit in ("", "BTC") and quantity.start == start and quantity.value < 20 and quantity.value % 1 == 0
    )
    labelled = leads and NEXT.match(text, found.end(), end) is not None
    return bool(
        dated
        or above
        or marked
        or labelled
        or (
            AMONG.search(text, max(start, quantity.start - 24), quantity.start) is not None
            and not (quantity.unit == "J/TH" and found.group().endswith(")"))
            and not any(text[last : quantity.start].strip() == "," for _, last in days if last < quantity.start)
        )
    )


def _is_cell(text: str, quantity: Quantity) -> bool:
    """Whether a number has a line, or the end of a row, for itself: the coins behind it are those of the next label."""
    left = max(text.rfind("\n", 0, quantity.start), text.rfind("\t", 0, quantity.start)) + 1
    printed = text[quantity.start : quantity.end]
    return "\n" in printed and not text[left : quantity.start].strip(" ~$(")
