"""Tables of deals: a tenant a row, and columns whose heads say what its numbers are."""

from __future__ import annotations

from collections.abc import Iterator

from ingestion.extract.deals.doubt import LEAST, kind_of
from ingestion.extract.deals.numbers import NONE, Bound
from ingestion.extract.deals.parties import Party, between
from ingestion.extract.document import Cell, Document
from ingestion.extract.values import Quantity, quantities
from ingestion.extract.words import words

ROWS, LONGEST_HEAD, LONGEST_TERM = 200, 80, 60
"""Rows of a table of deals, characters of a head, and years of a term."""


def told_in_tables(document: Document, parties: list[Party]) -> Iterator[tuple[Party, Bound, tuple[int, int]]]:
    """Numbers of tables with the tenant of their row, and where the row stands; of a row that names one tenant and no other."""
    for table in document.tables if parties else ():
        heads: dict[int, str] = {}
        for row in table[:ROWS]:
            cells = [cell for cell in row if cell is not None and cell.end > cell.start]
            if not cells:
                continue
            found = {column: head for column, cell in enumerate(row) if cell and (head := _head(document.of(cell)))}
            if len({field for field in found.values() if field != NONE}) > 1:
                heads = found
                continue
            start, end = cells[0].start, cells[-1].end
            tenants = [one for one in between(parties, start, end) if one.role == "tenant"]
            if heads and len({one.name for one in tenants}) == 1:
                for field in dict.fromkeys(heads.values()):
                    columns = [column for column, head in heads.items() if head == field and column < len(row)]
                    if field != NONE and (one := _number(document, field, [row[column] for column in columns])):
                        yield tenants[0], one, (start, end)


def _head(text: str) -> str:
    """The field of a column."""
    if len(text) > LONGEST_HEAD or any(character.isdigit() for character in text):
        return ""
    return next((field for field, (head, *_) in words().columns.items() if head.search(text)), "")


def _number(document: Document, field: str, given: list[Cell | None]) -> Bound | None:
    """The one number of a field's cells, where it is of its unit."""
    cells = [cell for cell in dict.fromkeys(given) if cell is not None and cell.end > cell.start]
    if not cells:
        return None
    numbers = quantities(document.text, cells[0].start, cells[-1].end)
    if len(numbers) != 1 or numbers[0].refused:
        return None
    one = numbers[0]
    if field == "term_years":
        told = one.unit == "year" or (not one.unit and 1 <= one.value <= LONGEST_TERM)
        return Bound(field, "years", one) if told else None
    if field.endswith("_mw"):
        return Bound(field, "MW", one) if one.unit == "MW" else None
    return _amount(field, one)


def _amount(field: str, one: Quantity) -> Bound | None:
    if kind_of(one.unit) != "money" or one.value < LEAST:
        return None
    return Bound(field, f"{one.unit}/year" if field == "annual_value" else one.unit, one)
