"""Tables of deals: a tenant a row or a column, and heads that say what its numbers are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from heapq import merge
from itertools import chain, pairwise

from ingestion.extract.deals.doubt import LEAST, kind_of
from ingestion.extract.deals.numbers import NONE, Bound, with_months
from ingestion.extract.deals.parties import BEGIN, NOBODY, UNNAMED, Party, between
from ingestion.extract.document import Cell, Document, Line
from ingestion.extract.prose import LONGEST
from ingestion.extract.values import Quantity, quantities
from ingestion.extract.words import MARKS, words

ROWS, LONGEST_HEAD, LONGEST_TERM = 200, 80, 60
"""Rows of a table of deals, characters of a head, and years of a term."""
TENANT = "tenant"
LABELLED = re.compile(r"\n(?=\W{0,4}[A-Z][\w ,/()&-]{1,40}: \S)")
WHOLE = {"value": "cumulative_value", **dict.fromkeys(("critical_mw", "mw_unspecified"), "cumulative_mw")}
"""What the numbers of a row are that is of all rows together."""


def told_in_tables(
    document: Document, parties: list[Party], main: Party
) -> Iterator[tuple[Party, Bound, tuple[int, int], str]]:
    """Numbers of tables with the tenant of their row or column, where the row stands, and what it is called beside its tenant; of
    one that names one tenant and no other, or that of the document. A row of all of them has totals."""
    for table in document.tables if parties else ():
        heads: dict[int, Cell] = {}
        columns: dict[int, Party] = {}
        for row in table[:ROWS]:
            cells = [cell for cell in row if cell is not None and cell.end > cell.start]
            if not cells:
                continue
            found = {column: cell for column, cell in enumerate(row) if cell and _head(document, cell)}
            if len({_head(document, cell) for cell in found.values()} - {NONE}) > 1:
                heads, columns = found, {}
                continue
            place = (cells[0].start, cells[-1].end)
            tenant = _tenant(parties, *place)
            whole = words().deal_words["all"].search(document.of(cells[0])) is not None
            # A total is told under the first tenant, as one in a sentence.
            party = tenant or (main if main.name or not whole else next(filter(_rents, parties), NOBODY))
            if heads and party.name and not (tenant is None and _named(parties, row)):
                told = (
                    (one, WHOLE.get(one.field, "") if whole else one.field) for one in _of_row(document, heads, row)
                )
                called = "" if whole else _called(document, parties, cells)
                yield from ((party, one._replace(field=field), place, called) for one, field in told if field)
            elif not heads and len(named := _named(parties, row)) > 1:
                columns = named
            elif columns and (field := _head(document, cells[0])) not in ("", NONE):
                for column, party in columns.items():
                    if column < len(row) and (one := _number(document, field, cells[0], [row[column]])):
                        yield party, one, place, ""


def sentences_of(document: Document) -> Iterator[tuple[int, int]]:
    """Sentences, and rows of a label and what it says."""
    filled = ([cell for cell in row.cells if document.of(cell)] for row in document.rows if row.table is not None)
    rows = [cells for cells in filled if len(cells) == 2 and cells[1].end - cells[0].start <= LONGEST]
    alone = {(cell.start, cell.end) for cells in rows for cell in cells}
    told = (line for span in document.told if span not in alone for line in _lines(document.text, *span))
    return merge(told, ((one.start, other.end) for one, other in rows))


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence; where several of its lines begin with a label, each line is one."""
    edges = [found.end() for found in LABELLED.finditer(text, start, end)]
    yield from pairwise([start, *edges, end] if len(edges) > 1 else [start, end])


def lines_of(document: Document) -> Iterator[tuple[Cell, Cell, str]]:
    """Labels of deals that have a line of their own, the line below each, and their fields."""
    filled = [[cell for cell in row.cells if cell.end > cell.start] for row in document.rows]
    alone = [
        cells[0] if len(cells) == 1 and cells[0].end - cells[0].start <= LONGEST_HEAD else None for cells in filled
    ]
    for label, below in pairwise(alone):
        if label and below and (field := _head(document, label)) not in ("", NONE) and not _head(document, below):
            yield label, below, field


def told_in_lines(document: Document, main: Party) -> Iterator[tuple[Party, Bound, tuple[int, int], str]]:
    """What stands below labels of one deal, of which there are several."""
    lines = [one for one in lines_of(document) if one[2] != TENANT] if main.name else []
    if len({field for *_, field in lines}) > 1:
        for label, below, field in lines:
            if one := _number(document, field, label, [below]):
                yield main, one, (label.start, below.end), ""


def tenants_in_columns(document: Document, parties: list[Party]) -> list[Party]:
    """The parties, and those that stand under a head that says that its column has tenants: there a supplier is one, and a
    name that the register does not have."""
    found: dict[int, Party] = {one.start: one for one in _labelled(document, parties)}
    for table in document.tables if parties or words().tenancy["computing"].search(document.text) else ():
        at: int | None = None
        for row in table[:ROWS]:
            heads = {_head(document, cell): column for column, cell in enumerate(row) if cell}
            if TENANT in heads and len(heads) > 2:
                at = heads[TENANT]
            elif at is not None and at < len(row) and (cell := row[at]) is not None and cell.end > cell.start:
                here = between(parties, cell.start, cell.end)
                if here and not any(one.role == "tenant" for one in here):
                    found[here[0].start] = here[0]._replace(role="tenant")
                elif not here and (name := _name(document, cell)):
                    found[cell.start] = Party(name, cell.start, cell.end)
    return sorted((*(one for one in parties if one.start not in found), *found.values()), key=BEGIN)


