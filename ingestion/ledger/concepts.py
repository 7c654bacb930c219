"""Columns of the ledger's map from XBRL concepts to metrics, and the metrics it may speak of. The table is in tables.py."""

from __future__ import annotations

from ingestion.contracts.contract import DATE, FLAG, TEXT, WHOLE, Column

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

CONCEPT_DESCRIPTION = "Which XBRL concepts make a metric, by issuer and period; an issuer's own rows replace those of all issuers for the metric."
CONCEPT_KEY = ("issuer", "metric", "taxonomy", "concept", "valid_from_date", "known_at_utc")
CONCEPT_COLUMNS: tuple[Column, ...] = (
    Column(
        "issuer",
        TEXT,
        "Short name of the issuer; * for each issuer that has no rows of its own for the metric, files under this taxonomy alone (any, for dei) and reports in USD.",
        nullable=False,
        pattern=r"\*|[A-Z0-9]{1,8}",
    ),
    Column("metric", TEXT, "Metric that the concept is a term of.", nullable=False, allowed=tuple(METRICS)),
    Column("taxonomy", TEXT, "Taxonomy of the concept.", nullable=False, allowed=("us-gaap", "ifrs-full", "dei")),
    Column("concept", TEXT, "Name of the concept within its taxonomy.", nullable=False, pattern="[A-Z][A-Za-z0-9]+"),
    Column(
        "unit", TEXT, "Unit that is read; facts in another unit are not.", nullable=False, pattern="[A-Z]{3}|shares"
    ),
    Column(
        "period_type",
        TEXT,
        "instant for a balance at the end of a day, duration for a flow over days.",
        nullable=False,
        allowed=("instant", "duration"),
    ),
    Column(
        "priority",
        WHOLE,
        "Place of the term in the metric's sum; 1 leads. Terms valid for one period are added, never tried in turn.",
        "place",
        nullable=False,
        minimum=1,
    ),
    Column(
        "is_required",
        FLAG,
        "False for a term that filers leave out when it is nil: it then counts as zero.",
        nullable=False,
    ),
    Column("basis", TEXT, "What the amount of the metric includes, in words.", nullable=False),
    Column("valid_from_date", DATE, "First day on which a period under the concept may end.", nullable=False),
    Column("valid_to_date", DATE, "First day on which a period no longer ends under the concept; null while it holds."),
)
