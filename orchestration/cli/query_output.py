"""Writes the rows of a result as a table for people, CSV or JSON. Nothing here knows where rows come from."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TextIO

NULL_TEXT = "NULL"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> int:
    """CSV with a header; returns the number of rows. NULL is an empty field, an empty text is `""`.

    A text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers.
    """
    out.write(",".join(_csv_field(name) for name in columns) + "\n")
    count = 0
    for row in rows:
        out.write(",".join(_csv_field(value) for value in row) + "\n")
        count += 1
    return count


def write_json(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: TextIO) -> int:
    """A JSON array of objects, one per line; returns the number of rows. Dates are ISO 8601, NaN and NULL are null.

    A column name that occurs twice gets `_2`, `_3` behind it.
    """
    names = _distinct(columns)
    count = 0
    out.write("[")
    for row in rows:
        out.write(",\n " if count else "\n ")
        count += 1
        record = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
        out.write(json.dumps(record, ensure_ascii=False, allow_nan=False))
    out.write("\n]\n" if count else "]\n")
    return count


def write_table(
    columns: Sequence[str], rows: Iterator[Sequence[Any]], out: TextIO, *, max_rows: int, rich: bool
) -> tuple[int, bool]:
    """A table for people; returns the rows shown and whether there were more than `max_rows`.

    With `rich` a drawn table for a terminal, else plain aligned text. NULL is shown as NULL, numbers align right.
    """
    shown = [tuple(row) for row in islice(rows, max_rows)]
    more = next(rows, None) is not None
    right = [any(_is_number(row[i]) for row in shown) for i in range(len(columns))]
    cells = [[_cell(value) for value in row] for row in shown]
    heads = [_printable(name) for name in columns]
    if rich:
        _write_rich(heads, cells, right, out)
    else:
        _write_plain(heads, cells, right, out)
    return len(shown), more


def _write_plain(heads: list[str], cells: list[list[str]], right: list[bool], out: TextIO) -> None:
    widths = [max([len(head), *(len(row[i]) for row in cells)]) for i, head in enumerate(heads)]
    for row in [heads, ["-" * width for width in widths], *cells]:
        fields = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ]
        out.write("  ".join(fields).rstrip() + "\n")


def _write_rich(heads: list[str], cells: list[list[str]], right: list[bool], out: TextIO) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for head, to_right in zip(heads, right, strict=True):
        table.add_column(Text(head), justify="right" if to_right else "left", overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell, style="dim" if cell == NULL_TEXT else "") for cell in row))
    Console(file=out, highlight=False).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return NULL_TEXT
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="auto")
    return _printable(str(value))


def number(value: float) -> str:
    """A number with at most four decimals; a smaller one keeps four significant digits."""
    if not math.isfinite(value):
        return str(value)
    if value and abs(value) < 0.01:
        return f"{value:.4g}"
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _printable(text: str) -> str:
    """No line breaks, and no control characters that would steer a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _csv_field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if _is_number(value):
        return repr(value) if isinstance(value, float) else str(value)
    text = value.isoformat() if isinstance(value, date | time) else value if isinstance(value, str) else _nested(value)
    if text.startswith(_FORMULA_STARTS):
        text = "'" + text
    if text == "" or any(character in text for character in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _nested(value: Any) -> str:
    plain = _json_value(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _distinct(columns: Sequence[str]) -> list[str]:
    names: list[str] = []
    for column in columns:
        name, copy = column, 1
        while name in names:
            copy += 1
            name = f"{column}_{copy}"
        names.append(name)
    return names
