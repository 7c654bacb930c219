"""Suites of the dimensions. What all published models share is in published.py."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.rules import Rule
from quality.suites.published import MODEL, in_dimension, intervals, nothing_lost, one_of, published

_ISSUER = TABLES["raw_ledger__issuer"]
_INSTRUMENT = TABLES["raw_ledger__instrument"]
_REGIME = TABLES["raw_ledger__disclosure_regime"]

DIM_ISSUER = published(
    "dim_issuer",
    ("issuer",),
    ("issuer", "cik", "current_name", "current_ticker", "role", "business_start_date"),
    (
        one_of("role", _ISSUER.column("role").allowed),
        Rule(
            "cik_unique",
            "critical",
            "No two issuers share a CIK.",
            MODEL,
            violations="SELECT cik, count(*) AS issuers FROM {relation} GROUP BY cik HAVING count(*) > 1",
        ),
        Rule(
            "name_known",
            "warning",
            "Every issuer has a current name.",
            "Add the legal name with its first day to ingestion/ledger/issuer_name.csv.",
            where="current_name IS NULL",
        ),
        nothing_lost("raw_ledger__issuer", {"issuer": "issuer"}),
    ),
)

DIM_ISSUER_NAME = published(
    "dim_issuer_name",
    ("issuer", "valid_from_date"),
    ("issuer", "name", "valid_from_date", "valid_to_date", "is_current"),
    (
        *intervals(("issuer",), current=True),
        in_dimension("issuer", "dim_issuer"),
        nothing_lost("raw_ledger__issuer_name", {"issuer": "issuer", "valid_from_date": "valid_from_date"}),
    ),
)

DIM_TICKER = published(
    "dim_ticker",
    ("issuer", "valid_from_date"),
    ("issuer", "ticker", "valid_from_date", "valid_to_date", "is_current"),
    (
        *intervals(("issuer",), current=True),
        in_dimension("issuer", "dim_issuer"),
        nothing_lost(
            "raw_ledger__ticker", {"issuer": "issuer", "valid_from_date": "valid_from_date"}, only="r.event = 'listed'"
        ),
    ),
)

DIM_DISCLOSURE_REGIME = published(
    "dim_disclosure_regime",
    ("issuer", "metric", "valid_from_date"),
    ("issuer", "metric", "cadence", "valid_from_date", "valid_to_date"),
    (
        one_of("cadence", _REGIME.column("cadence").allowed),
        *intervals(("issuer", "metric"), current=False),
        in_dimension("issuer", "dim_issuer"),
        nothing_lost(
            "raw_ledger__disclosure_regime",
            {"issuer": "issuer", "metric": "metric", "valid_from_date": "valid_from_date"},
        ),
    ),
)

DIM_INSTRUMENT = published(
    "dim_instrument",
    ("instrument",),
    ("instrument", "name", "kind", "issuer", "calendar", "close_convention"),
    (
        one_of("kind", _INSTRUMENT.column("kind").allowed),
        one_of("calendar", _INSTRUMENT.column("calendar").allowed),
        in_dimension("issuer", "dim_issuer"),
        nothing_lost("raw_ledger__instrument", {"instrument": "instrument"}),
    ),
)

DIM_DATE = published(
    "dim_date",
    ("date_day",),
    (
        "date_day",
        "is_xnys_session",
        "is_half_day",
        "xnys_close_utc",
        "previous_session_date",
        "calendar_quarter",
        "month_start_date",
        "known_at_utc",
    ),
    (
        Rule(
            "days_complete",
            "critical",
            "No day is missing between the first and the last.",
            MODEL,
            violations=(
                "SELECT date_day, next_day FROM (SELECT date_day, lead(date_day) OVER (ORDER BY date_day) AS next_day"
                " FROM {relation}) WHERE next_day - date_day > 1"
            ),
        ),
        Rule(
            "close_only_on_sessions",
            "critical",
            "A day has a close exactly when it is a session, and a half day is a session.",
            MODEL,
            where="is_xnys_session <> (xnys_close_utc IS NOT NULL) OR (is_half_day AND NOT is_xnys_session)",
        ),
        Rule(
            "previous_session_before",
            "critical",
            "The previous session is the last one before the day.",
            MODEL,
            violations=(
                "SELECT date_day, previous_session_date, expected FROM (SELECT date_day, previous_session_date,"
                " max(CASE WHEN is_xnys_session THEN date_day END) OVER"
                " (ORDER BY date_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS expected FROM {relation})"
                " WHERE previous_session_date IS DISTINCT FROM expected"
            ),
        ),
        Rule(
            "period_of_day",
            "critical",
            "Quarter and month are those of the day.",
            MODEL,
            where=(
                "calendar_quarter <> year(date_day) || 'Q' || quarter(date_day)"
                " OR month_start_date <> CAST(date_trunc('month', date_day) AS DATE)"
            ),
        ),
        nothing_lost("raw_calendar__session", {"session_date": "date_day"}),
    ),
    dated=False,
)

SUITES = (DIM_ISSUER, DIM_ISSUER_NAME, DIM_TICKER, DIM_DISCLOSURE_REGIME, DIM_INSTRUMENT, DIM_DATE)
