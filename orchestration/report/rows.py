"""The rows of a block, made ready for a page: each cell with its text, its origin and the address of what stands behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from markupsafe import Markup

from orchestration.cli.output import as_json, is_number
from orchestration.report import shown
from orchestration.report.declared import Block

if TYPE_CHECKING:
    import duckdb

_REASON = "_null_reason"
_LONG = 40
_FOLDED = 300
_ADDRESSES = ("_page", "_url", "_address")


@dataclass(frozen=True)
class Tables:
    """What a page knows of the publication beside its rows: columns with unit and sentence, keys, issuers' numbers at the SEC."""

    publication: dict[str, Any]
    columns: dict[tuple[str, str], tuple[str | None, str]]
    keys: dict[str, list[str]]
    ciks: dict[str, str]

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Tables:
        """Read from the publication's own tables."""
        about = connection.execute("SELECT * FROM meta_publication")
        names = [str(column[0]) for column in about.description or []]
        publication = dict(zip(names, about.fetchone() or (), strict=True))
        columns: dict[tuple[str, str], tuple[str | None, str]] = {}
        keys: dict[str, list[str]] = {}
        for table, column, unit, sentence, is_key in connection.execute(
            "SELECT table_name, column_name, unit, description, is_key FROM meta_column ORDER BY table_name, position"
        ).fetchall():
            columns[table, column] = unit, sentence or ""
            keys.setdefault(table, [])
            keys[table] += [column] if is_key else []
        ciks = (
            connection.execute("SELECT issuer, cik FROM dim_issuer WHERE cik IS NOT NULL").fetchall()
            if ("dim_issuer", "cik") in columns
            else []
        )
        return cls(publication, columns, keys, dict(ciks))


class Head(NamedTuple):
    """The head of a column: its words, unit, what it means, where more is said, and what stands under it: number, long text or neither."""

    words: str
    unit: str
    meaning: str
    address: str
    kind: str


class Line(NamedTuple):
    """One row: the name by which an address finds it, its key as JSON, and its cells."""

    anchor: str
    key: str
    cells: list[tuple[Markup, str]]


class Rows:
    """The rows of a block. `records` are the values by column, at most as many as a page holds."""

    def __init__(self, block: Block, tables: Tables, columns: Sequence[str], found: Sequence[Sequence[Any]]) -> None:
        self._block, self._tables, self._columns = block, tables, columns
        self.records: list[dict[str, Any]] = [dict(zip(columns, row, strict=True)) for row in found]
        self._whole = {name for name in columns if shown.are_whole(row[name] for row in self.records)}

    @cached_property
    def heads(self) -> list[Head]:
        """The heads of the columns that are shown; reasons for a NULL stand in its cell."""
        heads = []
        for name in self._shown:
            unit, meaning = self._tables.columns.get((self._block.table, name), (None, ""))
            words, unit = shown.head(name, self._block.labels, None if self._counts(name) else unit)
            # What has its unit in a column of its own says it there.
            unit = "" if unit.removeprefix("see ") in self._shown else unit
            address = f"dictionary.html#{self._block.table}.{name}" if meaning else ""
            heads.append(Head(words, unit, meaning, address, self._kind(name)))
        return heads

    @cached_property
    def lines(self) -> list[Line]:
        """All rows as cells, each with the kind of its column. Of rows with one anchor the first has it."""
        kinds = {name: self._kind(name) for name in self._shown}
        names = [shown.anchored(shown.filled(self._block.anchor, row)) for row in self.records]
        first = {name: n for n, name in reversed([*enumerate(names)])}
        return [
            Line(
                name if first[name] == n else "",
                self._key(n),
                [(self._cell(one, n), kinds[one]) for one in self._shown],
            )
            for n, name in enumerate(names)
        ]

    def figure(self, column: str, n: int = 0) -> Markup:
        """The number in row `n`, counted from the end where it is negative, with its origin and its evidence, for a text."""
        n = range(len(self.records))[n]
        of = {"table": self._block.table} if self._block.table else {"block": self._block.id}
        return self._figure(column, n, {**of, "key": self._key(n), "column": column})

    def _figure(self, column: str, n: int, origin: dict[str, str]) -> Markup:
        row = self.records[n]
        address = shown.anchored(shown.filled(self._block.evidence.get(column, ""), row))
        return shown.figure(row[column], self.value(column, n), origin, address)

    def value(self, column: str, n: int = 0) -> str:
        """What stands in row `n`, as text."""
        return shown.plain(self.records[n][column], is_whole=column in self._whole)

    def data(self) -> list[dict[str, Any]]:
        """The rows as a chart reads them."""
        return [as_json(row) for row in self.records]

    @property
    def _shown(self) -> list[str]:
        return [name for name in self._columns if not name.endswith(_REASON) and name not in self._block.hidden]

    def _has_numbers(self, column: str) -> bool:
        return any(is_number(row[column]) for row in self.records)

    def _kind(self, column: str) -> str:
        if self._has_numbers(column):
            return "number"
        return "long" if any(isinstance(r[column], str) and len(r[column]) > _LONG for r in self.records) else ""

    def _counts(self, column: str) -> bool:
        """Whether the head of the column says already what is counted."""
        return self._has_numbers(column) and all(isinstance(row[column], int | None) for row in self.records)

    def _key(self, n: int) -> str:
        """The values of the table's key, or where rows are of no table the row's number."""
        row, key = self.records[n], self._tables.keys.get(self._block.table, [])
        return json.dumps({name: shown.key_text(row[name]) for name in key} if key else {"row": n}, ensure_ascii=False)

    def _cell(self, name: str, n: int) -> Markup:
        row = self.records[n]
        value = row[name]
        if is_number(value):
            # Table and key stand once, at the table and the row.
            return self._figure(name, n, {"column": name})
        if value is None:
            reason = row.get(f"{name}{_REASON}") or row.get(f"{shown.stem(name)}{_REASON}")
            return (
                Markup('<span class="none">{} <small>{}</small></span>').format(
                    shown.NONE, str(reason).replace("_", " ")
                )
                if reason
                else Markup('<span class="none">{}</span>').format(shown.NONE)
            )
        if isinstance(value, str) and name.endswith(_ADDRESSES) and value.startswith("https://"):
            return Markup('<a href="{}" rel="noreferrer">{}</a>').format(value, "open")
        if isinstance(value, str):
            cik = self._tables.ciks.get(str(row.get("issuer")))
            return shown.cited(value, cik) if len(value) <= _FOLDED else shown.folded(value, cik)
        return Markup('<span class="word">{}</span>').format(shown.plain(value))
