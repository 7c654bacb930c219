"""Suites of the marts over sessions, returns and correlations, and of the table that says how fresh the sources are."""

from __future__ import annotations

from ingestion.contracts import TABLES
from quality.from_contract import MAY_BE_EMPTY
from quality.rules import Rule
from quality.sql import values_list
from quality.suites.published import MODEL, in_dimension, one_of, published, unequal

WINDOWS = (30, 60, 90, 252)
STALE_DAYS = 7
FEEDS = tuple(table for table in MAY_BE_EMPTY if TABLES[table].group != "ledger")
MARKET_TABLES = ("raw_market__bar", "raw_network__day")

MART_MARKET_PERFORMANCE = published(
    "mart_market_performance",
    ("instrument", "session_date"),
    (
        "instrument",
        "session_date",
        "close_usd",
        "close_split_adjusted_usd",
        "previous_session_date",
        "return_1d_pct",
        "return_1d_total_pct",
        "return_1m_pct",
        "return_1m_total_pct",
        "return_1m_base_date",
        "return_ytd_pct",
        "return_ytd_total_pct",
        "return_ytd_base_date",
        "event_date",
        "return_since_event_pct",
        "return_since_event_total_pct",
        "return_since_event_base_date",
        "null_reasons",
        "total_return_null_reason",
    ),
    (
        in_dimension("instrument", "dim_instrument"),
        Rule(
            "closes_reconcile",
            "critical",
            "The mart holds every close of fct_market_price_daily, and no other.",
            MODEL,
            violations=(
                "SELECT coalesce(m.instrument, f.instrument) AS instrument, coalesce(m.session_date, f.session_date) AS day,"
                " m.close_usd AS mart, f.close_usd AS facts FROM {relation} AS m FULL JOIN main.fct_market_price_daily AS f"
                " ON f.instrument = m.instrument AND f.session_date = m.session_date"
                f" WHERE {unequal('m.close_usd', 'f.close_usd')}"
            ),
            reads=("main.fct_market_price_daily",),
        ),
        Rule(
            "day_return_compounds",
            "critical",
            "The close before, grown by the day's return, is the close, both adjusted for splits.",
            MODEL,
            violations=(
                "SELECT m.instrument, m.session_date, p.close_split_adjusted_usd AS previous_close, m.return_1d_pct,"
                " m.close_split_adjusted_usd"
                " FROM {relation} AS m LEFT JOIN {relation} AS p"
                " ON p.instrument = m.instrument AND p.session_date = m.previous_session_date"
                " WHERE m.return_1d_pct IS NOT NULL AND ("
                f"{unequal('p.close_split_adjusted_usd * (1 + m.return_1d_pct / 100)', 'm.close_split_adjusted_usd')})"
            ),
        ),
        Rule(
            "total_return_compounds",
            "critical",
            "The close before with its dividends put back, grown by the day's total return, is the close so told.",
            MODEL,
            violations=(
                "SELECT m.instrument, m.session_date, p.close_total_return_usd AS previous_close, m.return_1d_total_pct,"
                " f.close_total_return_usd FROM {relation} AS m"
                " JOIN main.fct_market_price_daily AS f ON f.instrument = m.instrument AND f.session_date = m.session_date"
                " LEFT JOIN main.fct_market_price_daily AS p ON p.instrument = m.instrument"
                " AND p.session_date = m.previous_session_date WHERE m.return_1d_total_pct IS NOT NULL AND ("
                f"{unequal('p.close_total_return_usd * (1 + m.return_1d_total_pct / 100)', 'f.close_total_return_usd')})"
            ),
            reads=("main.fct_market_price_daily",),
        ),
        Rule(
            "dividends_add",
            "critical",
            "No total return is below the return of the price, and none stands where that is missing.",
            MODEL,
            where=" OR ".join(
                f"{span}_total_pct < {span}_pct - 1e-6 OR ({span}_total_pct IS NOT NULL AND {span}_pct IS NULL)"
                for span in ("return_1d", "return_1m", "return_ytd", "return_since_event")
            ),
        ),
        Rule(
            "bases_before_session",
            "critical",
            "Every return is measured from an earlier session.",
            MODEL,
            where=" OR ".join(
                f"{base} >= session_date"
                for base in (
                    "previous_session_date",
                    "return_1m_base_date",
                    "return_ytd_base_date",
                    "return_since_event_base_date",
                )
            ),
        ),
        Rule(
            "event_by_session",
            "critical",
            "An event is announced on or before the session it counts for.",
            MODEL,
            where="event_date > session_date",
        ),
        Rule(
            "return_or_reason",
            "critical",
            "A row without one of its returns says why.",
            MODEL,
            where=(
                "null_reasons IS NULL AND (return_1d_pct IS NULL OR return_1m_pct IS NULL OR return_ytd_pct IS NULL"
                " OR return_since_event_pct IS NULL)"
            ),
        ),
        Rule(
            "total_return_or_reason",
            "critical",
            "A row that lacks a total return where the price has one says why.",
            MODEL,
            where="total_return_null_reason IS NULL AND ("
            + " OR ".join(
                f"({span}_total_pct IS NULL AND {span}_pct IS NOT NULL)"
                for span in ("return_1d", "return_1m", "return_ytd", "return_since_event")
            )
            + ")",
        ),
    ),
)

