"""Suites of the models made of SEC filings, and of the findings about the data. Quarters are with the facts in facts.py."""

from __future__ import annotations

from ingestion.tables import TABLES
from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, one_of, published, unequal

LEDGER_TOLERANCE_USD_M = 0.5
LARGE_CHANGE_PCT = 50
CHANGES = ("rounding", "sign", "scale", "restated")

_FACT = ("issuer", "taxonomy", "concept", "unit", "period_type", "period_start_date", "period_end_date")
_OF_FACT = ", ".join(_FACT)

FCT_FINANCIAL_XBRL = published(
    "fct_financial_xbrl",
    (*_FACT, "accession"),
    (
        *_FACT,
        "accession",
        "value",
        "metrics",
        "form",
        "filed_date",
        "filing_number",
        "is_latest",
        "change_kind",
        "known_at_basis",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        one_of("change_kind", ("unchanged", *CHANGES)),
        one_of("known_at_basis", TABLES["raw_sec__fact"].column("known_at_basis").allowed),
        Rule(
            "filings_counted",
            "critical",
            "The filings of a fact are numbered from 1 without a gap, and the last one alone is the latest.",
            MODEL,
            violations=(
                f"SELECT {_OF_FACT}, count(*) AS filings FROM {{relation}} GROUP BY {_OF_FACT}"
                " HAVING min(filing_number) <> 1 OR max(filing_number) <> count(*)"
                " OR count(*) FILTER (WHERE is_latest) <> 1 OR max(filing_number) FILTER (WHERE is_latest) <> count(*)"
            ),
        ),
        Rule(
            "later_filings_known_later",
            "critical",
            "Of two filings of a fact the one with the greater number was not known earlier.",
            MODEL,
            violations=(
                f"SELECT {_OF_FACT}, accession, known_at_utc FROM (SELECT *, lag(known_at_utc) OVER"
                f" (PARTITION BY {_OF_FACT} ORDER BY filing_number) AS before FROM {{relation}}) WHERE known_at_utc < before"
            ),
        ),
    ),
    of_filings=True,
)

MART_RESTATEMENT = published(
    "mart_restatement",
    (*_FACT, "revision_number"),
    (
        *_FACT,
        "revision_number",
        "metrics",
        "change_kind",
        "from_value",
        "to_value",
        "change",
        "from_accession",
        "to_accession",
    ),
    (
        in_dimension("issuer", "dim_issuer"),
        one_of("change_kind", CHANGES),
        Rule(
            "change_adds_up",
            "critical",
            "The change is the number after less the one before, and is not nothing.",
            MODEL,
            where=f"from_value = to_value OR {unequal('change', 'to_value - from_value')}",
        ),
        Rule(
            "from_one_filing_to_another",
            "critical",
            "A change leads from one filing to another, known no earlier.",
            MODEL,
            where="from_accession = to_accession OR from_known_at_utc > known_at_utc",
        ),
        Rule(
            "every_change_told",
            "critical",
            "Every changed number of fct_financial_xbrl is a row, and nothing else is.",
            MODEL,
            violations=(
                f"SELECT {', '.join(f'coalesce(f.{name}, m.{name}) AS {name}' for name in _FACT)}, f.accession,"
                " m.to_accession FROM (SELECT * FROM main.fct_financial_xbrl WHERE change_kind <> 'unchanged') AS f"
                f" FULL JOIN {{relation}} AS m ON {' AND '.join(f'm.{name} = f.{name}' for name in _FACT)}"
                " AND m.to_accession = f.accession WHERE f.issuer IS NULL OR m.issuer IS NULL"
            ),
            reads=("main.fct_financial_xbrl",),
        ),
        Rule(
            "change_plausible",
            "info",
            f"No number was restated by more than {LARGE_CHANGE_PCT} %.",
            "Read both filings: a quarter tagged as a year to date, or the other way round, looks like this.",
            where=f"change_kind <> 'rounding' AND abs(to_value - from_value) > {LARGE_CHANGE_PCT} / 100.0 * abs(from_value)",
        ),
    ),
    of_filings=True,
)

MART_DATA_QUALITY = published(
    "mart_data_quality",
    ("check_subject", "source", "period", "finding"),
    ("check_subject", "source", "period", "finding", "severity", "value", "expected", "unit"),
    (
        one_of("severity", ("warning", "info")),
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

SUITES = (FCT_FINANCIAL_XBRL, MART_RESTATEMENT, MART_DATA_QUALITY)
