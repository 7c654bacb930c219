"""What a raw table promises: columns, types, units, key, partition. The vocabulary only; the tables are in tables.py.

A contract is written once and read three times: by the lake writer (schema, quarantine), by
`quality/from_contract.py` (base expectations) and by the dbt source yml (`hashwatt` regenerates it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

PartitionKind = Literal["month", "year", "value", "whole"]

TIMESTAMP = pa.timestamp("us")
DATE = pa.date32()
TEXT = pa.string()
REAL = pa.float64()
WHOLE = pa.int64()
FLAG = pa.bool_()


@dataclass(frozen=True)
class Column:
    """One column of a raw table.

    `unit` is the unit of the number ("USD", "EH/s", "percent"), empty for names, dates and flags.
    `minimum` and `maximum` are inclusive; `positive` asks for a value above zero. `allowed` lists the only values
    a text may have, `pattern` the regular expression it must match from end to end.
    """

    name: str
    type: pa.DataType
    description: str
    unit: str = ""
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    positive: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""

    def __post_init__(self) -> None:
        if not self.description.endswith("."):
            raise ValueError(f"column {self.name}: the description is not a sentence")
        if self.pattern:
            re.compile(self.pattern)


@dataclass(frozen=True)
class Partition:
    """How a table is cut into files: by month, year or value of `column`, or one file for the whole table.

    A column whose values name files is text without a separator; its pattern says so.
    """

    kind: PartitionKind
    column: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "whole") == bool(self.column):
            raise ValueError("a partition by month, year or value names its column, a whole table names none")

    def of(self, value: str) -> str:
        """The name of the partition that holds the rows of `value`, of a table that is cut by value."""
        if self.kind != "value":
            raise ValueError(f"the table is cut by {self.kind}, not by value")
        return f"{self.column}={value}"


@dataclass(frozen=True)
class Table:
    """The contract of one raw table. `columns` holds its own columns; `schema()` adds the ones all raw tables have."""

    name: str
    description: str
    own_columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: Partition
    group: Literal["market", "network", "macro", "feed", "calendar", "sec", "ledger"]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(names) != len(set(names)):
            raise ValueError(f"{self.name}: a column is declared twice")
        for name in (*self.key, *([self.partition.column] if self.partition.column else [])):
            if name not in names:
                raise ValueError(f"{self.name}: {name} is not a column")
            if self.column(name).nullable:
                raise ValueError(f"{self.name}: {name} is part of the key or the partition and may not be null")
        if self.partition.kind == "value" and not self.column(self.partition.column).pattern:
            raise ValueError(f"{self.name}: {self.partition.column} names files and has no pattern")

    @property
    def columns(self) -> tuple[Column, ...]:
        return (*self.own_columns, *COMMON_COLUMNS)

    def column(self, name: str) -> Column:
        """The column called `name`; raises KeyError when the table has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")

    def schema(self) -> pa.Schema:
        """The pyarrow schema of the table's Parquet files, columns in declared order."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])

    def sort_columns(self) -> tuple[str, ...]:
        """The order of rows inside a partition: the key, then everything that could still tie."""
        tail = tuple(n for n in ("known_at_utc", "source", "source_sha256") if n not in self.key)
        return (*self.key, *tail)


COMMON_COLUMNS: tuple[Column, ...] = (
    Column(
        "known_at_utc",
        TIMESTAMP,
        "First moment a careful outsider could know the row, UTC; where that moment is not recorded, the latest it can have been.",
        nullable=False,
    ),
    Column(
        "ingested_at_utc",
        TIMESTAMP,
        "When the source's bytes were archived, UTC; for frozen files the day they were frozen.",
        nullable=False,
    ),
    Column(
        "source", TEXT, "Provider, or the file of the ledger or the bundle, that the row was read from.", nullable=False
    ),
    Column(
        "source_sha256",
        TEXT,
        "SHA-256 of the archived bytes that the row was parsed from.",
        nullable=False,
        pattern="[0-9a-f]{64}",
    ),
    Column(
        "parser_version",
        TEXT,
        "Version of the parser that read the row; a fixed parser changes this and never known_at_utc.",
        nullable=False,
    ),
)
