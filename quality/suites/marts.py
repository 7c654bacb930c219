"""Suites of the marts about money: the AI book, bonds, capex. Each is reconciled to the facts it is made of."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, published, unequal

COUPON_TOLERANCE = 1e-9


def _book_sum(column: str) -> Rule:
    return Rule(
        f"{column}_reconciles",
        "critical",
        f"{column} is the sum over the issuer's deals in the book, for every issuer.",
        f"The mart and fct_ai_deal disagree. {MODEL}",
        violations=(
            f"SELECT coalesce(m.issuer, f.issuer) AS issuer, m.{column} AS mart, f.{column} AS facts FROM {{relation}} AS m"
            f" FULL JOIN (SELECT issuer, sum({column}) AS {column} FROM main.fct_ai_deal WHERE is_in_book GROUP BY issuer) AS f"
            f" ON f.issuer = m.issuer WHERE {unequal(f'm.{column}', f'f.{column}')}"
        ),
        reads=("main.fct_ai_deal",),
    )


MART_CONTRACTED_AI_BOOK = published(
    "mart_contracted_ai_book",
    ("issuer",),
    (
        "issuer",
        "deal_count",
        "value_usd_m",
        "value_attributable_usd_m",
        "critical_it_mw",
        "top_counterparty",
        "top_counterparty_share_pct",
        "colocation_value_usd_m",
        "gpu_cloud_value_usd_m",
        "first_announced_date",
        "last_announced_date",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        _book_sum("value_usd_m"),
        _book_sum("value_attributable_usd_m"),
        Rule(
            "services_sum_to_value",
            "critical",
            "Space and power plus computing is the whole value.",
            MODEL,
            where=unequal(
                "coalesce(colocation_value_usd_m, 0) + coalesce(gpu_cloud_value_usd_m, 0)", "coalesce(value_usd_m, 0)"
            ),
        ),
        Rule(
            "attributable_within_value",
            "critical",
            "The attributable value is at most the whole value.",
            MODEL,
            where="value_attributable_usd_m > value_usd_m * (1 + 1e-9)",
        ),
        Rule(
            "share_within_bounds",
            "critical",
            "The largest counterparty's share lies above 0 and at most at 100 percent.",
            MODEL,
            where="top_counterparty_share_pct <= 0 OR top_counterparty_share_pct > 100 + 1e-9",
        ),
        Rule(
            "announcements_ordered",
            "critical",
            "The last announcement is not before the first.",
            MODEL,
            where="last_announced_date < first_announced_date",
        ),
    ),
)

MART_BOND_ISSUANCE = published(
    "mart_bond_issuance",
    ("tranche_id",),
    (
        "tranche_id",
        "deal_id",
        "issuer",
        "announced_date",
        "currency",
        "principal_m",
        "principal_usd_m",
        "coupon_pct",
        "deal_principal_m",
        "deal_weighted_coupon_pct",
        "deal_tranches",
        "deal_headline_m",
        "deal_headline_difference_m",
        "demand_cover",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        Rule(
            "principal_reconciles",
            "critical",
            "The mart holds every priced tranche of fct_bond_tranche with its principal, and no other.",
            MODEL,
            violations=(
                "SELECT coalesce(m.tranche_id, f.tranche_id) AS tranche_id, m.principal_m AS mart, f.principal_m AS facts"
                " FROM {relation} AS m FULL JOIN (SELECT * FROM main.fct_bond_tranche WHERE status = 'final') AS f"
                " ON f.tranche_id = m.tranche_id WHERE m.tranche_id IS NULL OR f.tranche_id IS NULL"
                f" OR {unequal('m.principal_m', 'f.principal_m')}"
            ),
            reads=("main.fct_bond_tranche",),
        ),
        Rule(
            "tranches_sum_to_deal",
            "critical",
            "The tranches of a deal are as many and sum to as much as the deal's own columns say.",
            MODEL,
            violations=(
                "SELECT deal_id, count(*) AS tranches, sum(principal_m) AS principal_m, max(deal_principal_m) AS deal_principal_m"
                " FROM {relation} GROUP BY deal_id HAVING count(*) <> max(deal_tranches) OR count(*) <> min(deal_tranches)"
                f" OR count(principal_m) = count(*) AND ({unequal('sum(principal_m)', 'max(deal_principal_m)')})"
            ),
        ),
        Rule(
            "weighted_coupon_within_range",
            "critical",
            "The weighted coupon of a deal lies between its lowest and highest coupon.",
            MODEL,
            violations=(
                "SELECT deal_id, min(coupon_pct) AS lowest, max(coupon_pct) AS highest, max(deal_weighted_coupon_pct) AS weighted"
                " FROM {relation} GROUP BY deal_id"
                f" HAVING max(deal_weighted_coupon_pct) > max(coupon_pct) + {COUPON_TOLERANCE}"
                f" OR min(deal_weighted_coupon_pct) < min(coupon_pct) - {COUPON_TOLERANCE}"
            ),
        ),
        Rule(
            "headline_difference_agrees",
            "critical",
            "The difference to the headline is the deal's principal less its headline.",
            MODEL,
            where=unequal("deal_headline_difference_m", "deal_principal_m - deal_headline_m"),
        ),
        Rule(
            "demand_covers",
            "warning",
            "Peak orders are not below the principal.",
            "A deal sold although orders fell short is news, or orders in another currency: look at the source.",
            where="demand_cover < 1",
        ),
    ),
)


def _capex_sum(column: str, metric: str) -> Rule:
    return Rule(
        f"{column}_reconciles",
        "critical",
        f"{column} is that of fct_financial_quarter on its own basis, for every hyperscaler and quarter.",
        f"The mart and fct_financial_quarter disagree. {MODEL}",
        violations=(
            "SELECT coalesce(m.issuer, f.issuer) AS issuer, coalesce(m.calendar_quarter, f.calendar_quarter) AS quarter,"
            f" m.{column} AS mart, f.value AS facts FROM (SELECT * FROM {{relation}} WHERE {column} IS NOT NULL) AS m"
            " FULL JOIN (SELECT issuer, calendar_quarter, sum(value_usd_m) AS value FROM main.fct_financial_quarter"
            f" JOIN main.dim_issuer USING (issuer) WHERE role = 'hyperscaler' AND metric = '{metric}'"
            " AND value_usd_m IS NOT NULL GROUP BY ALL) AS f"
            f" ON f.issuer = m.issuer AND f.calendar_quarter = m.calendar_quarter WHERE {unequal(f'm.{column}', 'f.value')}"
        ),
        reads=("main.fct_financial_quarter", "main.dim_issuer"),
    )


MART_HYPERSCALER_CAPEX = published(
    "mart_hyperscaler_capex",
    ("issuer", "calendar_quarter"),
    (
        "issuer",
        "calendar_quarter",
        "capex_cash_usd_m",
        "capex_with_finance_leases_usd_m",
        "capex_cash_ttm_usd_m",
        "capex_cash_ttm_null_reason",
        "capex_cash_yoy_pct",
        "capex_cash_run_rate_usd_m",
        "guidance_low_usd_m",
        "guidance_high_usd_m",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        _capex_sum("capex_cash_usd_m", "capex_cash"),
        _capex_sum("capex_with_finance_leases_usd_m", "capex_with_finance_leases"),
        Rule(
            "twelve_months_or_reason",
            "critical",
            "A quarter has the sum of twelve months or the reason why not.",
            MODEL,
            where="(capex_cash_ttm_usd_m IS NULL) <> (capex_cash_ttm_null_reason IS NOT NULL)",
        ),
        Rule(
            "twelve_months_hold_quarter",
            "critical",
            "The sum of twelve months is not below the quarter it ends with.",
            MODEL,
            where="capex_cash_ttm_usd_m < capex_cash_usd_m",
        ),
        Rule(
            "guidance_ordered",
            "critical",
            "The upper end of the guidance is not below its lower end.",
            MODEL,
            where="guidance_high_usd_m < guidance_low_usd_m",
        ),
    ),
)

SUITES = (MART_CONTRACTED_AI_BOOK, MART_BOND_ISSUANCE, MART_HYPERSCALER_CAPEX)
