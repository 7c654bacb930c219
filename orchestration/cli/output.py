"""Rows as a table for people, CSV or JSON. Nothing here knows where rows come from."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain
from typing import Any, Literal

NULL_TEXT = "NULL"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]], indent: int = 0) -> list[str]:
    """A table for people: NULL as NULL, numbers to the right and with at most four decimals.

    On a terminal as wide as its words, drawn with its texts wrapped; elsewhere plain text, a line a row.
    """
    listed = [tuple(row) for row in rows]
    right = [any(_is_number(row[i]) for row in listed) for i in range(len(columns))]
    cells = [[_printable(name) for name in columns], *([_cell(value) for value in row] for row in listed)]
    lines = (_drawn(cells, right, indent) if sys.stdout.isatty() else None) or _plain_lines(cells, right)
    return [f"{'':{indent}}{line}".rstrip() for line in lines]


def _plain_lines(cells: list[list[str]], right: list[bool]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        )
        for row in [cells[0], ["-" * width for width in widths], *cells[1:]]
    ]


def _drawn(cells: list[list[str]], right: list[bool], indent: int) -> list[str] | None:
    """None where the terminal is too narrow for the words: cut up by letters nobody could read them."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    room = console.width - indent
    columns = [[cell.split() or [""] for cell in column] for column in zip(*cells, strict=True)]
    if sum(max(len(word) for words in column for word in words) + 3 for column in columns) > room + 3:
        return None
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head, column, to_right in zip(cells[0], columns, right, strict=True):
        is_text = any(len(words) > 1 for words in column)
        justify: Literal["left", "right"] = "right" if to_right else "left"
        table.add_column(Text(head), justify=justify, overflow="fold", no_wrap=not is_text)
    for row in cells[1:]:
        table.add_row(*(Text(cell, style="dim" if cell == NULL_TEXT else "") for cell in row))
    with console.capture() as captured:
        console.print(table, width=room)
    return captured.get().splitlines()


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
    names = _distinct(columns)
    before = "["
    for row in rows:
        record = {name: _plain(value) for name, value in zip(names, row, strict=True)}
        yield f"{before}\n {json.dumps(record, ensure_ascii=False, allow_nan=False)}"
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


def _printable(text: str) -> str:
    """No line breaks, and no control characters that would steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _csv_field(value: Any) -> str:
    # The csv module of Python 3.11 cannot tell NULL from an empty text.
    if value is None:
        return ""
    if _is_number(value):
        return str(value)
    plain = _plain(value)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    if text.startswith(_FORMULA_STARTS):
        text = f"'{text}"
    if text == "" or any(character in text for character in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _plain(value: Any) -> Any:
    """The value as JSON has it."""
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
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
    return str(value)


def _distinct(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name, copy = column, 1
        while name in names:
            copy += 1
            name = f"{column}_{copy}"
        names.append(name)
    return names
