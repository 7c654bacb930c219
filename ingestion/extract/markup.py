"""HTML to rows of cells, from the skeleton of the page: characters of private use mark cells, lines, spans and footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.document import Cell, Row
from ingestion.extract.skeleton import CLOSE, COLUMNS, FIRST, LOWER, OPEN, RAISE, ROWS, WIDEST, skeleton
from ingestion.extract.traced import Traced

MARK = re.compile(r"\(?(?:\d{1,2}|[a-z]|[*†‡§#+]{1,3})\)?(?:\s?,\s?\(?(?:\d{1,2}|[a-z])\)?)*")
PLAIN = re.compile(r"[!-%'-~]+(?:[ \t][!-%'-~]+)*")
SINGLE = re.compile(f"(?:\t[{chr(COLUMNS)}-{chr(ROWS + WIDEST)}]{{0,2}}[{chr(FIRST)}-\U0010ffff]?)+")
"""A row of cells of one text each, or none, whatever they span; and texts that need no cleaning."""
SUMMARY = re.compile(
    r"<meta\b[^<>]*\b(?:property|name)\s*=\s*[\"'](?:og:|twitter:)?description[\"'][^<>]*?"
    r"\bcontent\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')",
    re.IGNORECASE,
)
LIKE_HTML = re.compile(r"<(?:!doctype|html|body|head|div|p|tr|td|th|span)\b[^<>]*>", re.IGNORECASE)
"""No `<document>` and no `<table>`: EDGAR wraps plain text in these, too."""
LITTLE = 200
new_tuple = tuple.__new__
"""Half the time of a call of the class, which counts for a hundred thousand cells."""
FIRST_TEXT, ROWS_TEXT = chr(FIRST), chr(ROWS)
LINE, ROW = re.compile(r"[^\t\n\f]+"), re.compile(r"[^\f]+")
PARTED = re.compile(f"[{OPEN}{CLOSE}]|[^{OPEN}{CLOSE}]+")


def is_markup(original: str) -> bool:
    return LIKE_HTML.search(original, 0, 20_000) is not None


def read(original: str) -> tuple[Traced, tuple[Row, ...], bool]:
    """Traced text, rows in reading order, and whether only the summary of an empty page was there."""
    traced = Traced()
    rows = list(Body(original, traced).rows())
    if len(traced) < LITTLE and (found := SUMMARY.search(original)) is not None:
        group = 1 if found.group(1) is not None else 2
        begin = len(traced)
        traced.add_clean(found.group(group), found.start(group))
        rows.append(Row((Cell(begin, len(traced)),)))
        traced.add("\n\n", found.end(group), found.end(group))
        return traced, tuple(rows), True
    return traced, tuple(rows), False


class Body:
    """Walks over the skeleton of a page, and writes what it holds into the traced text."""

    def __init__(self, original: str, traced: Traced) -> None:
        self.marked, self.texts, self.begins, self.ends = skeleton(original)
        self.traced = traced

    def rows(self) -> Iterator[Row]:
        tables: list[int] = []
        opened = 0
        for part in PARTED.finditer(self.marked):
            stretch = part.group()
            if stretch == OPEN:
                tables.append(opened)
                opened += 1
            elif stretch == CLOSE:
                del tables[-1:]
            elif not tables:
                for found in LINE.finditer(stretch):
                    if held := found.group().strip(" "):
                        yield Row((self._cell(held),))
                        self.traced.gap("\n\n")
            else:
                for found in ROW.finditer(stretch):
                    if cells := self._row(found.group()):
                        yield new_tuple(Row, (cells, tables[-1]))
                        self.traced.gap("\t\n")

    def _row(self, line: str) -> tuple[Cell, ...]:
        """A row at a time where each cell is one text that needs no cleaning, which is most; else cell by cell."""
        bare = line.strip(" \n")
        first, *helds = bare.split("\t")
        if SINGLE.fullmatch(bare) and (plain := self._plain(helds)) is not None:
            return plain
        cells = [self._cell(first)] if first.strip(" \n") else []
        filled = any(cell.end > cell.start for cell in cells)
        for held in helds:
            if filled and held:
                self.traced.gap("\t")
            here = len(self.traced)
            cells.append(self._cell(held) if held else new_tuple(Cell, (here, here, 1, 1, ())))
            filled = filled or cells[-1].end > cells[-1].start
        return tuple(cells)

    def _plain(self, helds: list[str]) -> tuple[Cell, ...] | None:
        """The cells of a row whose texts need no cleaning, an empty one where none is held; None where one does."""
        texts, first, last = self.texts, 0, 0
        here = end = len(self.traced)
        cells: list[Cell] = []
        at: list[int] = []
        empty: Cell | None = None
        for held in helds:
            columns = rows = 1
            while held and held < FIRST_TEXT:
                columns, rows = _spanned(held[0], columns, rows)
                held = held[1:]
            if held:
                last = ord(held) - FIRST
                first = first if at else last
                at.append(here)
                end = here + len(texts[last])
                cells.append(new_tuple(Cell, (here, end, columns, rows, ())))
                here, empty = end + 1, None
            elif columns == rows == 1:
                empty = empty or new_tuple(Cell, (end, end, 1, 1, ()))
                cells.append(empty)
            else:
                cells.append(new_tuple(Cell, (end, end, columns, rows, ())))
        if at:
            own = slice(first, last + 1)
            joined = "\t".join(texts[own])
            # Between texts of a row one may be hidden.
            if last - first >= len(at) or not PLAIN.fullmatch(joined):
                return None
            self.traced.add_row(joined, at, self.begins[own], self.ends[own])
        return tuple(cells)

    def _cell(self, held: str) -> Cell:
        """A cell or paragraph: characters of texts, of spans and of marks."""
        traced, columns, rows = self.traced, 1, 1
        begin = len(traced)
        marks: list[str] = []
        raised = False
        for character in held:
            if character >= FIRST_TEXT:
                number = ord(character) - FIRST
                if raised and MARK.fullmatch(self.texts[number].strip()):
                    marks.append(self.texts[number].strip())
                elif len(traced) > begin or self.texts[number].strip():
                    self._write(number)
                raised = False
            elif character == RAISE:
                raised = True
            elif character == LOWER:
                raised = False
            elif character in " \n":
                if len(traced) > begin:
                    traced.gap(character)
            else:
                columns, rows = _spanned(character, columns, rows)
        return Cell(begin, traced.trim(begin), columns, rows, tuple(marks))

    def _write(self, number: int) -> None:
        text = self.texts[number]
        start = self.begins[number]
        if text[0].isspace() and self.traced.ends_blank():
            bare = text.lstrip()
            start += len(text) - len(bare)
            text = bare
        self.traced.add_clean(text, start)


def _spanned(character: str, columns: int, rows: int) -> tuple[int, int]:
    """Over how many columns and rows a cell goes, by one more character of its skeleton."""
    span = ord(character)
    return (columns, span - ROWS) if span >= ROWS else (span - COLUMNS, rows)
