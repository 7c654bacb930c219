"""What every table of the ledger has beside its own columns: citation, confidence, basis of known_at_utc, line."""

from __future__ import annotations

from ingestion.contracts.contract import TEXT, WHOLE, Column, Partition, Table

EVIDENCE: tuple[Column, ...] = (
    Column("citation", TEXT, "Where the figures of the row were read.", nullable=False),
    Column(
        "confidence",
        TEXT,
        "How sure the row is: high, medium or low.",
        nullable=False,
        allowed=("high", "medium", "low"),
    ),
    Column(
        "known_at_basis",
        TEXT,
        "How known_at_utc was established: announcement or filing day; statutory_deadline, period_bound or compilation are the latest possible moment; registry for the universe.",
        nullable=False,
        allowed=("announcement", "filing", "statutory_deadline", "period_bound", "compilation", "registry"),
    ),
    Column("note", TEXT, "What a reader of the figures must know."),
    Column("source_line", WHOLE, "Line of the ledger file that holds the row.", "line", nullable=False, minimum=2),
)


def ledger_table(name: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """The contract of raw_ledger__<name>: its own `columns` and the evidence."""
    return Table(
        name=f"raw_ledger__{name}",
        description=description,
        own_columns=(*columns, *EVIDENCE),
        key=key,
        partition=Partition("whole"),
        group="ledger",
    )
