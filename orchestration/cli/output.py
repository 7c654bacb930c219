"""Lines and rows as people and programs get them: folded text, tables, records, CSV, JSON. Nothing here knows where rows come
from."""

from __future__ import annotations

import json
import math
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any, Literal
from unicodedata import category

import click

NULL_TEXT = "NULL"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def harmless(text: str) -> str:
    """The text with all that would steer a terminal, or show its letters in another order, written out as \\x1b or \\u202e."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" or category(c) == "Zs" else _written_out(c) for c in text)


def say(line: str, *, err: bool = False, folded: bool = True) -> None:
    """One line to standard output or error, harmless; for a program as it is, on a terminal folded between words, under its
    text where a label stands before it. All that commands print for people goes through here."""
    stream = sys.stderr if err else sys.stdout
    line = harmless(line)
    if folded and stream.isatty() and len(line) > (width := shutil.get_terminal_size().columns):
        label = re.match(r"\s*(?:-> |\S.{0,20}?\s{2,})?(?:\S.{0,20}?\s{2,})?", line)
        hang = " " * (label.end() if label and label.end() < width // 2 else 4)
        line = textwrap.fill(line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False)
    click.echo(line, err=err)


def table_lines(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    indent: int = 0,
    shape: str | None = None,
) -> list[str]:
    """Rows for people: NULL as NULL, numbers to the right and with at most four decimals.

    A table; on a terminal with its texts wrapped, and where it is too narrow for that records, a line a column. `shape`, "table"
    or "records", forces either. Elsewhere plain text, a line a row.
    """
    listed = [tuple(row) for row in rows]
    right = [any(is_number(row[i]) for row in listed) for i in range(len(columns))]
    cells = [[_printable(name) for name in columns], *([_cell(value) for value in row] for row in listed)]
    room = shutil.get_terminal_size().columns - indent if sys.stdout.isatty() else None
    drawn = _drawn(cells, right, room) if room and shape != "records" else None
    if shape == "records" or (room and shape is None and listed):
        records = _record_lines(cells, room)
        lines = records if drawn is None or len(records) < len(drawn) else drawn
    else:
        lines = drawn or _plain_lines(cells, right)
    return [f"{'':{indent}}{line}".rstrip() for line in lines]


def text_lines(name: str, **facts: Any) -> list[str]:
    """The lines of the text `name`.txt.j2 of this folder about `facts`, in which `table` draws one; a name that it uses and nobody
    gave is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    environment = Environment(loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)

    def table(columns: Sequence[str], rows: Iterable[Any]) -> str:
        cells = ([row[name] for name in columns] if isinstance(row, dict) else row for row in rows)
        return "\n".join(table_lines(columns, cells, indent=2))

    return environment.get_template(f"{name}.txt.j2").render(table=table, **facts).removesuffix("\n").split("\n")


def _record_lines(cells: list[list[str]], room: int | None) -> list[str]:
    names = max(map(len, cells[0])) + 2
    lines = []
    for number, row in enumerate(cells[1:], 1):
        lines.append(f"-- {number} ".ljust(min(names, room or names), "-"))
        for name, cell in zip(cells[0], row, strict=True):
            line = f"{name:<{names}}{cell}"
            fold = textwrap.TextWrapper(room or len(line), subsequent_indent=" " * names, break_on_hyphens=False)
            lines += fold.wrap(line) if room and names + 10 < room else [line]
    return lines


def _plain_lines(cells: list[list[str]], right: list[bool]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        for row in [cells[0], ["-" * width for width in widths], *cells[1:]]
    ]


