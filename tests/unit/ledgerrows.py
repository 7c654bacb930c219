"""Small ledger files for tests: one good row per table, changed cell by cell, as the CSV text a person would write."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ingestion.contracts import LEDGER_TABLES
from ingestion.landing.batch import Batch
from ingestion.ledger.reader import file_columns, read_ledger
from ingestion.universe import Instrument, Series, Universe

NOW = datetime(2026, 11, 30, 12)
LEDGER = Path(__file__).resolve().parents[2] / "ingestion" / "ledger"
TABLES = {table.name.removeprefix("raw_ledger__"): table for table in LEDGER_TABLES}
UNIVERSE = Universe(
    frozenset({"CORZ", "META", "MARA"}),
    {"MARA": Instrument("MARA", "equity", "XNYS", "MARA")},
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
GOOD: Mapping[str, Mapping[str, str]] = {
    "issuer": {
        "issuer": "MARA",
        "cik": "0001507605",
        "sec_name": "MARA Holdings, Inc.",
        "role": "miner",
        "fiscal_year_end": "12-31",
        "taxonomy": "us-gaap",
        "reporting_currency": "USD",
        "forms": "10-K",
    },
    "issuer_name": {
        "issuer": "MARA",
        "name": "MARA Holdings, Inc.",
        "valid_from_date": "2024-08-29",
        "valid_from_precision": "day",
    },
    "ticker": {
        "issuer": "MARA",
        "ticker": "MARA",
        "event": "listed",
        "valid_from_date": "2020-01-01",
        "valid_from_precision": "before",
    },
    "instrument": {
        "instrument": "MARA",
        "name": "MARA shares",
        "kind": "equity",
        "issuer": "MARA",
        "calendar": "XNYS",
        "currency": "USD",
        "close_convention": "exchange_close",
    },
    "ai_deal": {
        "deal_id": "CORZ-1",
        "issuer": "CORZ",
        "issuer_name_at_time": "Core Scientific, Inc.",
        "deal_kind": "contract",
        "counterparty": "CoreWeave",
        "service_model": "colocation",
        "announced_date": "2024-06-03",
        "announced_precision": "day",
        "programme": "hosting",
        "value_kind": "increment",
        "value_usd_m": "3500",
        "value_basis": "contracted revenue",
        "mw_basis": "none",
    },
    "counterparty": {"spelling": "CoreWeave", "counterparty": "CoreWeave", "role": "neocloud"},
    "bond_tranche": {
        "tranche_id": "META-1-2030",
        "deal_id": "META-1",
        "issuer": "META",
        "obligor": "Meta Platforms, Inc.",
        "is_issuer_debt": "true",
        "status": "final",
        "announced_date": "2025-05-01",
        "announced_precision": "day",
        "settled_date": "2025-05-06",
        "currency": "USD",
        "principal_m": "1000",
        "coupon_kind": "fixed",
        "coupon_pct": "4.2",
        "maturity_date": "2030-05-06",
        "maturity_precision": "day",
        "registration": "sec_registered",
    },
    "capex_quarter": {
        "issuer": "META",
        "metric": "capex_cash",
        "period_start_date": "2025-01-01",
        "period_end_date": "2025-03-31",
        "value": "12941",
        "unit": "USD million",
        "basis": "cash",
    },
    "capex_guidance": {
        "issuer": "META",
        "metric": "capex",
        "target_year": "2025",
        "target_basis": "calendar",
        "low": "70000",
        "high": "72000",
        "unit": "USD million",
        "announced_date": "2025-05-01",
        "announced_precision": "day",
    },
    "production": {
        "issuer": "MARA",
        "period_start_date": "2025-05-01",
        "period_end_date": "2025-05-31",
        "btc_produced": "950",
        "btc_held": "49179",
        "definition_version": "1",
    },
    "disclosure_regime": {
        "issuer": "MARA",
        "metric": "btc_produced",
        "cadence": "monthly",
        "valid_from_date": "2020-01-01",
        "valid_from_precision": "year",
    },
    "concept": {
        "issuer": "META",
        "metric": "capex_cash",
        "taxonomy": "us-gaap",
        "concept": "PaymentsToAcquirePropertyPlantAndEquipment",
        "unit": "USD",
        "period_type": "duration",
        "priority": "1",
        "is_required": "true",
        "basis": "cash paid for property and equipment, gross",
        "valid_from_date": "2019-01-01",
    },
    "provider": {
        "provider": "yahoo",
        "name": "Yahoo Finance chart v8",
        "access": "keyless",
        "licence": "none",
        "redistribution": "not_allowed",
    },
    "series": {
        "series": "UST_10Y",
        "name": "US Treasury par yield, 10 years",
        "unit": "percent",
        "frequency": "daily",
        "publication_lag_days": "1",
        "is_revised": "false",
        "owner": "US Department of the Treasury",
        "redistribution": "allowed",
    },
    "feed": {
        "domain": "market",
        "subject": "MARA",
        "provider": "yahoo",
        "priority": "1",
        "symbol": "MARA",
        "valid_from_date": "2020-01-01",
    },
    "capacity": {
        "issuer": "CORZ",
        "site": "Denton TX",
        "told_for": "site",
        "status": "energized",
        "basis": "ai_critical",
        "mw": "100",
        "as_of_date": "2025-06-30",
        "as_of_precision": "day",
    },
    "statement": {
        "statement_id": "analyst-14gw",
        "said_by": "an analyst",
        "about": "miners",
        "said_date": "2025-05-01",
        "said_precision": "day",
        "kind": "estimate",
        "measure": "power",
        "qualifier": "about",
        "value": "14000",
        "unit": "MW",
    },
    "purchase_commitment": {
        "issuer": "META",
        "commitment_class": "supply",
        "concept": "PurchaseObligation",
        "value_usd_m": "1000",
        "as_of_date": "2025-03-31",
        "contains": "supply",
    },
    "electricity": {"country": "China", "country_code": "CHN", "year": "2024", "generation_twh": "10000"},
    "data_center": {"data_center": "North", "as_of_date": "2025-06-30", "power_mw": "100"},
    "rating": {
        "counterparty": "CoreWeave",
        "rating_class": "speculative_grade",
        "valid_from_date": "2025-05-19",
        "valid_from_precision": "day",
    },
    "segment": {
        "issuer": "MARA",
        "segment": "mining",
        "reported_name": "BitcoinMining",
        "period_start_date": "2025-01-01",
        "period_end_date": "2025-03-31",
        "revenue_usd_m": "200",
    },
    "event": {
        "event_id": "order",
        "event_date": "2025-05-01",
        "event_precision": "day",
        "kind": "policy",
        "subject": "a state",
        "what": "an order",
        "value": "10",
        "unit": "MW",
    },
    "decision": {
        "issuer": "MARA",
        "document_sha256": "a" * 64,
        "span_start": "10",
        "span_end": "13",
        "kind": "metric",
        "field": "btc_produced",
        "value": "750",
        "decision": "accepted",
        "decided_by": "A. Reader",
        "decided_at_utc": "2025-08-02T10:00:00Z",
    },
    "claim": {
        "claim_id": "X-01",
        "figure_number": "1",
        "article": "X",
        "article_date": "2025-06-30",
        "claim": "MARA rose by 10 % in June.",
        "subject": "MARA",
        "metric": "return_pct",
        "figure": "10",
        "unit": "percent",
        "comparison": "about",
        "tolerance": "0.5",
        "own_basis": "calendar_month",
        "to_date": "2025-06-30",
    },
    "bar_exclusion": {
        "instrument": "MARA",
        "session_date": "2025-06-30",
        "provider": "yahoo",
        "reason": "ten times the close of the others",
    },
}


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
