"""The hand-verified ledger: one asset per CSV file, each held against the issuers or against what else it names."""

from __future__ import annotations

from ingestion.contracts.ledger_tables import LEDGER_TABLES
from orchestration.pipeline.gates import raw_asset

ISSUER = "raw_ledger__issuer"
_NAMES = {
    ISSUER: (),
    "raw_ledger__provider": (),
    "raw_ledger__series": (),
    "raw_ledger__feed": ("raw_ledger__instrument", "raw_ledger__provider", "raw_ledger__series"),
    "raw_ledger__bar_exclusion": ("raw_ledger__instrument", "raw_ledger__provider"),
}

assets = tuple(raw_asset(t.name, deps=_NAMES.get(t.name, (ISSUER,))) for t in LEDGER_TABLES)
