"""Text cells to typed values, one at a time, with an error that can become a rejected row."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Rejected

T = TypeVar("T")


class CellError(ValueError):
    """A cell that is not what its column holds."""

    def __init__(self, rule: str, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.rule = rule
        self.column = column

    def rejected(self, cells: Mapping[str, object], fetch: Fetch, line: int) -> Rejected:
        """The row as a rejection that names its line in the fetched source."""
        return Rejected(self.rule, str(self), self.column, dict(cells), fetch.source, fetch.sha256, line)


def take(cells: Mapping[str, str], column: str, parse: Callable[[str], T]) -> T:
    """`parse` applied to the cell; raises CellError for an empty cell or one that `parse` refuses."""
    text = cells[column]
    if not text:
        raise CellError("null", column, "the cell may not be empty")
    try:
        return parse(text)
    except ValueError as error:
        raise CellError("type", column, f"{text!r} cannot be read ({error})") from error


def real(cells: Mapping[str, str], column: str) -> float | None:
    """The number in the cell, None when the cell is empty; raises CellError for text, infinities and NaN."""
    if not cells[column]:
        return None
    value = take(cells, column, float)
    if not math.isfinite(value):
        raise CellError("not_finite", column, f"{cells[column]!r} is not a finite number")
    return value
