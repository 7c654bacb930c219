"""CSV bytes, plain or gzip, to lines of text cells, what is wrong with them as a table, and the value that a text stands for."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, TIMESTAMP, WHOLE, Column
from ingestion.errors import IngestionError, SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.landing.batch import CellError

MAX_UNPACKED = 64 * 1024 * 1024
RESTORE = "Restore the file (`git checkout` brings back the one that shipped) and refresh again"
SAVE = "save the file as UTF-8; in Excel as `CSV UTF-8 (Comma delimited)`"
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
# What makes a file no table, and the error that says so.
UNREADABLE: Mapping[str, type[IngestionError]] = {
    "empty": SourceEmpty,
    "damaged": SourceDamaged,
    "drifted": SourceDrifted,
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file: which rule it breaks, where, what is the matter and what to write instead.

    `line` is None where the file as a whole is meant; `column` is empty where the whole line is.
    """

    rule: str
    line: int | None
    column: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        place = ", ".join([f"line {self.line}"] * bool(self.line) + [f"column {self.column}"] * bool(self.column))
        return f"{place}: {self.reason}" if place else self.reason


@dataclass(frozen=True)
class Lines:
    """What stands in a file: cells by column with their line, and what is wrong with the file as a table.

    Cells of unknown columns and lines of another width are left out; a missing column is absent from the cells.
    """

    cells: tuple[tuple[int, Mapping[str, str]], ...]
    problems: tuple[Problem, ...]

    def whole(self, source: str, remedy: str = "") -> Lines:
        """Itself. Raises SourceEmpty, SourceDamaged or SourceDrifted where anything is wrong, with `remedy` or, without
        one, what to write."""
        if self.problems:
            first, told = self.problems[0], "; ".join(map(str, self.problems[:5]))
            raise UNREADABLE.get(first.rule, SourceDamaged)(source, told, remedy or f"What to do: {first.remedy}")
        return self


def unpack(source: str, content: bytes) -> bytes:
    """The bytes inside a gzip file; raises SourceDamaged when it is truncated, altered or unpacks beyond 64 MiB."""
    engine = zlib.decompressobj(wbits=31)
    try:
        plain = engine.decompress(content, MAX_UNPACKED)
    except zlib.error as error:
        raise SourceDamaged(source, f"the gzip stream is damaged ({error})", RESTORE) from error
    if engine.unconsumed_tail:
        raise SourceDamaged(source, f"the file unpacks to more than {MAX_UNPACKED // 2**20} MiB", RESTORE)
    if not engine.eof:
        raise SourceDamaged(source, "the gzip stream is truncated", RESTORE)
    return plain


def read_lines(content: bytes, columns: Sequence[str], *, may_be_empty: bool = False) -> Lines:
    """The cells of a file's lines with content, whatever of it can be read. Accepts a byte order mark and CRLF. A file
    without any row is one where it `may_be_empty`."""
    if not content.strip():
        remedy = f"the first line must read {','.join(columns)}"
        return Lines((), (Problem("empty", None, "", "the file is empty", remedy),))
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Lines((), (Problem("damaged", 1, "", "the file is UTF-16 text", SAVE),))
    text, problems = _decoded(content, columns)
    if strange := _separated(text.split("\n", 1)[0].strip(), columns):
        return Lines((), (strange,))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    cells: list[tuple[int, Mapping[str, str]]] = []
    header: list[str] = []
    before = 0
    try:
        for texts in reader:
            before = reader.line_num
            if not header:
                header, drifted = _header(texts, columns)
                problems += drifted
            elif not any(text.strip() for text in texts):
                continue
            elif len(texts) != len(header):
                problems.append(_uneven(reader.line_num, texts, header))
            else:
                found = {name: text.strip() for name, text in zip(header, texts, strict=True) if name in columns}
                cells.append((reader.line_num, found))
    except csv.Error as error:
        remedy = "close the double quote that the line opens; within quotes a double quote is written twice"
        problems.append(Problem("damaged", before + 1, "", f"the line is no CSV ({error})", remedy))
    if not cells and not problems and not may_be_empty:
        problems.append(Problem("empty", None, "", "the file has a header and no rows", "write a row below the header"))
    return Lines(tuple(cells), tuple(problems))


