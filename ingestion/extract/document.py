"""One model of a document, whatever it came as: rows of cells in reading order, and normalised text with its way back."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from ingestion.extract.prose import LONGEST, headlines_apart, is_flowing, sentences
from ingestion.extract.traced import Traced

ONE_WORD = 0.6
FEW, LEAST = 30_000, 18
"""Cells that any document may have, and characters of the original, with its markup, for each of more."""
SPREAD = 8
"""Places in a grid for each cell of a document: by their spans a few cells could fill the memory."""


class UnreadableDocument(ValueError):
    """The document is beyond a limit, or no text; the message says which and what to do."""


def most(original: str) -> int:
    """How many cells, or stretches of text, are read of an original: what each needs in memory bounds the whole."""
    return max(FEW, len(original) // LEAST)


class Cell(NamedTuple):
    """A stretch of the text: a paragraph, or one cell of a row. `marks` are its footnote marks, known from markup."""

    start: int
    end: int
    columns: int = 1
    rows: int = 1
    marks: tuple[str, ...] = ()


class Row(NamedTuple):
    """Cells on one line. `table` numbers the grid it belongs to; None for a paragraph."""

    cells: tuple[Cell, ...]
    table: int | None = None


Line = Sequence[Cell | None]
"""A line of a grid: a cell for each column, None where there is none."""


@dataclass(frozen=True)
class Document:
    """A document read. Positions in it count characters of `text`; `passage` turns them into those of `original`.

    Cells of a row are separated by a tab in `text`, rows by a line feed, paragraphs by two. `layout` is html, json or
    text. `partial` says that the page held no body and only its summary could be read.
    """

    name: str
    original: str = field(repr=False)
    sha256: str
    layout: str
    traced: Traced = field(repr=False)
    rows: tuple[Row, ...] = field(repr=False)
    partial: bool = False

    @cached_property
    def text(self) -> str:
        return self.traced.text

    @cached_property
    def lower(self) -> str:
        """The text in lower case, in which `approx.` ends no sentence."""
        return in_lower(self.text).replace("approx.", "approx ")

    def of(self, cell: Cell) -> str:
        return self.text[cell.start : cell.end]

    def passage(self, start: int, end: int) -> tuple[int, int, str]:
        """Where a stretch of the text stands in the original, and the original's own characters there."""
        first, last = self.traced.origin(start, end)
        return first, last, self.original[first:last]

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells that hold something, in reading order."""
        return tuple(cell for row in self.rows for cell in row.cells if cell.end > cell.start)

    @cached_property
    def one_word_a_line(self) -> bool:
        """Some copies put every word into a paragraph of its own."""
        short = sum(" " not in self.of(row.cells[0]) for row in self.rows if len(row.cells) == 1)
        return len(self.rows) > 40 and short > ONE_WORD * len(self.rows)

    @cached_property
    def _edges(self) -> array[int]:
        """Beginnings and ends of sentences in turn: a page of short paragraphs has as many as cells."""
        return array("i", chain.from_iterable(sentences(self.text, unbroken=self.one_word_a_line)))

    @property
    def sentences(self) -> Iterator[tuple[int, int]]:
        """Where each sentence of the text begins and ends; see `prose.sentences`."""
        return _paired(self._edges)

    @property
    def written(self) -> Iterator[tuple[int, int]]:
        """Sentences of a length that people write."""
        return ((start, end) for start, end in self.sentences if end - start <= LONGEST)

    @cached_property
    def _parts(self) -> array[int]:
        flowing = is_flowing(self.text)
        parts = (headlines_apart(self.text, *span, flowing=flowing) for span in self.written)
        return array("i", chain.from_iterable(chain.from_iterable(parts)))

    @property
    def told(self) -> Iterator[tuple[int, int]]:
        """What is written, headlines that no mark ends by themselves."""
        return _paired(self._parts)

    @cached_property
    def tables(self) -> list[list[Line]]:
        """All grids in reading order: every cell repeated over the rows and columns it spans, None where there is no cell."""
        of: dict[int, list[Row]] = {}
        for row in self.rows:
            if row.table is not None:
                of.setdefault(row.table, []).append(row)
        room = max(FEW, SPREAD * sum(len(row.cells) for row in self.rows))
        grids: list[list[Line]] = []
        for rows in of.values():
            grids.append(spread(rows, room))
            room -= sum(map(len, grids[-1]))
        return grids


def in_lower(text: str) -> str:
    """A text in lower case, each character at its place: one letter alone would become two."""
    return text.replace("\u0130", "i").lower()


def _paired(edges: array[int]) -> Iterator[tuple[int, int]]:
    return zip(edges[::2], edges[1::2], strict=True)


def spread(rows: Sequence[Row], room: int) -> list[Line]:
    """The grid of a table's rows; once it has as many cells as there is room for, a cell spans nothing but itself."""
    grid: list[Line] = []
    above: dict[int, tuple[Cell, int, int]] = {}
    for row in rows:
        spanning = [cell for cell in row.cells if cell[2] != 1 or cell[3] != 1] if room > 0 else []
        if not above and not spanning:
            grid.append(row.cells)
            room -= len(row.cells)
            continue
        line: list[Cell | None] = []
        for cell in row.cells:
            if above:
                _reach_down(line, above)
            columns = cell.columns if room > len(line) else 1
            if cell.rows > 1 and room > len(line):
                above[len(line)] = cell, columns, cell.rows - 1
            line += [cell] * columns
        if above:
            _reach_down(line, above)
        grid.append(line)
        room -= len(line)
        if room <= 0:
            above.clear()
    return grid


def _reach_down(line: list[Cell | None], above: dict[int, tuple[Cell, int, int]]) -> None:
    """Cells of the rows above that span into this one."""
    while (reaching := above.pop(len(line), None)) is not None:
        cell, columns, left = reaching
        if left > 1:
            above[len(line)] = cell, columns, left - 1
        line += [cell] * columns
