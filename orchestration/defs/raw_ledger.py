"""The hand-verified ledger: one asset per CSV file, each held against the issuers."""

from __future__ import annotations

from ingestion.ledger.tables import LEDGER_TABLES
from orchestration.gates import raw_asset

ISSUER = "raw_ledger__issuer"

assets = tuple(raw_asset(t.name, deps=() if t.name == ISSUER else (ISSUER,)) for t in LEDGER_TABLES)
