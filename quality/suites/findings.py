"""Suite of the findings about the data: what other models show to be missing or apart is told there."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.daily import HASHRATE_TOLERANCE_PCT
from quality.suites.published import MODEL, one_of, published

LEDGER_TOLERANCE_USD_M = 0.5

MART_DATA_QUALITY = published(
    "mart_data_quality",
    ("check_subject", "source", "period", "finding"),
    ("check_subject", "source", "period", "finding", "severity", "value", "expected", "unit"),
    (
        one_of("severity", ("critical", "warning", "info")),
        Rule(
            "differences_told",
            "critical",
            f"Every quarter whose XBRL and ledger figures differ by more than {LEDGER_TOLERANCE_USD_M:g} USD million is a finding.",
            MODEL,
            violations=(
                "SELECT f.issuer, f.metric, f.calendar_quarter, f.value_usd_m, f.ledger_value_usd_m"
                " FROM main.fct_financial_quarter AS f ANTI JOIN {relation} AS m ON m.finding = 'differs_from_ledger'"
                " AND m.check_subject = f.issuer || ' ' || f.metric AND m.period = f.calendar_quarter"
                f" WHERE f.method <> 'ledger' AND abs(f.value_usd_m - f.ledger_value_usd_m) > {LEDGER_TOLERANCE_USD_M}"
            ),
            reads=("main.fct_financial_quarter",),
        ),
        Rule(
            "other_days_told",
            "critical",
            "Every quarter whose XBRL and ledger figures cover other days is a finding.",
            MODEL,
            violations=(
                "SELECT f.issuer, f.metric, f.calendar_quarter, f.period_end_date, f.ledger_period_end_date"
                " FROM main.fct_financial_quarter AS f ANTI JOIN {relation} AS m ON m.finding = 'ledger_of_other_days'"
                " AND m.check_subject = f.issuer || ' ' || f.metric AND m.period = f.calendar_quarter"
                " WHERE f.method <> 'ledger' AND (f.period_start_date <> f.ledger_period_start_date"
                " OR f.period_end_date <> f.ledger_period_end_date)"
            ),
            reads=("main.fct_financial_quarter",),
        ),
        Rule(
            "restatements_since_told",
            "critical",
            "Every quarter of a vintage that a later filing has begun to replace is a finding.",
            MODEL,
            violations=(
                "SELECT f.issuer, f.metric, f.calendar_quarter, f.minuend_value, f.minuend_latest_value"
                " FROM main.fct_financial_quarter AS f ANTI JOIN {relation} AS m ON m.finding = 'year_to_date_restated_since'"
                " AND m.check_subject = f.issuer || ' ' || f.metric AND m.period = f.calendar_quarter"
                " WHERE f.method <> 'not_derived' AND f.minuend_value <> f.minuend_latest_value"
            ),
            reads=("main.fct_financial_quarter",),
        ),
        Rule(
            "gaps_counted",
            "critical",
            "Every reason why quarters have no number is counted.",
            MODEL,
            violations=(
                "SELECT f.issuer, f.metric, f.null_reason, count(*) AS quarters FROM main.fct_financial_quarter AS f"
                " ANTI JOIN {relation} AS m ON m.finding = 'quarters_null_' || f.null_reason"
                " AND m.check_subject = f.issuer || ' ' || f.metric WHERE f.method = 'not_derived' GROUP BY ALL"
            ),
            reads=("main.fct_financial_quarter",),
        ),
        Rule(
            "hashrate_differences_told",
            "critical",
            f"Every day on which a provider's hashrate is {HASHRATE_TOLERANCE_PCT} % off the recomputed one is a finding.",
            MODEL,
            violations=(
                "SELECT f.utc_date, f.hashrate_provider, f.hashrate_difference_pct FROM main.fct_network_daily AS f"
                " ANTI JOIN {relation} AS m ON m.finding = 'hashrate_differs_from_provider'"
                " AND m.period = CAST(f.utc_date AS VARCHAR)"
                f" WHERE abs(f.hashrate_difference_pct) > {HASHRATE_TOLERANCE_PCT}"
            ),
            reads=("main.fct_network_daily",),
        ),
        Rule(
            "macro_differences_told",
            "critical",
            "Every day on which providers of a macro series differ is a finding.",
            MODEL,
            violations=(
                "SELECT f.series, f.observation_date, f.max_difference FROM main.fct_macro_observation AS f"
                " ANTI JOIN {relation} AS m ON m.finding = 'providers_disagree' AND m.check_subject = f.series"
                " AND m.period = CAST(f.observation_date AS VARCHAR) WHERE f.agreement = 'differs'"
            ),
            reads=("main.fct_macro_observation",),
        ),
        Rule(
            "failures_told",
            "critical",
            "Every day on which a provider was stood in for, skipped or refused is a finding of each kind.",
            MODEL,
            violations=(
                "SELECT h.provider, h.domain, h.asked_date, h.finding FROM (SELECT provider, domain, asked_date,"
                " unnest(['failed_over', 'circuit_open', 'quota_exceeded']) AS finding,"
                " unnest([fail_overs, skipped, quota_exceeded]) AS times FROM main.mart_provider_health) AS h"
                " ANTI JOIN {relation} AS m ON m.finding = h.finding AND m.check_subject = h.provider || ' ' || h.domain"
                " AND m.period = CAST(h.asked_date AS VARCHAR) WHERE h.times > 0"
            ),
            reads=("main.mart_provider_health",),
        ),
        Rule(
            "every_source_told",
            "critical",
            "Every raw table has a finding about how far it reaches.",
            MODEL,
            violations=(
                "SELECT f.source_table FROM main.meta_freshness AS f ANTI JOIN {relation} AS m"
                " ON m.source = f.source_table AND m.finding IN ('days_behind_newest_source', 'source_empty')"
            ),
            reads=("main.meta_freshness",),
        ),
    ),
)

SUITES = (MART_DATA_QUALITY,)
