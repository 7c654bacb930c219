"""The documents of documents/*.yml: what each page says before anyone has laid it out, and what a careful reader finds in it."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.extract.layouts import Page

# A last paragraph: the ends of pages are read, too, and what is cut there is another matter.
ENDS = {
    "updates": "The figures are unaudited and may change; the company has no duty to update them.",
    "deals": "Forward-looking statements involve risks that are described in the reports of the company, which it has no duty to update.",
    "leases": "The company has no duty to update what it says here, and the text ends with this sentence.",
    "sheets": "The issuer has filed a registration statement with the SEC for the offering to which this communication relates.",
}


@dataclass(frozen=True)
class Written:
    """A document: its page or, where it has a layout of its own, its text; rows of what it tells; fields that must be refused."""

    page: Page
    text: str
    told: set[tuple[str, ...]]
    refused: set[str]


def written(kind: str) -> dict[str, Written]:
    """The documents of a kind by name. Of updates it tells field, value, first day ("" of a stock) and last; of deals and
    sheets field and value; of bonds and leases the record as well."""
    told = (Path(__file__).with_name("documents") / f"{kind}.yml").read_text(encoding="utf-8")
    rows = {"updates": _dated, "bonds": _of_records, "further_bonds": _of_records, "leases": _of_records}.get(
        kind, _fields
    )
    return {
        name: Written(
            _page(one.get("page", ""), ENDS.get(kind, "")),
            one.get("text", ""),
            rows(one["told"]),
            set(one.get("refused", ())),
        )
        # Every scalar a text, as the readers give them.
        for name, one in yaml.load(told, yaml.CBaseLoader).items()
    }


def _page(text: str, end: str) -> Page:
    lines = text.splitlines()
    in_grid = [number for number, line in enumerate(lines) if line.startswith("| ")]
    first, past = (in_grid[0], in_grid[-1] + 1) if in_grid else (len(lines), len(lines))
    grid = tuple(tuple(cell.strip() for cell in line[1:-1].split("|")) for line in lines[first:past])
    return Page(tuple(lines[:first]), grid, (*lines[past:], end))


def _fields(told: dict[str, Any]) -> set[tuple[str, ...]]:
    return {(field, value) for field, given in told.items() for value in ([given] if isinstance(given, str) else given)}


def _of_records(told: dict[str, Any]) -> set[tuple[str, ...]]:
    return {(record, *pair) for record, fields in told.items() for pair in _fields(fields)}


def _dated(told: dict[str, Any]) -> set[tuple[str, ...]]:
    return {
        (field, value, *_days(period))
        for field, by_period in told.items()
        for period, given in by_period.items()
        for value in ([given] if isinstance(given, str) else given)
    }


def _days(period: str) -> tuple[str, str]:
    if period == "untold":
        return "", ""
    if period.count("-") == 2 and ".." not in period:
        return "", period
    first, last = (period.split("..") * 2)[:2]
    year, month = map(int, last.split("-"))
    return f"{first}-01", f"{last}-{calendar.monthrange(year, month)[1]}"