MART_CORRELATION = published(
    "mart_correlation",
    ("instrument_a", "instrument_b", "window_sessions", "session_date"),
    (
        "instrument_a",
        "instrument_b",
        "window_sessions",
        "session_date",
        "correlation",
        "beta",
        "observations",
        "close_alignment",
    ),
    (
        Rule(
            "correlation_within_bounds",
            "critical",
            "Every correlation lies between -1 and 1.",
            MODEL,
            where="correlation NOT BETWEEN -1 - 1e-9 AND 1 + 1e-9 OR isnan(correlation)",
        ),
        Rule(
            "beta_has_sign_of_correlation",
            "critical",
            "Beta has the sign of the correlation.",
            MODEL,
            where="sign(round(beta, 9)) * sign(round(correlation, 9)) < 0",
        ),
        Rule(
            "window_known",
            "critical",
            f"The window is one of {', '.join(map(str, WINDOWS))} sessions.",
            MODEL,
            where=f"window_sessions NOT IN ({', '.join(map(str, WINDOWS))})",
        ),
        Rule(
            "window_full",
            "critical",
            "Every row rests on a full window.",
            MODEL,
            where="observations IS DISTINCT FROM window_sessions",
        ),
        Rule(
            "pair_differs",
            "critical",
            "No instrument is paired with itself.",
            MODEL,
            where="instrument_a = instrument_b",
        ),
        Rule(
            "pair_in_universe",
            "critical",
            "Both instruments of a pair are in dim_instrument.",
            MODEL,
            violations=(
                "SELECT DISTINCT m.instrument_a, m.instrument_b FROM {relation} AS m WHERE"
                " m.instrument_a NOT IN (SELECT instrument FROM main.dim_instrument)"
                " OR m.instrument_b NOT IN (SELECT instrument FROM main.dim_instrument)"
            ),
            reads=("main.dim_instrument",),
        ),
        one_of("close_alignment", ("same_close", "mixed_close")),
    ),
)

META_FRESHNESS = published(
    "meta_freshness",
    ("source_table",),
    ("source_table", "rows", "first_date", "last_date", "last_known_at_utc"),
    (
        Rule(
            "every_source_listed",
            "critical",
            "Every raw table, and nothing else, is listed.",
            MODEL,
            violations=(
                f"SELECT coalesce(t.name, m.source_table) AS source_table FROM (SELECT unnest([{values_list(TABLES)}]) AS name) AS t"
                " FULL JOIN {relation} AS m ON m.source_table = t.name WHERE t.name IS NULL OR m.source_table IS NULL"
            ),
        ),
        Rule(
            "span_ordered",
            "critical",
            "No span of dates ends before it begins.",
            MODEL,
            where="last_date < first_date",
        ),
        Rule(
            "rows_counted",
            "critical",
            "Every source that may not be empty has rows, and rows have a moment they became known.",
            "See which source is empty; in a run that looks far back there may rightly be none.",
            where=(
                f"source_table NOT LIKE 'raw_sec__%' AND source_table NOT IN ({values_list(MAY_BE_EMPTY)})"
                " AND (rows IS NULL OR rows <= 0 OR last_known_at_utc IS NULL)"
            ),
            as_of_severity="warning",
        ),
        Rule(
            "feeds_counted",
            "warning",
            "The tables of providers' answers have rows, and rows have a moment they became known.",
            "The bundle edition asks nobody: `hashwatt refresh --edition live` does.",
            where=f"source_table IN ({values_list(FEEDS)}) AND (rows IS NULL OR rows <= 0 OR last_known_at_utc IS NULL)",
            bundle_severity="info",
        ),
        Rule(
            "filings_counted",
            "critical",
            "The tables of SEC filings have rows, and rows have a moment they became known.",
            "The bundle edition holds no filings: `hashwatt refresh --edition live` fetches them.",
            where="source_table LIKE 'raw_sec__%' AND (rows IS NULL OR rows <= 0 OR last_known_at_utc IS NULL)",
            as_of_severity="warning",
            bundle_severity="info",
        ),
        Rule(
            "nothing_from_the_future",
            "critical",
            "No source holds a row known after the moment the run looks back to.",
            f"A source was not cut by the variable as_of. {MODEL}",
            where="last_known_at_utc >= {horizon}",
        ),
        Rule(
            "market_fresh",
            "info",
            f"Prices and the network reach to within {STALE_DAYS} days of the moment the run looks at.",
            "Nothing to mend in the bundle edition, whose prices and network end with 2025; else see why nothing newer came in.",
            where=(
                f"source_table IN ({values_list(MARKET_TABLES)})"
                f" AND last_known_at_utc < {{horizon}} - INTERVAL {STALE_DAYS} DAY"
            ),
        ),
    ),
    dated=False,
)

SUITES = (MART_MARKET_PERFORMANCE, MART_CORRELATION, META_FRESHNESS)
