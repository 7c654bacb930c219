"""A passage read once more, by itself: whether the value that is told of it stands in it. Knows no label and no layout, so
that it can judge what the readers say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from ingestion.extract.deals.tongues import counted
from ingestion.extract.document import UnreadableDocument
from ingestion.extract.phrases import SPELLED
from ingestion.extract.reading import read_document
from ingestion.extract.values import NIL, moments, quantities, thirty_seconds

if TYPE_CHECKING:
    import duckdb

NAMES = ("", "none")
"""Units of values that are names: a currency, a tenant, an index."""
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
"""A character of a text in JSON."""
NONE = re.compile(r"\b(?:no|none|not|didn't|against|without)\b", re.IGNORECASE)
ZERO = re.compile(r"\bzero\b|零息", re.IGNORECASE)
PAR = re.compile(r"\bpar\b", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+?(?=-?jährig|(?![^\W\d_]))")
"""A word, of one like `fünfjährig` the number."""
AROUND = "\n\nx\n\n"
"""Stands before and behind a passage, whose ends are those of no document."""


def reads_back(quote: str, value: str, unit: str) -> bool:
    """Whether `value` in `unit`, as `Found` has them, can be read in the passage `quote`.

    The scale may stand outside of the passage, in the head of a column or in a label: the digits have to be the same, and
    the sign. A name is not looked for: a reader may tell the name by which the party is known.
    """
    if unit in NAMES:
        return True
    try:
        # The original's own characters: entities and elements are resolved as in the whole document.
        quote = ESCAPED.sub(lambda found: chr(int(found[1], 16)), quote)
        around = "<p>x</p>" if "<" in quote else AROUND
        text = read_document(f"{around}{quote}{around}".encode(), "passage").text
    except UnreadableDocument:
        return False
    if unit == "date":
        return any(
            value.endswith(day.strftime("-%m-%d")) if one.precision == "day_of_year" else value == day.isoformat()
            for one in moments(text)
            for day in (one.first, one.last)
        )
    if unit == "year":
        return re.search(rf"(?<!\d){re.escape(value)}(?!\d)", text) is not None
    try:
        told = _digits(Decimal(value))
    except InvalidOperation:
        return False
    return told in map(_digits, _numbers(text))


def offer(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the connection `reads_back(quote, value, unit)` for the rules of a gate."""
    connection.create_function("reads_back", reads_back)


def _numbers(text: str) -> Iterator[Decimal]:
    yield from (one.value for one in quantities(text))
    # A term in months is told in years.
    yield from (one.value / 12 for one in quantities(text) if one.unit == "month" and one.value % 6 == 0)
    if (price := thirty_seconds(text, 0, len(text))) is not None:
        yield price.value
    for word in WORD.findall(text.lower()):
        if (number := SPELLED.get(word) or counted().get(word)) is not None:
            yield Decimal(number)
    if PAR.search(text):
        yield Decimal(100)
    if ZERO.search(text):
        yield Decimal(0)
    if NIL.fullmatch(text.strip().removeprefix("x").removesuffix("x").strip()) or NONE.search(text):
        yield Decimal(0)


def _digits(value: Decimal) -> tuple[bool, str]:
    """Sign and digits of a number without the zeros that a scale adds or takes."""
    return value < 0, "".join(map(str, value.as_tuple().digits)).strip("0")