def _decoded(content: bytes, columns: Sequence[str]) -> tuple[str, list[Problem]]:
    """The text of a file, and its lines that are not UTF-8: those are read as Windows writes them."""
    texts: list[str] = []
    problems: list[Problem] = []
    for number, raw in enumerate(content.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        try:
            texts.append(raw.decode())
        except UnicodeDecodeError as error:
            text = raw.decode("windows-1252", "replace")
            texts.append(text)
            place = len(next(csv.reader([text[: error.start]]), [""])) - 1
            word = re.split(r"[\s,\"]", text[: error.start])[-1] + re.split(r"[\s,\"]", text[error.start :])[0]
            reason = f"the line is not UTF-8 text; it reads {word!r} if the file was saved as windows-1252"
            problems.append(Problem("damaged", number, "".join(columns[place : place + 1]), reason, SAVE))
    return "\n".join(texts), problems


def _separated(first: str, columns: Sequence[str]) -> Problem | None:
    """What a first line says that is cut by something else than commas, or is a spreadsheet's mark of it."""
    if re.fullmatch(r'"?sep=.?"?', first):
        remedy = "take the line out, and save the file with commas between the cells"
        return Problem("drifted", 1, "", f"{first!r} is a spreadsheet's mark and no header", remedy)
    for mark, name in SEPARATORS.items():
        if len({cell.strip(' "') for cell in first.split(mark)} & {*columns}) > 1:
            remedy = "save the file with commas between the cells, and a point in numbers"
            return Problem("drifted", 1, "", f"{name} stand between the cells", remedy)
    return None


def _uneven(line: int, texts: Sequence[str], header: Sequence[str]) -> Problem:
    """What is wrong with a line of too few or too many cells, and where its last one is."""
    reason = f"the line has {len(texts)} cells, the header {len(header)}"
    if len(texts) < len(header):
        reason += f": its last, {texts[-1].strip()!r}, stands in column {header[len(texts) - 1]}"
        return Problem("damaged", line, "", reason, "add the commas that are missing; an empty cell keeps its comma")
    return Problem("damaged", line, "", reason, "put a text with a comma into double quotes, or take out the comma")


def _header(texts: Sequence[str], columns: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """The header with misspelt columns put right, and what is wrong with it."""
    header: list[str] = []
    problems: list[Problem] = []
    texts = [text.strip() for text in texts]
    missing = [name for name in columns if name not in texts]
    for name in texts:
        near = [] if name in columns else get_close_matches(name, missing, n=1)
        if near:
            missing.remove(near[0])
            reason = f"there is no column {name}, and {near[0]} is missing"
            problems.append(Problem("drifted", 1, name, reason, f"write {near[0]}"))
        elif name not in columns or name in header:
            reason = f"column {name} stands twice" if name in columns else f"there is no column {name}"
            problems.append(Problem("drifted", 1, name, reason, "take it out, with its cells"))
        header.append(near[0] if near else name)
    for name in missing:
        remedy = f"write it {_place(name, columns)}, with a cell in each row"
        problems.append(Problem("drifted", 1, name, f"column {name} is missing", remedy))
    if not problems:
        for name, other in zip(columns, header, strict=True):
            if name != other:
                remedy = f"put {name} {_place(name, columns)}, with its cells"
                problems.append(Problem("drifted", 1, other, f"{other} stands where {name} belongs", remedy))
                break
    return header, problems


def _place(name: str, columns: Sequence[str]) -> str:
    return f"after {columns[columns.index(name) - 1]}" if columns.index(name) else "first"


def read_rows(
    source: str, content: bytes, columns: Sequence[str], remedy: str = RESTORE
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """(line number, cells by column) for each line with content of a file that nobody edits, gzip or plain.

    Raises SourceEmpty, SourceDamaged or SourceDrifted, with `remedy`, for a file that is not whole, or no table with rows
    and these columns.
    """
    if source.endswith(".gz") and content:
        content = unpack(source, content)
    yield from read_lines(content, columns).whole(source, remedy).cells


def typed(column: Column, text: str) -> Any:
    """The text of a cell as a value of its column, None where it is empty; raises CellError for one that is none."""
    pattern, parse, _ = TYPES[column.type]
    try:
        if text and not re.fullmatch(pattern, text):
            raise ValueError(text)
        return parse(text) if text else None
    except ValueError:
        raise CellError("type", column.name, f"{text!r} cannot be read") from None


# What the text of a cell looks like, how it is read, and what to write where it cannot be.
TYPES: Mapping[object, tuple[str, Callable[[str], object], str]] = {
    TEXT: (r"(?s).*", str, ""),
    REAL: (r"-?[0-9]+(\.[0-9]+)?", float, "write digits with a decimal point, no separators, units or marks"),
    WHOLE: (r"-?[0-9]+", int, "write a whole number in digits"),
    DATE: (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
        date.fromisoformat,
        "write YYYY-MM-DD; the precision column says how exact the date is",
    ),
    TIMESTAMP: (
        r"[0-9-]{10}T[0-9:]{8}Z",
        lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ"),
        "write YYYY-MM-DDTHH:MM:SSZ, UTC",
    ),
    FLAG: (r"true|false", lambda text: text == "true", "write true or false"),
}
