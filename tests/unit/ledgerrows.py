"""Small ledger files for tests: one good row per table, changed cell by cell, as the CSV text a person would write."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import yaml

from ingestion.contracts import LEDGER_TABLES
from ingestion.landing.batch import Batch
from ingestion.ledger.reader import file_columns, read_ledger
from ingestion.universe import Instrument, Series, Universe

NOW = datetime(2026, 11, 30, 12)
LEDGER = Path(__file__).resolve().parents[2] / "ingestion" / "ledger"
TABLES = {table.name.removeprefix("raw_ledger__"): table for table in LEDGER_TABLES}
UNIVERSE = Universe(
    frozenset({"CORZ", "META", "MARA"}),
    {"MARA": Instrument("XNYS")},
    counterparties={"CoreWeave": "CoreWeave", "CoreWeave, Inc.": "CoreWeave"},
    series={"UST_10Y": Series("UST_10Y", "daily", 1, False), "M2": Series("M2", "monthly", 60, True)},
    providers=frozenset({"yahoo", "tiingo", "fred", "mempool"}),
)

EVIDENCE = {
    "citation": "8-K 0001628280-24-043341",
    "confidence": "high",
    "known_at_basis": "announcement",
    "known_at_utc": "2025-06-30T23:59:59Z",
}
GOOD: Mapping[str, Mapping[str, str]] = yaml.load(
    Path(__file__).with_name("ledger_rows.yml").read_text(encoding="utf-8"), yaml.CBaseLoader
)


def render(entity: str, *rows: Mapping[str, str]) -> bytes:
    """A ledger file: one line per item of `rows`, each the good row of the table with the cells of the item in place."""
    columns = file_columns(TABLES[entity])
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**EVIDENCE, **GOOD[entity], **row} for row in rows)
    return text.getvalue().encode()


def read(entity: str, content: bytes, universe: Universe | None = UNIVERSE, now_utc: datetime = NOW) -> Batch:
    """The batch that the reader makes of a file of this table; every issuer needs a name, but here only those in the file."""
    if entity == "issuer_name" and universe is UNIVERSE:
        universe = replace(UNIVERSE, issuers=frozenset(name for name in UNIVERSE.issuers if name.encode() in content))
    return read_ledger(
        TABLES[entity],
        content,
        file=f"ledger/{entity}.csv",
        source_sha256=hashlib.sha256(content).hexdigest(),
        ingested_at_utc=datetime(2026, 11, 30),
        universe=universe,
        now_utc=now_utc,
    )


def shipped(entity: str, universe: Universe | None) -> Batch:
    """The batch of the ledger file that ships with the package."""
    return read(entity, (LEDGER / f"{entity}.csv").read_bytes(), universe)
