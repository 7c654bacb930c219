"""Suites of the models of prices: the bar of each session, splits and dividends, sessions without a bar."""

from __future__ import annotations

from dataclasses import replace

from quality.rules import Rule
from quality.suites.providers import AGREEMENTS, TERMS
from quality.suites.published import MODEL, in_dimension, nothing_lost, one_of, published, unequal

BENCHMARK = "SPY"
FROZEN = "bundle"
APART_PCT = 0.5  # Closing prints of one session differ by less between sound sources.
FAR_APART_PCT = 5.0  # No two sound closes of a session are that far apart: one of them is wrong.
TENFOLD_STEP = 0.35
SAME_ACTION_DAYS = 5
LARGEST_YIELD = 0.5
GAPS = ("not_available", "missing_at_provider", "not_fetched")

EXCLUDE = (
    "Write the wrong bar into ingestion/ledger/bar_exclusion.csv (instrument, session, provider, what is wrong) and"
    " refresh again: it stays in the lake, and the next provider's bar is used."
)
EXCLUSIONS = "raw.raw_ledger__bar_exclusion"

_NOT_EXCLUDED = (
    f"NOT EXISTS (SELECT 1 FROM {EXCLUSIONS} AS e WHERE e.instrument = r.instrument AND e.provider = r.provider"
    " AND e.session_date = r.session_date AND e.known_at_utc < {horizon})"
)
_BARS_KEPT = nothing_lost(
    "raw_market__bar", {"instrument": "instrument", "session_date": "session_date"}, only=_NOT_EXCLUDED
)

FCT_MARKET_PRICE_DAILY = published(
    "fct_market_price_daily",
    ("instrument", "session_date"),
    (
        "instrument",
        "session_date",
        "open_usd",
        "high_usd",
        "low_usd",
        "close_usd",
        "volume",
        "provider",
        "close_split_adjusted_usd",
        "close_total_return_usd",
        "total_return_null_reason",
        "adjustment_known_at_utc",
        "providers_count",
        "max_difference_pct",
        "agreement",
        "disagreement_reason",
        "redistribution",
    ),
    (
        Rule(
            "close_positive",
            "critical",
            "Every close is above zero.",
            MODEL,
            where="close_usd IS NULL OR close_usd <= 0",
        ),
        Rule(
            "range_ordered",
            "critical",
            "Open and close lie between low and high.",
            MODEL,
            where="close_usd > high_usd OR close_usd < low_usd OR open_usd > high_usd OR open_usd < low_usd",
        ),
        in_dimension("instrument", "dim_instrument"),
        in_dimension("provider", "dim_provider"),
        one_of("agreement", AGREEMENTS),
        one_of("redistribution", TERMS),
        Rule(
            "providers_agree",
            "warning",
            f"Providers that have a session's bar agree on its close within {APART_PCT:g} %.",
            "disagreement_reason names who differs and by how much; the preferred provider's close is used. Look the"
            " session up elsewhere. " + EXCLUDE,
            where=f"max_difference_pct > {APART_PCT}",
        ),
        Rule(
            "providers_agree_closely_enough",
            "critical",
            f"No two providers' closes of a session are more than {FAR_APART_PCT:g} % apart.",
            "One of them is wrong, and nobody knows whether it is the one used: disagreement_reason names them. "
            + EXCLUDE,
            where=f"max_difference_pct > {FAR_APART_PCT}",
        ),
        Rule(
            "no_tenfold_session",
            "critical",
            "No close is ten times, or a tenth of, the closes of the sessions before and after it.",
            f"A shifted decimal point or a unit in cents looks like this. {EXCLUDE}",
            violations=(
                "SELECT instrument, session_date, provider, previous, close_usd, next FROM (SELECT instrument, session_date,"
                " provider, close_usd, close_split_adjusted_usd AS own, lag(close_split_adjusted_usd) OVER w AS previous,"
                " lead(close_split_adjusted_usd) OVER w AS next FROM {relation}"
                " WINDOW w AS (PARTITION BY instrument ORDER BY session_date)) WHERE own > 0 AND previous > 0"
                f" AND abs(greatest(own / previous, previous / own) / 10 - 1) <= {TENFOLD_STEP}"
                f" AND abs(next / previous - 1) <= {TENFOLD_STEP}"
            ),
        ),
        Rule(
            "difference_told",
            "critical",
            "One provider has no difference, several have one, and one beyond the tolerance has its reason.",
            MODEL,
            where=(
                "(agreement = 'single') <> (providers_count = 1) OR (agreement = 'single') <> (max_difference_pct IS NULL)"
                f" OR (agreement = 'differs') <> coalesce(max_difference_pct > {APART_PCT}, false)"
                " OR (agreement = 'differs') <> (disagreement_reason IS NOT NULL)"
            ),
        ),
        Rule(
            "adjusted_by_actions",
            "critical",
            "The adjusted close is the close over the ratios of all later splits of fct_market_action.",
            MODEL,
            violations=(
                "SELECT p.instrument, p.session_date, p.close_usd, p.close_split_adjusted_usd, product(a.split_ratio) AS ratio"
                " FROM {relation} AS p LEFT JOIN main.fct_market_action AS a ON a.instrument = p.instrument"
                " AND a.action = 'split' AND a.ex_date > p.session_date GROUP BY ALL"
                f" HAVING {unequal('p.close_usd', 'p.close_split_adjusted_usd * coalesce(product(a.split_ratio), 1)')}"
            ),
            reads=("main.fct_market_action",),
        ),
        Rule(
            "total_return_or_reason",
            "critical",
            "The close with dividends put back is not above the one without, or a reason says why it is not known.",
            MODEL,
            where=(
                "(close_total_return_usd IS NULL) <> (total_return_null_reason IS NOT NULL)"
                " OR close_total_return_usd > close_split_adjusted_usd * (1 + 1e-9)"
            ),
        ),
        Rule(
            "benchmark_complete",
            "critical",
            f"{BENCHMARK} has every session of the shipped file, up to its last one.",
            "Correlations and returns lean on it: restore the bundle. Of later sessions mart_market_gap tells.",
            violations=(
                "SELECT d.date_day FROM main.dim_date AS d JOIN raw.raw_market__coverage AS c"
                f" ON c.instrument = '{BENCHMARK}' AND c.provider = '{FROZEN}'"
                " AND d.date_day BETWEEN c.first_session_date AND c.last_session_date"
                f" JOIN (SELECT max(session_date) AS last FROM {{relation}} WHERE instrument = '{BENCHMARK}') AS p"
                f" ON d.date_day <= p.last ANTI JOIN {{relation}} AS b ON b.instrument = '{BENCHMARK}'"
                " AND b.session_date = d.date_day WHERE d.is_xnys_session"
            ),
            reads=("main.dim_date", "raw.raw_market__coverage"),
            as_of_severity="warning",
        ),
        replace(_BARS_KEPT, reads=(*_BARS_KEPT.reads, EXCLUSIONS)),
    ),
)