def _drawn(cells: list[list[str]], right: list[bool], room: int) -> list[str] | None:
    """None where `room` is too narrow for the words: cut up by letters nobody could read them. Names of columns are broken
    behind an underscore where that is what makes them fit."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heads, body = cells[0], list(zip(*cells[1:], strict=True)) or [()] * len(cells[0])
    texts = [[cell.split() or [""] for cell in column] for column in body]
    widths = [max((len(word) for words in column for word in words), default=0) for column in texts]
    if sum(map(max, widths, map(len, heads))) + 2 * len(heads) > room + 2:
        broken = [head.replace("_", "_ ") for head in heads]
        widths = [max(width, *map(len, head.split() or [""])) for width, head in zip(widths, broken, strict=True)]
        folded = [textwrap.wrap(head, width or 1) for head, width in zip(broken, widths, strict=True)]
        heads = ["\n".join(lines).replace("_ ", "_") for lines in folded]
        if sum(widths) + 2 * len(heads) > room + 2:
            return None
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for head, column, to_right in zip(heads, texts, right, strict=True):
        is_text = any(len(words) > 1 for words in column)
        justify: Literal["left", "right"] = "right" if to_right else "left"
        table.add_column(Text(head), justify=justify, overflow="fold", no_wrap=not is_text)
    for row in cells[1:]:
        table.add_row(*(Text(cell, style="dim" if cell == NULL_TEXT else "") for cell in row))
    console = Console(highlight=False, width=room, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def print_rows(style: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The rows to standard output in style table, csv or json."""
    if style != "table":
        write_rows(style, columns, rows)
        return
    for line in table_lines(columns, rows):
        say(line)


def write_rows(style: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The rows to standard output in style csv or json: exact for a file or a program, harmless on a terminal."""
    lines = (csv_lines if style == "csv" else json_lines)(columns, rows)
    sys.stdout.writelines(map(harmless, lines) if sys.stdout.isatty() else lines)


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """CSV with a header, each line with its end. NULL is an empty field, an empty text is `""`.

    A text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers.
    """
    for row in chain([columns], rows):
        yield ",".join(map(_csv_field, row)) + "\n"


def json_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A JSON array of objects, one a line. Dates are ISO 8601, NaN and NULL are null.

    A column name that occurs twice gets `_2`, `_3` behind it.
    """
    names = distinct(columns)
    before = "["
    for row in rows:
        record = {name: as_json(value) for name, value in zip(names, row, strict=True)}
        yield f"{before}\n {json_text(record)}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


def _cell(value: Any) -> str:
    match value:
        case None:
            return NULL_TEXT
        case bool():
            return str(value).lower()
        case float():
            return _decimals(value)
        case datetime():
            return value.isoformat(sep=" ", timespec="auto")
    return _printable(str(value))


def _decimals(value: float) -> str:
    """At most four decimals; a smaller number keeps four significant digits."""
    if value and abs(value) < 0.01:
        return f"{value:.4g}"
    return f"{value:.4f}".rstrip("0").rstrip(".") if math.isfinite(value) else str(value)


def json_text(value: Any, indent: int | None = None) -> str:
    """A value as JSON, NaN refused, moments as ISO 8601. Letters stand as they are; what is none is escaped: that means the
    same and is harmless."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=lambda one: one.isoformat())
    return text if text.isprintable() else re.sub(r"[^\n -~]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1]


def _printable(text: str) -> str:
    return harmless(text).replace("\n", "\\n")


def _written_out(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _csv_field(value: Any) -> str:
    # The csv module of Python 3.11 cannot tell NULL from an empty text.
    if value is None:
        return ""
    if is_number(value):
        return str(value)
    text = as_text(value)
    if text.startswith(FORMULA_STARTS):
        text = f"'{text}"
    if text == "" or any(character in text for character in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def as_text(value: Any) -> str:
    """The value as it stands in a cell; what is nested is JSON there."""
    found = as_json(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def as_json(value: Any) -> Any:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return float(value)
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict():
            return {str(key): as_json(item) for key, item in value.items()}
        case list() | tuple():
            return [as_json(item) for item in value]
    return str(value)


def distinct(columns: Sequence[str]) -> list[str]:
    """The names, a second one of the same name with `_2` behind it."""
    names: list[str] = []
    for column in columns:
        name, copy = column, 1
        while name in names:
            copy += 1
            name = f"{column}_{copy}"
        names.append(name)
    return names
