"""Suites of what miners disclose: the long table of figures and the scorecard by month."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, one_of, published, unequal

MEASURES = tuple(
    column.name for column in TABLES["raw_ledger__production"].own_columns if column.type == "double" and column.unit
)
STATUSES = ("reported", "silent", "missing")
LARGEST_FLEET_MW = 5_000

_UNPIVOTED = (
    "(UNPIVOT (SELECT issuer, period_start_date, known_at_utc, "
    + ", ".join(MEASURES)
    + " FROM raw.raw_ledger__production)"
    f" ON {', '.join(MEASURES)} INTO NAME metric VALUE value)"
)

FCT_MINER_OPERATING = published(
    "fct_miner_operating",
    ("issuer", "period_start_date", "metric"),
    ("issuer", "period_start_date", "period_end_date", "metric", "value", "unit", "definition_version"),
    (
        in_dimension("issuer", "dim_issuer"),
        one_of("metric", MEASURES),
        Rule(
            "value_and_unit_present",
            "critical",
            "Every row has a value and its unit; what was not disclosed has no row.",
            MODEL,
            where="value IS NULL OR unit IS NULL",
        ),
        Rule("value_not_negative", "critical", "No figure is below zero.", MODEL, where="value < 0"),
        Rule(
            "one_unit_per_metric",
            "critical",
            "Each metric has one unit.",
            MODEL,
            violations="SELECT metric, list(DISTINCT unit) AS units FROM {relation} GROUP BY metric HAVING count(DISTINCT unit) > 1",
        ),
        Rule(
            "nothing_lost",
            "critical",
            "Every figure of raw_ledger__production that could be known by then is in the model.",
            f"A join or a filter dropped rows. {MODEL}",
            violations=(
                f"SELECT DISTINCT r.issuer, r.period_start_date, r.metric FROM {_UNPIVOTED} AS r ANTI JOIN {{relation}} AS m"
                " ON m.issuer = r.issuer AND m.period_start_date = r.period_start_date AND m.metric = r.metric"
                " WHERE r.known_at_utc < {horizon}"
            ),
            reads=("raw.raw_ledger__production",),
        ),
    ),
)

MART_MINER_SCORECARD = published(
    "mart_miner_scorecard",
    ("issuer", "period"),
    (
        "issuer",
        "period",
        "period_start_date",
        "period_end_date",
        "cadence",
        "btc_produced",
        "btc_held",
        "btc_restricted",
        "fleet_power_mw",
        "btc_month_average_usd",
        "month_average_hashprice_usd_ph_day",
        "contracted_ai_value_usd_m",
        "contracted_ai_critical_mw",
        "disclosure_status",
        "evidence_count",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        one_of("disclosure_status", STATUSES),
        Rule(
            "silence_has_no_figures",
            "critical",
            "A month that is silent or missing has no production, and a reported one has evidence.",
            MODEL,
            where=(
                "(disclosure_status IN ('silent', 'missing') AND btc_produced IS NOT NULL)"
                " OR (disclosure_status = 'reported' AND evidence_count <= 0)"
            ),
        ),
        Rule(
            "period_is_month",
            "critical",
            "The period is the month from its first to its last day.",
            MODEL,
            where=(
                "period IS DISTINCT FROM strftime(period_start_date, '%Y-%m') OR day(period_start_date) <> 1"
                " OR period_end_date <> last_day(period_start_date)"
            ),
        ),
        Rule(
            "production_reconciles",
            "critical",
            "Production is that of fct_miner_operating, month by month, with nothing left over.",
            MODEL,
            violations=(
                "SELECT coalesce(m.issuer, f.issuer) AS issuer, coalesce(m.period_start_date, f.period_start_date) AS month,"
                " m.btc_produced, f.value FROM (SELECT * FROM {relation} WHERE btc_produced IS NOT NULL) AS m"
                " FULL JOIN (SELECT * FROM main.fct_miner_operating WHERE metric = 'btc_produced') AS f"
                " ON f.issuer = m.issuer AND f.period_start_date = m.period_start_date"
                f" WHERE {unequal('m.btc_produced', 'f.value')}"
            ),
            reads=("main.fct_miner_operating",),
        ),
        Rule(
            "restricted_within_held",
            "critical",
            "Restricted bitcoin is a part of the bitcoin held.",
            MODEL,
            where="btc_restricted > btc_held",
        ),
        Rule(
            "fleet_power_plausible",
            "warning",
            f"A fleet draws above zero and at most {LARGEST_FLEET_MW:,} MW.",
            f"MW are EH/s times J/TH; a factor of a thousand is a wrong unit. {MODEL}",
            where=f"fleet_power_mw <= 0 OR fleet_power_mw > {LARGEST_FLEET_MW}",
        ),
    ),
)

SUITES = (FCT_MINER_OPERATING, MART_MINER_SCORECARD)