FCT_MARKET_ACTION = published(
    "fct_market_action",
    ("instrument", "ex_date", "action"),
    ("instrument", "ex_date", "action", "split_ratio", "dividend_usd", "provider", "providers_count"),
    (
        in_dimension("instrument", "dim_instrument"),
        in_dimension("provider", "dim_provider"),
        one_of("action", ("split", "dividend")),
        Rule(
            "amount_fits_action",
            "critical",
            "A split has a ratio and a dividend an amount, both above zero, and neither has the other's.",
            MODEL,
            where=(
                "(action = 'split') <> coalesce(split_ratio > 0, false)"
                " OR (action = 'dividend') <> coalesce(dividend_usd > 0, false)"
            ),
        ),
        Rule(
            "told_once",
            "critical",
            f"No split or dividend stands twice within {SAME_ACTION_DAYS} days under two providers.",
            f"Applied twice, it would move every earlier close twice. {MODEL}",
            violations=(
                "SELECT a.instrument, a.action, a.ex_date, b.ex_date AS other_date, a.provider, b.provider AS other_provider"
                " FROM {relation} AS a JOIN {relation} AS b ON b.instrument = a.instrument AND b.action = a.action"
                f" AND b.provider <> a.provider AND b.ex_date - a.ex_date BETWEEN 1 AND {SAME_ACTION_DAYS}"
                " AND abs(coalesce(b.split_ratio / a.split_ratio, b.dividend_usd / a.dividend_usd) - 1) <= 0.01"
            ),
        ),
        Rule(
            "dividend_plausible",
            "warning",
            f"A dividend is below {LARGEST_YIELD:.0%} of the last close before it.",
            "Look for an amount in cents, a wrong day, or a dividend on shares before a split; a liquidation stays as it is.",
            violations=(
                "SELECT a.instrument, a.ex_date, a.dividend_usd, p.close_usd FROM {relation} AS a"
                " ASOF JOIN main.fct_market_price_daily AS p ON p.instrument = a.instrument AND p.session_date < a.ex_date"
                " LEFT JOIN {relation} AS s ON s.instrument = a.instrument AND s.ex_date = a.ex_date AND s.action = 'split'"
                " WHERE a.ex_date - p.session_date <= 10"
                f" AND a.dividend_usd >= {LARGEST_YIELD} * p.close_usd / coalesce(s.split_ratio, 1)"
            ),
            reads=("main.fct_market_price_daily",),
        ),
        Rule(
            "nothing_lost",
            "critical",
            "Every row of raw_market__action that could be known by then is in the model, under its own or a near date.",
            f"A join or a filter dropped rows. {MODEL}",
            violations=(
                "SELECT DISTINCT r.instrument, r.ex_date, r.action FROM raw.raw_market__action AS r ANTI JOIN {relation} AS m"
                " ON m.instrument = r.instrument AND m.action = r.action"
                f" AND abs(m.ex_date - r.ex_date) <= {SAME_ACTION_DAYS} WHERE r.known_at_utc < {{horizon}}"
            ),
            reads=("raw.raw_market__action",),
        ),
    ),
    of_feeds=True,
)

