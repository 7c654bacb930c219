"""The layouts in which filings, wires, sites and aggregators hand on one and the same page: paragraphs, a grid, paragraphs.

Cells are as an issuer prints them; a footnote mark is written ^1 and each layout raises it, sets it apart or leaves it out."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

Grid = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Page:
    """What a document says, before anyone has laid it out. `dated` heads the grid's columns over two rows in some layouts."""

    before: tuple[str, ...]
    grid: Grid = ()
    after: tuple[str, ...] = ()


def _text(page: Page, rows: Callable[[Grid], str], mark: str = " {}", between: str = "\n\n") -> str:
    parts = (*page.before, *([rows(page.grid)] if page.grid else []), *page.after)
    return re.sub(r"\^(\d)", lambda found: mark.format(found[1]), between.join(parts)) + "\n"


def _html(page: Page, cell: Callable[[str], str], row: str = "<tr>{}</tr>", table: str = "<table>{}</table>") -> str:
    def marked(text: str) -> str:
        return re.sub(r"\^(\d)", r"<sup>\1</sup>", html.escape(text, quote=False))

    grid = table.format("\n".join(row.format("".join(cell(marked(one)) for one in line)) for line in page.grid))
    before, after = ("".join(f"<p>{marked(one)}</p>\n" for one in part) for part in (page.before, page.after))
    return f"<html><head><title>A page</title></head><body>{before}{grid if page.grid else ''}{after}</body></html>"


def _agent_cell(text: str) -> str:
    """As filing agents set a cell: a currency sign, a closing bracket and a per cent sign in cells of their own, and gaps."""
    sign, number, tail = re.fullmatch(r"(\$?)(.*?)([%)]?)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    if not re.match(r"[\d(]", number):
        sign, number, tail = "", text, ""
    cells = [sign, number, tail]
    return "".join(
        f'<td style="vertical-align:bottom"><p style="margin:0pt;font-size:10pt">{one or "&#160;"}</p></td>'
        for one in cells
    )


def _spanned(page: Page) -> str:
    """A header over two rows: the label over both, and a cell over all columns of values."""
    wide = f'<tr><td rowspan="2">{{}}</td><td colspan="{len(page.grid[0]) - 1 if page.grid else 1}">Unaudited</td></tr>'
    plain = _html(page, lambda text: f"<td>{text}</td>")
    if not page.grid:
        return plain
    first, rest = plain.split("<table><tr><td>", 1)
    label, rest = rest.split("</td>", 1)
    return f"{first}<table>{wide.format(label)}<tr>{rest}"


def _wide(grid: Grid, gap: int = 4) -> str:
    widths = [
        max(len(line[number]) for line in grid if number < len(line)) + gap for number in range(max(map(len, grid)))
    ]
    return "\n".join(
        "".join(one.ljust(width) for one, width in zip(line, widths, strict=False)).rstrip() for line in grid
    )


def _bars(grid: Grid) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in grid)


def _markdown(grid: Grid) -> str:
    head, *lines = (f"| {' | '.join(line)} |" for line in grid)
    return "\n".join([head, "|---" * len(grid[0]) + "|", *lines])


def _lines(grid: Grid, gap: str) -> str:
    return gap.join(one for line in grid for one in line if one)


WHOLE: dict[str, Callable[[Page], str]] = {
    "html": lambda page: _html(page, lambda text: f"<td>{text}</td>"),
    "a filing agent's cells": lambda page: _html(page, _agent_cell),
    "spans": _spanned,
    "minified": lambda page: re.sub(r"</(?:td|tr|p)>|\n", "", _html(page, lambda text: f"<td>{text}</td>")),
    "paragraphs in cells": lambda page: _html(page, lambda text: f"<td><p> {text} </p><br/></td>"),
    "bars": lambda page: _text(page, _bars),
    "markdown": lambda page: _text(page, _markdown),
    "one cell a line": lambda page: _text(page, lambda grid: _lines(grid, "\n")),
    "a line between cells": lambda page: _text(page, lambda grid: _lines(grid, "\n\n")),
    "wide blanks": lambda page: _text(page, _wide),
    "marks in brackets": lambda page: _text(page, _wide, "[{}]"),
    "aligned by two blanks": lambda page: _text(page, lambda grid: _wide(grid, 2)),
    "tabs": lambda page: _text(page, lambda grid: "\n".join("\t".join(line) for line in grid)),
    "HTML in JSON": lambda page: json.dumps({"id": 7, "body": _html(page, lambda text: f"<td>{text}</td>")}),
    "text in JSON": lambda page: json.dumps({"id": 7, "text": _text(page, _bars)}, ensure_ascii=False),
}
"""Layouts from which everything can be read."""
LOSSY: dict[str, Callable[[Page], str]] = {
    "run-together cells": lambda page: _text(page, lambda grid: "\n".join("".join(line) for line in grid), "{}"),
    "marks glued to numbers": lambda page: _text(page, _bars, "{}"),
    "one word a line": lambda page: "\n".join(_text(page, _bars).replace("|", " ").split()) + "\n",
    "all in one line": lambda page: " ".join(_text(page, lambda grid: _lines(grid, " ")).split()),
}
"""Layouts that lost what parts one value from another: the same values or fewer, and no other."""