def _labelled(document: Document, parties: list[Party]) -> Iterator[Party]:
    """Tenants that no register has, behind or below their label."""
    known = words().tenancy
    pairs = ([cell for cell in row.cells if cell.end > cell.start] for row in document.rows if row.table is not None)
    beside = ((cells[0], cells[1]) for cells in pairs if len(cells) == 2)
    below = ((label, cell) for label, cell, field in lines_of(document) if field == TENANT)
    for label, cell in chain(beside, below) if known["computing"].search(document.text) else ():
        name = _name(document, cell)
        if name and _head(document, label) == TENANT and not between(parties, cell.start, cell.end):
            yield Party(name, cell.start, cell.end)


def _name(document: Document, cell: Cell) -> str:
    """The tenant that a cell names, or says to have no name; nothing where it does neither."""
    known, text = words().tenancy, document.of(cell)
    if known["nameless"].fullmatch(text):
        return UNNAMED
    name = known["form"].sub("", text)
    return name if known["name"].fullmatch(name) and not known["no_tenant"].search(name) else ""


def tenants_of_tables(document: Document, parties: list[Party], main: Party) -> dict[int, Party]:
    """Where rows begin of a grid that names one tenant, which is that of all of them, or of one of a label and a number a row
    in a document of one tenant."""
    of: dict[int, list[list[Cell]]] = defaultdict(list)
    for row in document.rows if parties else ():
        if row.table is not None and (filled := [cell for cell in row.cells if cell.end > cell.start]):
            of[row.table].append(filled)
    found: dict[int, Party] = {}
    for rows in of.values():
        party = _tenant(parties, rows[0][0].start, rows[-1][-1].end)
        labels = {_head(document, row[0]) for row in rows if len(row) == 2} - {"", NONE}
        if party := party or (main if main.name and len(labels) > 1 else None):
            found |= {row[0].start: party for row in rows}
    return found


def _rents(one: Party) -> bool:
    return one.role == TENANT


def _tenant(parties: list[Party], start: int, end: int) -> Party | None:
    """The one tenant of a stretch of text."""
    named = {one.name: one for one in between(parties, start, end) if one.role == "tenant"}
    return min(named.values()) if len(named) == 1 else None


def _called(document: Document, parties: list[Party], cells: list[Cell]) -> str:
    """What a row has beside its tenant and numbers, as a site."""
    texts = [document.of(cell) for cell in cells if not between(parties, cell.start, cell.end)]
    named = [(cell, between(parties, cell.start, cell.end)) for cell in cells]
    texts += [document.of(cell).replace(document.text[here[0].start : here[0].end], "") for cell, here in named if here]
    names = (" ".join(text.split()).strip(" ,") for text in texts if text[:1].isupper())
    return next((name for name in names if len(name) <= LONGEST_HEAD and any(map(str.isalpha, name))), "")


def _named(parties: list[Party], row: Line) -> dict[int, Party]:
    """The columns whose cell in this row names a tenant."""
    found = ((column, _tenant(parties, cell.start, cell.end)) for column, cell in enumerate(row) if cell)
    return {column: party for column, party in found if party}


def _of_row(document: Document, heads: dict[int, Cell], row: Line) -> Iterator[Bound]:
    """The numbers of a row; a field of several columns is told where one of them has a number."""
    for field in dict.fromkeys(_head(document, head) for head in heads.values()):
        columns = [one for one, head in heads.items() if _head(document, head) == field and one < len(row)]
        if (
            field not in (NONE, TENANT)
            and columns
            and (one := _number(document, field, heads[columns[0]], [row[at] for at in columns]))
        ):
            yield one


def _head(document: Document, cell: Cell) -> str:
    """The field of a column or row, whose label may bear the mark of a footnote."""
    return _field(MARKS.sub("", document.of(cell)).rstrip(" :")) if cell.end - cell.start <= LONGEST_HEAD else ""


@lru_cache(maxsize=1_024)
def _field(text: str) -> str:
    if any(character.isdigit() for character in text):
        return ""
    return next((field for field, (head, *_) in words().columns.items() if head.search(text)), "")


def _number(document: Document, field: str, head: Cell, given: Line) -> Bound | None:
    """The one number of a field's cells, whose unit may stand in the head."""
    cells = [cell for cell in dict.fromkeys(given) if cell is not None and cell.end > cell.start]
    numbers = quantities(document.text, cells[0].start, cells[-1].end) if cells else []
    if any(one.refused for one in numbers):
        return None
    if len(numbers) == 1 and not numbers[0].scaled:
        numbers = [_measured(document.of(head), numbers[0])]
    fit = [one for one in numbers if _fits(field, one)]
    if field == "term_years" and len(fit) == 1:
        fit = [with_months(document.text, fit[0], cells[-1].end) or fit[0]]
    if len(fit) != 1:
        return None
    unit = "years" if field == "term_years" else "MW" if "mw" in field else fit[0].unit
    return Bound(field, f"{unit}/year" if field == "annual_value" else unit, fit[0])


def _measured(head: str, one: Quantity) -> Quantity:
    """A number in the unit and scale that its head names."""
    found = words().deal_words["measure"].search(head)
    given = quantities(f"{found['sign'] or ''}1{'' if found['sign'] else ' '}{found['scale']}") if found else []
    return replace(one, value=one.value * given[0].value, unit=one.unit or given[0].unit) if given else one


def _fits(field: str, one: Quantity) -> bool:
    if field == "prepayment" and one.unit == "percent":
        return True
    if field == "term_years":
        return one.unit == "year" or (not one.unit and 1 <= one.value <= LONGEST_TERM)
    if "mw" in field:
        return one.unit == "MW"
    return kind_of(one.unit) == "money" and one.value >= LEAST