MART_MARKET_GAP = published(
    "mart_market_gap",
    ("instrument", "session_date", "missing_at"),
    ("instrument", "session_date", "missing_at", "gap", "provider", "times_asked"),
    (
        in_dimension("instrument", "dim_instrument"),
        one_of("gap", GAPS),
        Rule(
            "provider_fits_gap",
            "critical",
            "A provider is named exactly where it alone lacks the bar.",
            MODEL,
            where=(
                "(gap = 'missing_at_provider') <> (provider IS NOT NULL) OR missing_at <> coalesce(provider, 'all')"
                " OR missing_at IS NULL"
            ),
        ),
        Rule(
            "asked_enough",
            "critical",
            "What is said to be missing was asked for, at least once.",
            MODEL,
            where="times_asked IS NULL OR times_asked < 0 OR (times_asked = 0 AND gap <> 'not_fetched')",
        ),
        Rule(
            "gap_or_bar",
            "critical",
            "A session missing everywhere has no bar in fct_market_price_daily; one missing at a provider has another's.",
            MODEL,
            violations=(
                "SELECT m.instrument, m.session_date, m.gap, p.provider AS bar_of FROM {relation} AS m"
                " LEFT JOIN main.fct_market_price_daily AS p ON p.instrument = m.instrument AND p.session_date = m.session_date"
                " WHERE (m.gap = 'missing_at_provider') <> (p.instrument IS NOT NULL)"
            ),
            reads=("main.fct_market_price_daily",),
        ),
        Rule(
            "every_hole_told",
            "critical",
            "Every session between two bars of an instrument that lies in a span asked for has a bar or is a gap.",
            f"A hole that nobody tells looks like a price that stood still. {MODEL}",
            violations=(
                "SELECT DISTINCT c.instrument, d.date_day FROM raw.raw_market__coverage AS c"
                " JOIN main.dim_instrument AS i ON i.instrument = c.instrument"
                " JOIN main.dim_date AS d ON d.date_day BETWEEN c.first_session_date AND c.last_session_date"
                " AND (i.calendar = 'UTC' OR d.is_xnys_session)"
                " JOIN (SELECT instrument, min(session_date) AS first, max(session_date) AS last"
                " FROM main.fct_market_price_daily GROUP BY ALL) AS s ON s.instrument = c.instrument"
                " AND d.date_day BETWEEN s.first AND s.last"
                " ANTI JOIN main.fct_market_price_daily AS p ON p.instrument = c.instrument AND p.session_date = d.date_day"
                " ANTI JOIN {relation} AS m ON m.instrument = c.instrument AND m.session_date = d.date_day"
                " WHERE c.known_at_utc < {horizon}"
            ),
            reads=("main.dim_date", "main.dim_instrument", "main.fct_market_price_daily", "raw.raw_market__coverage"),
        ),
        Rule(
            "nothing_missing",
            "warning",
            "No session lacks its bar at every provider.",
            "Refresh again: what is missing is asked for again, up to three days. What no provider has stays out; a session"
            " that was not fetched needs a provider that answers, see mart_provider_health.",
            where="gap IN ('not_available', 'not_fetched')",
        ),
    ),
    of_feeds=True,
)

SUITES = (FCT_MARKET_PRICE_DAILY, FCT_MARKET_ACTION, MART_MARKET_GAP)
