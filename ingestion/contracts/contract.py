"""What a raw table promises: columns, types, units, key, partition. The vocabulary only; each table is a yml file here.

A contract is written once and read by the lake (schema, quarantine), by the gates (base expectations), by Dagster (the
asset and what it waits for), by dbt (its sources) and by people (docs/raw-tables.md).
"""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BeforeValidator, ConfigDict
from pydantic.dataclasses import dataclass

PartitionKind = Literal["month", "year", "value", "whole"]
Group = Literal["market", "network", "macro", "feed", "calendar", "sec", "extract", "ledger"]

TIMESTAMP = pa.timestamp("us")
DATE = pa.date32()
TEXT = pa.string()
REAL = pa.float64()
WHOLE = pa.int64()
FLAG = pa.bool_()

# How a contract names its types: as DuckDB and dbt do.
SQL_TYPES: dict[str, pa.DataType] = {
    "varchar": TEXT,
    "double": REAL,
    "bigint": WHOLE,
    "boolean": FLAG,
    "date": DATE,
    "timestamp": TIMESTAMP,
}
_SQL_NAMES = {type_: name for name, type_ in SQL_TYPES.items()}


def _arrow_type(given: object) -> object:
    if isinstance(given, str) and given not in SQL_TYPES:
        raise ValueError(f"Input should be {', '.join(SQL_TYPES)}")
    return SQL_TYPES.get(given, given) if isinstance(given, str) else given


@dataclass(frozen=True, config=ConfigDict(extra="forbid", arbitrary_types_allowed=True))
class Column:
    """One column of a raw table.

    `unit` is the unit of the number ("USD", "EH/s", "percent"), empty for names, dates and flags.
    `minimum` and `maximum` are inclusive; `positive` asks for a value above zero. A date is no earlier than `earliest` and
    at most `days_ahead` later than the day it is read on. `allowed` lists the only values
    a text may have, `pattern` the regular expression it must match from end to end. `references` is the column
    `table.column` that must hold the text, if it is not null; `wildcard` the text that stands for all of them.
    """

    name: str
    type: Annotated[pa.DataType, BeforeValidator(_arrow_type)]
    description: str
    unit: str = ""
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    earliest: date | None = None
    days_ahead: int | None = None
    positive: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    references: str = ""
    wildcard: str = ""

    def __post_init__(self) -> None:
        if not self.description.endswith("."):
            raise ValueError("the description is not a sentence")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"the pattern is no regular expression ({error})") from error
        if not (self.earliest is None and self.days_ahead is None) and self.type != DATE:
            raise ValueError("earliest and days_ahead bound dates")
        if self.wildcard and not self.references:
            raise ValueError("a wildcard stands for all rows of a table that references names")

    @property
    def sql_type(self) -> str:
        """The type as DuckDB and dbt name it."""
        return _SQL_NAMES[self.type]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Partition:
    """How a table is cut into files: by month, year or value of `column`, or one file for the whole table.

    A column whose values name files is text without a separator; its pattern says so.
    """

    kind: PartitionKind
    column: str = ""

    def __post_init__(self) -> None:
        if (self.kind == "whole") == bool(self.column):
            raise ValueError("a partition by month, year or value names its column, a whole table names none")

    def of(self, value: object) -> str:
        """The name of the partition that holds the rows whose column has `value`, a day where the table is cut by one."""
        match self.kind, value:
            case "value", str():
                return f"{self.column}={value}"
            case "month" | "year", date():
                return f"{self.kind}={value:{'%Y-%m' if self.kind == 'month' else '%Y'}}"
        raise ValueError(f"a table cut by {self.kind} has no partition of {value!r}")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Table:
    """The contract of one raw table: its own columns, and after them the `common_columns` that every raw table has.

    `after` names the raw tables that are landed before it, since its gate reads them. A table that `may_be_empty` says
    something true without any row.
    """

    name: str
    description: str
    own_columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: Partition
    group: Group
    after: tuple[str, ...] = ()
    may_be_empty: bool = False
    common_columns: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(names) != len(set(names)):
            raise ValueError("a column is declared twice")
        for name in (*self.key, *([self.partition.column] if self.partition.column else [])):
            if name not in names:
                raise ValueError(f"{name} is not a column")
            if self.column(name).nullable:
                raise ValueError(f"{name} is part of the key or the partition and may not be null")
        if self.partition.kind == "value" and not self.column(self.partition.column).pattern:
            raise ValueError(f"{self.partition.column} names files and has no pattern")

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns in the order of the table's files."""
        return (*self.own_columns, *self.common_columns)

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
