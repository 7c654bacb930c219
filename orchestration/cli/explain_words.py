"""What the metrics, methods and reasons of fct_financial_quarter mean, in words. No numbers and no logic."""

from __future__ import annotations

from typing import Final

MEANINGS: Final = {
    "capex_cash": "Cash paid in the quarter for property and equipment, from the cash-flow statement.",
    "capex_with_finance_leases": "Capital expenditure as the company defines it, with finance leases.",
    "revenue": "Revenue of the quarter, from the income statement.",
    "operating_cash_flow": "Net cash from operating activities in the quarter, from the cash-flow statement.",
    "cash": "Cash and cash equivalents at the end of the quarter, from the balance sheet.",
    "debt": "Debt at the end of the quarter, from the balance sheet.",
    "finance_leases": "Liabilities from finance leases at the end of the quarter, from the balance sheet.",
    "digital_assets_usd_m": "Digital assets at the end of the quarter, as the accounting rules of the time measure them.",
    "shares": "Shares outstanding at the end of the quarter, or at the first cover date after it.",
}

METHODS: Final = {
    "reported": "a filing gives the number as it stands",
    "ytd_difference": "the number since the start of the fiscal year, less the number up to the quarter before",
    "ledger": "read by hand from the citation",
    "not_derived": "the filings give no number that can stand",
}

REASONS: Final = {
    "missing_3m": "no filing gives the number of the first three months of the fiscal year",
    "missing_6m": "no filing gives the number of the first six months of the fiscal year",
    "missing_9m": "no filing gives the number of the first nine months of the fiscal year",
    "missing_year": "no filing gives the number of the whole fiscal year",
    "missing_balance": "no filing gives the balance at the end of the quarter",
    "concept_switched": "the numbers needed stand under different concepts, which may not mean the same",
    "mixed_vintages": "one of the two numbers was restated and the other was not filed again since, so their "
    "difference would mix two vintages",
    "transition_period": "the fiscal year end moved, and the period is not one quarter",
    "irregular_period": "the period between the two numbers is not one quarter",
    "unit_not_understood": "the unit of the source could not be read as an amount in USD",
    "no_fx_rate": "the number is not in USD, and no exchange rate is in this edition",
    "not_an_amount": "a count has no amount in USD",
}

BOUNDS: Final = {
    "bound": "accepted at the latest then: UTC or New York is not proved",
    "filed_date": "accepted at the latest then: the end of the filing day",
}

CHANGES: Final = {
    None: "first filed",
    "unchanged": "filed again",
    "rounding": "rounding",
    "sign": "sign turned",
    "scale": "scale changed",
    "restated": "restated",
}
