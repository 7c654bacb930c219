"""The metrics that the ledger's map from XBRL concepts may speak of, and whether each is a balance or a flow."""

from __future__ import annotations

METRICS: dict[str, str] = {
    "capex_cash": "duration",
    "capex_with_finance_leases": "duration",
    "revenue": "duration",
    "operating_cash_flow": "duration",
    "cash": "instant",
    "debt": "instant",
    "finance_leases": "instant",
    "digital_assets": "instant",
    "shares": "instant",
}
EVERY_ISSUER = "*"
