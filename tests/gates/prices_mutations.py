"""Mutations of the rules about prices of several providers: jumps, holes, actions, agreement, adjustment, gaps."""

from __future__ import annotations

from tests.gates.mutation import TARGETS, Mutation

BAR, ACTION = "raw_market__bar", "raw_market__action"
PRICES, ACTIONS, GAP, PERFORMANCE = (
    "fct_market_price_daily",
    "fct_market_action",
    "mart_market_gap",
    "mart_market_performance",
)

PRICE_MART_TARGETS = {
    ACTIONS: "instrument = 'MARA'",
    GAP: "instrument = 'SPY'",
}
_TARGETS = {
    **TARGETS,
    **PRICE_MART_TARGETS,
    PRICES: "instrument = 'MARA' AND session_date = DATE '2025-07-11'",
    PERFORMANCE: "instrument = 'MARA' AND session_date = DATE '2025-07-11'",
}


def _change(
    table: str, rule: str, change: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    """The target row of a table, raw or published, changed."""
    schema = "raw" if table in TARGETS else "main"
    sql = f"UPDATE {schema}.{table} SET {change} WHERE {where or _TARGETS[table]}"
    return Mutation(table, rule, (sql,), {}, frozenset(also), variant)


def _copy(
    table: str, rule: str, replace: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    relation = f"{'raw' if table in TARGETS else 'main'}.{table}"
    sql = f"INSERT INTO {relation} SELECT * REPLACE ({replace}) FROM {relation} WHERE {where or _TARGETS[table]}"
    return Mutation(table, rule, (sql,), {}, frozenset(also), variant)


def _other(table: str, rule: str, *sql: str, also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    return Mutation(table, rule, sql, {}, frozenset(also), variant)


def _times(factor: str) -> str:
    return ", ".join(f"{name}_usd = {name}_usd * {factor}" for name in ("open", "high", "low", "close"))


def _day(session: str, instrument: str = "MARA", provider: str = "bundle") -> str:
    return f"instrument = '{instrument}' AND session_date = DATE '{session}' AND provider = '{provider}'"


_ELSEWHERE = "instrument = 'MARA' AND provider = 'bundle' AND session_date >= DATE '2025-07-09'"

PRICE_RAW_MUTATIONS = (
    _change(BAR, "provider_known", "provider = 'stranger'", also=("bar_within_coverage", "session_missing")),
    _other(
        BAR,
        "session_missing_at_provider",
        f"DELETE FROM raw.{BAR} WHERE {_day('2025-07-03', provider='stooq')}",
        variant="half_day",
    ),
    _other(
        BAR,
        "session_missing_at_provider",
        "INSERT INTO raw.raw_market__coverage SELECT * REPLACE ('stooq' AS provider) FROM raw.raw_market__coverage"
        " WHERE instrument = 'BTC-USD'",
        variant="coin",
    ),
    # Ten times its neighbours, where no other provider has the bar.
    _change(BAR, "tenfold_error", _times("10"), where=_day("2025-07-08", "VIX"), also=("move_plausible",)),
    _change(
        BAR, "tenfold_error", _times("0.1"), where=_day("2025-07-08", "VIX"), also=("move_plausible",), variant="tenth"
    ),
    # The newest bar has no neighbour after it: the other provider tells.
    _change(
        BAR, "tenfold_error", _times("10"), also=("move_plausible", "split_without_action"), variant="beside_another"
    ),
    # It was excluded until somebody took the line away.
    _other(
        BAR,
        "tenfold_error",
        "DELETE FROM raw.raw_ledger__bar_exclusion",
        also=("move_plausible",),
        variant="no_longer_excluded",
    ),
    _other(
        BAR,
        "split_without_action",
        "DELETE FROM raw.raw_market__action WHERE action = 'split'",
        also=("move_plausible",),
    ),
    _change(BAR, "split_without_action", _times("0.5"), where=_ELSEWHERE, variant="halved"),
    _change(
        BAR,
        "split_without_action",
        _times("10"),
        where=_ELSEWHERE,
        also=("move_plausible", "tenfold_error"),
        variant="ten",
    ),
    _other(
        BAR,
        "move_plausible",
        "UPDATE raw.raw_market__action SET split_ratio = 7.4 WHERE action = 'split'",
        variant="wrong_split",
    ),
    _change(ACTION, "provider_known", "provider = 'stranger'"),
    _copy(ACTION, "instrument_known", "'DOGE' AS instrument"),
    _change(ACTION, "amount_fits_action", "split_ratio = 2"),
    _change(ACTION, "amount_fits_action", "dividend_usd = NULL", variant="no_amount"),
    _change(ACTION, "amount_fits_action", "split_ratio = NULL", where="action = 'split'", variant="no_ratio"),
    _change(ACTION, "amount_fits_action", "dividend_usd = 1", where="action = 'split'", variant="both"),
    _copy(ACTION, "shares_and_funds_alone", "'VIX' AS instrument"),
    _copy(ACTION, "session_held", "DATE '2025-06-22' AS ex_date"),
    _change(ACTION, "split_ratio_plausible", "split_ratio = 1", where="action = 'split'"),
    _change(ACTION, "split_ratio_plausible", "split_ratio = 201", where="action = 'split'", variant="large"),
    _change(ACTION, "split_ratio_plausible", "split_ratio = 0.004", where="action = 'split'", variant="small"),
    _change(ACTION, "providers_agree", "dividend_usd = 0.41"),
    _change(ACTION, "ex_dates_agree", "ex_date = DATE '2025-07-07', known_at_utc = TIMESTAMP '2025-07-07 13:30:00'"),
    _change(ACTION, "ex_dates_agree", "ex_date = DATE '2025-07-01'", variant="earlier"),
)

PRICE_MART_MUTATIONS = (
    _change(PRICES, "provider_in_dim_provider", "provider = 'stranger'"),
    _change(PRICES, "agreement_allowed", "agreement = 'perhaps'"),
    _change(PRICES, "redistribution_allowed", "redistribution = 'maybe'"),
    _change(
        PRICES, "providers_agree", "max_difference_pct = 0.6, agreement = 'differs', disagreement_reason = 'stooq'"
    ),
    _change(
        PRICES,
        "providers_agree_closely_enough",
        "max_difference_pct = 5.1, agreement = 'differs', disagreement_reason = 'stooq'",
        also=("providers_agree",),
    ),
    _change(
        PRICES,
        "no_tenfold_session",
        f"{_times('10')}, close_split_adjusted_usd = close_split_adjusted_usd * 10",
        where="instrument = 'VIX' AND session_date = DATE '2025-07-08'",
    ),
    _change(
        PRICES,
        "no_tenfold_session",
        f"{_times('0.1')}, close_split_adjusted_usd = close_split_adjusted_usd * 0.1",
        where="instrument = 'VIX' AND session_date = DATE '2025-07-08'",
        variant="tenth",
    ),
    _change(PRICES, "difference_told", "agreement = 'differs'"),
    _change(PRICES, "difference_told", "agreement = 'single'", variant="single"),
    _change(PRICES, "difference_told", "max_difference_pct = NULL", variant="no_difference"),
    _change(PRICES, "difference_told", "disagreement_reason = 'because'", variant="reason"),
    _change(PRICES, "difference_told", "max_difference_pct = 0.6", also=("providers_agree",), variant="beyond"),
    _change(PRICES, "adjusted_by_actions", "close_split_adjusted_usd = 1.01 * close_split_adjusted_usd"),
    _other(
        PRICES,
        "adjusted_by_actions",
        "DELETE FROM main.fct_market_action WHERE action = 'split'",
        variant="no_action",
    ),
    _change(PRICES, "total_return_or_reason", "close_total_return_usd = NULL"),
    _change(PRICES, "total_return_or_reason", "total_return_null_reason = 'because'", variant="both"),
    _change(PRICES, "total_return_or_reason", "close_total_return_usd = 1.01 * close_usd", variant="above"),
    _change(ACTIONS, "instrument_in_dim_instrument", "instrument = 'DOGE'", also=("nothing_lost",)),
    _change(ACTIONS, "provider_in_dim_provider", "provider = 'stranger'"),
    _change(ACTIONS, "action_allowed", "action = 'spin-off'", also=("amount_fits_action", "nothing_lost")),
    _change(ACTIONS, "amount_fits_action", "dividend_usd = NULL"),
    _change(ACTIONS, "amount_fits_action", "split_ratio = 2", variant="both"),
    _change(ACTIONS, "amount_fits_action", "split_ratio = 0", where="action = 'split'", variant="zero"),
    _copy(ACTIONS, "told_once", "ex_date + 5 AS ex_date, 'stooq' AS provider"),
    _copy(
        ACTIONS,
        "told_once",
        "ex_date - 1 AS ex_date, 'stooq' AS provider",
        where="action = 'split'",
        variant="split",
    ),
    _change(ACTIONS, "dividend_plausible", "dividend_usd = 8.1"),
    _other(ACTIONS, "nothing_lost", f"DELETE FROM main.{ACTIONS} WHERE instrument = 'MARA'"),
    _change(GAP, "instrument_in_dim_instrument", "instrument = 'DOGE'", also=("gap_or_bar",)),
    _change(GAP, "gap_allowed", "gap = 'lost'", also=("gap_or_bar", "provider_fits_gap")),
    _change(GAP, "provider_fits_gap", "provider = NULL, missing_at = 'all'"),
    _change(GAP, "provider_fits_gap", "missing_at = 'all'", variant="named"),
    _change(GAP, "asked_enough", "times_asked = 0"),
    _change(GAP, "asked_enough", "times_asked = NULL", variant="unknown"),
    _change(
        GAP,
        "gap_or_bar",
        "gap = 'not_available', provider = NULL, missing_at = 'all'",
        also=("nothing_missing",),
    ),
    _change(GAP, "gap_or_bar", "session_date = DATE '2025-07-05'", variant="nobody_has_it"),
    _other(
        GAP,
        "every_hole_told",
        f"DELETE FROM main.{PRICES} WHERE instrument = 'MARA' AND session_date = DATE '2025-07-03'",
    ),
    _other(
        GAP,
        "every_hole_told",
        f"DELETE FROM main.{PRICES} WHERE instrument = 'BTC-USD' AND session_date = DATE '2025-07-05'",
        variant="coin",
    ),
    _other(
        GAP,
        "nothing_missing",
        f"DELETE FROM main.{PRICES} WHERE instrument = 'SPY' AND session_date = DATE '2025-07-09'",
        f"UPDATE main.{GAP} SET gap = 'not_available', provider = NULL, missing_at = 'all'",
    ),
    _other(
        GAP,
        "nothing_missing",
        f"DELETE FROM main.{PRICES} WHERE instrument = 'SPY' AND session_date = DATE '2025-07-09'",
        f"UPDATE main.{GAP} SET gap = 'not_fetched', provider = NULL, missing_at = 'all', times_asked = 0",
        variant="not_fetched",
    ),
    _change(PERFORMANCE, "total_return_compounds", "return_1d_total_pct = return_1d_total_pct + 1"),
    _change(PERFORMANCE, "dividends_add", "return_ytd_total_pct = 0.9"),
    _change(PERFORMANCE, "dividends_add", "return_1m_pct = NULL, null_reasons = '1 month: no bar'", variant="alone"),
    _change(PERFORMANCE, "total_return_or_reason", "return_since_event_total_pct = NULL"),
)

PRICE_SHARED_COMPANIONS: dict[str, dict[str, tuple[str, ...]]] = {
    GAP: {
        "key_present-instrument": ("gap_or_bar",),
        "key_present-session_date": ("gap_or_bar",),
        "key_present-missing_at": ("provider_fits_gap",),
    },
}
