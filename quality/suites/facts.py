"""Suites of the facts from the ledger: deals, bonds, capex and guidance. Miner operations are in operations.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, nothing_lost, one_of, published, unequal

LONGEST_TENOR_YEARS = 101
QUARTER_METRICS = (
    "capex_cash",
    "capex_with_finance_leases",
    "revenue",
    "operating_cash_flow",
    "cash",
    "debt",
    "finance_leases",
    "digital_assets_usd_m",
    "shares",
)

_MIDDLE = "(period_start_date + CAST((period_end_date - period_start_date) // 2 AS INTEGER))"

FCT_AI_DEAL = published(
    "fct_ai_deal",
    ("deal_id",),
    (
        "deal_id",
        "issuer",
        "counterparty",
        "announced_date",
        "deal_kind",
        "programme",
        "value_kind",
        "value_usd_m",
        "critical_it_mw",
        "term_years",
        "issuer_share_pct",
        "value_attributable_usd_m",
        "is_in_book",
        "book_exclusion_reason",
        "usd_m_per_critical_mw_year",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        Rule(
            "attributable_within_value",
            "critical",
            "The attributable value is at most the whole value, and there where value and share are.",
            MODEL,
            where=(
                "value_attributable_usd_m > value_usd_m * (1 + 1e-9) OR"
                " (value_attributable_usd_m IS NULL) <> (value_usd_m IS NULL OR issuer_share_pct IS NULL)"
            ),
        ),
        Rule(
            "book_holds_valued_contracts",
            "critical",
            "Only contracts with a value are in the book.",
            MODEL,
            where="is_in_book AND (deal_kind <> 'contract' OR value_usd_m IS NULL)",
        ),
        Rule(
            "in_book_or_reason",
            "critical",
            "A deal is in the book or says why not.",
            MODEL,
            where="is_in_book IS NULL OR is_in_book = (book_exclusion_reason IS NOT NULL)",
        ),
        Rule(
            "one_total_in_book",
            "critical",
            "Of the totals of one programme only the latest is in the book, and nothing older beside it.",
            f"A total and its parts were both counted. {MODEL}",
            violations=(
                "SELECT t.deal_id AS total, o.deal_id AS older FROM {relation} AS t JOIN {relation} AS o"
                " ON o.issuer = t.issuer AND o.programme = t.programme AND o.deal_id <> t.deal_id"
                " AND o.announced_date <= t.announced_date AND o.is_in_book WHERE t.is_in_book AND t.value_kind = 'cumulative'"
            ),
        ),
        Rule(
            "value_per_mw_year_agrees",
            "critical",
            "Value per critical MW and year, times both, is the value.",
            MODEL,
            where="usd_m_per_critical_mw_year IS NOT NULL AND ("
            + unequal("usd_m_per_critical_mw_year * critical_it_mw * term_years", "value_usd_m")
            + ")",
        ),
        nothing_lost("raw_ledger__ai_deal", {"deal_id": "deal_id"}),
    ),
)

FCT_BOND_TRANCHE = published(
    "fct_bond_tranche",
    ("tranche_id",),
    (
        "tranche_id",
        "deal_id",
        "issuer",
        "status",
        "announced_date",
        "currency",
        "principal_m",
        "principal_usd_m",
        "principal_usd_null_reason",
        "coupon_pct",
        "maturity_date",
        "tenor_years",
        "spread_bp",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        Rule(
            "usd_principal_or_reason",
            "critical",
            "A tranche has a principal in USD or the reason why not.",
            MODEL,
            where="(principal_usd_m IS NULL) <> (principal_usd_null_reason IS NOT NULL)",
        ),
        Rule(
            "usd_principal_agrees",
            "critical",
            "In USD the principal is the principal.",
            MODEL,
            where="currency = 'USD' AND (" + unequal("principal_usd_m", "principal_m") + ")",
        ),
        Rule(
            "tenor_plausible",
            "warning",
            f"A tenor is above zero and at most {LONGEST_TENOR_YEARS} years.",
            MODEL,
            where=f"tenor_years <= 0 OR tenor_years > {LONGEST_TENOR_YEARS}",
        ),
        nothing_lost("raw_ledger__bond_tranche", {"tranche_id": "tranche_id"}),
    ),
)

FCT_FINANCIAL_QUARTER = published(
    "fct_financial_quarter",
    ("issuer", "metric", "period_end_date"),
    (
        "issuer",
        "metric",
        "basis",
        "calendar_quarter",
        "value_usd_m",
        "method",
        "period_start_date",
        "period_end_date",
        "null_reason",
        "value",
        "unit",
        "minuend_value",
        "minuend_accession",
        "subtrahend_value",
        "subtrahend_accession",
        "ledger_value_usd_m",
        "ledger_period_start_date",
        "ledger_period_end_date",
        "minuend_latest_value",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        one_of("metric", QUARTER_METRICS),
        one_of("method", ("reported", "ytd_difference", "ledger", "not_derived")),
        Rule(
            "difference_adds_up",
            "critical",
            "A quarter taken as a difference is its minuend less its subtrahend, and names the filings of both.",
            MODEL,
            where=(
                "method = 'ytd_difference' AND (value IS DISTINCT FROM minuend_value - subtrahend_value"
                " OR minuend_accession IS NULL OR subtrahend_accession IS NULL)"
            ),
        ),
        Rule(
            "value_or_reason",
            "critical",
            "A quarter has a value or the reason why not; from the ledger it is at least zero.",
            MODEL,
            where="(method = 'ledger' AND value_usd_m < 0) OR (value_usd_m IS NULL) <> (null_reason IS NOT NULL)",
        ),
        Rule(
            "quarter_of_midpoint",
            "critical",
            "The calendar quarter is the one that the middle day of the period lies in.",
            MODEL,
            where=(f"calendar_quarter IS DISTINCT FROM year({_MIDDLE}) || 'Q' || quarter({_MIDDLE})"),
        ),
        Rule(
            "one_period_per_quarter",
            "critical",
            "Of each basis one fiscal quarter falls into a calendar quarter.",
            MODEL,
            violations=(
                "SELECT issuer, metric, calendar_quarter, count(*) AS periods FROM {relation} GROUP BY ALL HAVING count(*) > 1"
            ),
        ),
        # The ledger's quarter may end on another day than XBRL's of the same calendar quarter, whose number then stands.
        nothing_lost(
            "raw_ledger__capex_quarter",
            {"issuer": "issuer", "metric": "metric", "period_end_date": "ledger_period_end_date"},
        ),
        Rule(
            "ledger_figure_kept",
            "critical",
            "The ledger's newest figure stands in the row of its calendar quarter, whichever source gave the number.",
            MODEL,
            violations=(
                "SELECT r.issuer, r.metric, r.period_end_date, r.value, m.ledger_value_usd_m FROM (SELECT * FROM"
                " raw.raw_ledger__capex_quarter WHERE known_at_utc < {horizon} QUALIFY row_number() OVER (PARTITION BY"
                " issuer, metric, period_end_date ORDER BY known_at_utc DESC, source_sha256 DESC) = 1) AS r"
                " JOIN {relation} AS m ON m.issuer = r.issuer AND m.metric = r.metric"
                " AND m.ledger_period_end_date = r.period_end_date"
                " WHERE r.unit = 'USD million' AND (m.ledger_value_usd_m IS DISTINCT FROM r.value"
                " OR m.ledger_period_start_date IS DISTINCT FROM r.period_start_date)"
            ),
            reads=("raw.raw_ledger__capex_quarter",),
        ),
    ),
)

FCT_CAPEX_GUIDANCE = published(
    "fct_capex_guidance",
    ("issuer", "metric", "target_year", "announced_date"),
    (
        "issuer",
        "metric",
        "target_year",
        "target_basis",
        "low_usd_m",
        "high_usd_m",
        "midpoint_usd_m",
        "announced_date",
        "is_latest",
        "revision_number",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        Rule(
            "ends_ordered",
            "critical",
            "The midpoint lies between the ends.",
            MODEL,
            where="midpoint_usd_m < low_usd_m OR midpoint_usd_m > coalesce(high_usd_m, low_usd_m)",
        ),
        Rule(
            "one_is_latest",
            "critical",
            "Of the revisions of one guidance exactly the last is the latest.",
            MODEL,
            violations=(
                "SELECT issuer, metric, target_year, target_basis, count(*) AS revisions FROM {relation} GROUP BY ALL"
                " HAVING count(*) FILTER (WHERE is_latest) <> 1"
                " OR max(announced_date) <> max(announced_date) FILTER (WHERE is_latest)"
            ),
        ),
        Rule(
            "revisions_numbered",
            "critical",
            "Revisions of one guidance are numbered from one without a gap.",
            MODEL,
            violations=(
                "SELECT issuer, metric, target_year, target_basis, max(revision_number) AS highest, count(*) AS revisions"
                " FROM {relation} GROUP BY ALL HAVING max(revision_number) <> count(*) OR min(revision_number) <> 1"
            ),
        ),
        nothing_lost(
            "raw_ledger__capex_guidance",
            {"issuer": "issuer", "metric": "metric", "target_year": "target_year", "announced_date": "announced_date"},
        ),
    ),
)

SUITES = (FCT_AI_DEAL, FCT_BOND_TRANCHE, FCT_FINANCIAL_QUARTER, FCT_CAPEX_GUIDANCE)
