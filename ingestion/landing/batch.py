"""Rows of one raw table on their way into the lake, and the rows that may not enter. Holds them, checks nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ingestion.contracts.contract import Table
from ingestion.fetch.archive import Fetch


@dataclass(frozen=True)
class Rejected:
    """A row that breaks the contract: the rule it breaks, why, and where it stands in its source."""

    rule: str
    reason: str
    column: str | None
    row: Mapping[str, object]
    source: str
    source_sha256: str
    line: int | None = None

    def __str__(self) -> str:
        line = [] if self.line is None else [f"line {self.line}", *([f"column {self.column}"] if self.column else [])]
        return f"{', '.join([self.source, *line])}: {self.reason}"


class CellError(ValueError):
    """A cell that is not what its column holds."""

    def __init__(self, rule: str, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.rule = rule
        self.column = column

    def rejected(self, cells: Mapping[str, object], fetch: Fetch, line: int) -> Rejected:
        """The row as a rejection that names its line in the fetched source."""
        return Rejected(self.rule, str(self), self.column, dict(cells), fetch.source, fetch.sha256, line)


@dataclass(frozen=True)
class Batch:
    """What one or more sources say about one table.

    `records` are dicts with a value for each column of the table (absent means null), or an Arrow table of such
    columns, texts plain or dictionary-encoded. `sources` names the sources the batch speaks for. A `snapshot` batch is
    all they say: rows that the lake holds from these sources and that are not in the batch are dropped. Otherwise the
    batch adds to what the lake holds. `partitions` names the only partitions that the batch speaks for, where it is
    not the whole table: the others are neither read nor changed. `applied` says what the lake has taken in once the
    batch is promoted: a mark of the writer's own making for each thing that it reads from.
    """

    table: Table
    records: Sequence[Mapping[str, Any]] | pa.Table
    rejected: Sequence[Rejected] = ()
    sources: frozenset[str] = field(default_factory=frozenset)
    snapshot: bool = True
    partitions: frozenset[str] | None = None
    applied: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows_read(self) -> int:
        return len(self.records) + len(self.rejected)

    def counted(self, rejected: Sequence[Rejected]) -> dict[str, tuple[int, int]]:
        """Rows read and rows put aside, `rejected` in all: under the partitions that the batch speaks for, or, where it
        speaks for the whole table, by source, the answers of one provider together."""
        if self.partitions is not None:
            return {", ".join(sorted(self.partitions)): (self.rows_read, len(rejected))}
        records = self.records
        told = records["source"].to_pylist() if isinstance(records, pa.Table) else [r.get("source") for r in records]
        read = Counter(_origin(str(source)) for source in (*told, *(one.source for one in self.rejected)))
        aside = Counter(_origin(one.source) for one in rejected)
        return {origin: (rows, aside[origin]) for origin, rows in sorted(read.items())}


def summarise(rejected: Sequence[Rejected]) -> str:
    """The rejections as one line for a person: counts by rule, then the first few with their place."""
    if not rejected:
        return ""
    counts = ", ".join(f"{rule} {count}" for rule, count in Counter(r.rule for r in rejected).most_common())
    first = "; ".join(str(r) for r in rejected[:5])
    return f"{counts}: {first}{'; …' if len(rejected) > 5 else ''}"


def _origin(source: str) -> str:
    """The source, or of an answer of a provider the provider: feed/market/yahoo of everything below it."""
    return "/".join(source.split("/")[:3]) if source.startswith("feed/") else source
