"""Suites of the models made of SEC filings. Quarters are with the facts in facts.py."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, one_of, published, unequal

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

SUITES = (FCT_FINANCIAL_XBRL, MART_RESTATEMENT)
