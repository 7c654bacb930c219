"""Mutations of the rules about providers: the ledger of who is asked, macro series, requests, and the models made of them."""

from __future__ import annotations

from tests.gates.mutation import TARGETS, Mutation

PROVIDER, SERIES, FEED, EXCLUSION = (
    "raw_ledger__provider",
    "raw_ledger__series",
    "raw_ledger__feed",
    "raw_ledger__bar_exclusion",
)
MACRO, REQUEST = "raw_macro__observation", "raw_feed__request"
DIM_PROVIDER, DIM_SERIES, OBSERVED, HEALTH = (
    "dim_provider",
    "dim_series",
    "fct_macro_observation",
    "mart_provider_health",
)
NETWORK, FINDINGS, FRESHNESS = "fct_network_daily", "mart_data_quality", "meta_freshness"

FEED_MART_TARGETS = {
    DIM_PROVIDER: "provider = 'fred_api'",
    DIM_SERIES: "series = 'M2'",
    OBSERVED: "series = 'SP500' AND observation_date = DATE '2025-07-11'",
    HEALTH: "provider = 'treasury'",
}
_DAY = "utc_date = DATE '2025-07-11'"


def _change(
    table: str, rule: str, change: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    """The target row of a table, raw or published, changed."""
    schema, target = ("raw", TARGETS) if table in TARGETS else ("main", FEED_MART_TARGETS)
    sql = f"UPDATE {schema}.{table} SET {change} WHERE {where or target[table]}"
    return Mutation(table, rule, (sql,), {}, frozenset(also), variant)


def _other(table: str, rule: str, *sql: str, also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    return Mutation(table, rule, sql, {}, frozenset(also), variant)


FEED_RAW_MUTATIONS = (
    _change(PROVIDER, "name_unique", "name = 'fred data'"),
    _change(PROVIDER, "attribution_given", "redistribution = 'with_attribution'"),
    _change(PROVIDER, "attribution_given", "attribution = NULL", where="provider = 'coin_metrics'", variant="taken"),
    _change(SERIES, "name_unique", "name = 'M2 by day'"),
    _change(SERIES, "lag_plausible", "publication_lag_days = 11"),
    _change(SERIES, "lag_plausible", "publication_lag_days = 93", where="series = 'M2'", variant="monthly"),
    _change(FEED, "provider_known", "provider = 'stranger'"),
    _change(FEED, "subject_known", "subject = 'DOGE'", where="subject = 'MARA'", also=("every_subject_asked",)),
    _change(
        FEED,
        "subject_known",
        "subject = 'SP501'",
        where="subject = 'SP500'",
        also=("every_subject_asked",),
        variant="series",
    ),
    _change(
        FEED,
        "subject_known",
        "subject = 'ETH'",
        where="domain = 'network'",
        also=("every_subject_asked",),
        variant="network",
    ),
    _change(FEED, "provider_of_one_domain", "provider = 'yahoo'"),
    _change(FEED, "places_apart", "priority = 1"),
    _other(FEED, "every_subject_asked", f"DELETE FROM raw.{FEED} WHERE subject = 'SPY'"),
    _other(FEED, "every_subject_asked", f"DELETE FROM raw.{FEED} WHERE subject = 'M2'", variant="series"),
    _other(FEED, "every_subject_asked", f"DELETE FROM raw.{FEED} WHERE domain = 'network'", variant="network"),
    _other(FEED, "stand_in_named", f"DELETE FROM raw.{FEED} WHERE {TARGETS[FEED]}"),
    _change(EXCLUSION, "provider_known", "provider = 'stranger'"),
    _change(EXCLUSION, "instrument_known", "instrument = 'DOGE'"),
    _change(MACRO, "provider_known", "provider = 'stranger'"),
    _change(MACRO, "series_known", "series = 'SP501'"),
    _change(MACRO, "basis_fits_series", "known_at_basis = 'publication_lag'", where="series = 'M2'"),
    _change(MACRO, "lag_kept", "known_at_utc = known_at_utc - INTERVAL 25 HOUR"),
    _change(MACRO, "value_plausible", "value = -1"),
    _change(MACRO, "value_plausible", "value = 31", where="series = 'UST_10Y'", variant="percent"),
    _change(MACRO, "value_plausible", "value = -6", where="series = 'UST_10Y'", variant="negative"),
    _change(MACRO, "step_plausible", "value = 5.1 * value"),
    _change(MACRO, "step_plausible", "value = value / 5.1", variant="down"),
    _change(REQUEST, "provider_known", "provider = 'stranger'"),
    _change(REQUEST, "subject_known", "subject = 'DOGE'"),
    _change(REQUEST, "subject_known", "subject = 'SP501'", where="subject = 'SP500'", variant="series"),
    _change(REQUEST, "subject_known", "subject = 'ETH'", where="domain = 'network'", variant="network"),
    _change(REQUEST, "asked_on_asked_date", "asked_date = asked_date - 1"),
    _change(REQUEST, "known_when_asked", "known_at_utc = asked_at_utc - INTERVAL 1 SECOND"),
    _change(REQUEST, "days_ordered", "last_date = first_date - 1"),
    _change(REQUEST, "days_have_begun", "last_date = DATE '2025-07-13'"),
    _change(REQUEST, "place_from_one", "priority = 0"),
    _change(REQUEST, "answer_kept", "answer_sha256 = NULL"),
    _change(REQUEST, "problem_told", "problem = 'none really'"),
    _change(REQUEST, "problem_told", "problem = NULL", where="outcome = 'failed'", variant="silent"),
    _change(REQUEST, "skipped_asks_nobody", "outcome = 'skipped', problem = 'the circuit is open'"),
    *(
        _change(REQUEST, "problem_without_key", f"problem = '{text}'", where="outcome = 'failed'", variant=variant)
        for variant, text in (
            ("address", "GET /query?symbol=MARA&apikey=CANARY0123456789: no answer"),
            ("header", "Authorization: Token CANARY0123456789"),
            ("json", '{"api_key": "CANARY0123456789"}'),
        )
    ),
    _change(
        REQUEST,
        "subject_answered",
        "outcome = 'unknown_subject', problem = 'No data', answer_sha256 = NULL",
        where="subject = 'MARA'",
    ),
)

FEED_MART_MUTATIONS = (
    _change(DIM_PROVIDER, "access_allowed", "access = 'free'"),
    _change(DIM_PROVIDER, "redistribution_allowed", "redistribution = 'perhaps'"),
    _other(DIM_PROVIDER, "nothing_lost", f"DELETE FROM main.{DIM_PROVIDER} WHERE {FEED_MART_TARGETS[DIM_PROVIDER]}"),
    _change(DIM_SERIES, "frequency_allowed", "frequency = 'hourly'"),
    _change(DIM_SERIES, "redistribution_allowed", "redistribution = 'by_series'"),
    _other(DIM_SERIES, "nothing_lost", f"DELETE FROM main.{DIM_SERIES} WHERE {FEED_MART_TARGETS[DIM_SERIES]}"),
    _other(OBSERVED, "series_in_dim_series", f"DELETE FROM main.{DIM_SERIES} WHERE series = 'SP500'"),
    _other(OBSERVED, "provider_in_dim_provider", f"DELETE FROM main.{DIM_PROVIDER} WHERE provider = 'fred'"),
    _change(OBSERVED, "agreement_allowed", "agreement = 'perhaps'", also=("compared_where_possible",)),
    _change(OBSERVED, "redistribution_allowed", "redistribution = 'by_series'"),
    _change(OBSERVED, "value_of_provider", "value = value + 1"),
    _change(OBSERVED, "value_of_provider", "provider = 'treasury'", variant="other_provider"),
    _change(OBSERVED, "compared_where_possible", "max_difference = 0"),
    _change(OBSERVED, "compared_where_possible", "agreement = 'agrees'", variant="claimed"),
    _change(OBSERVED, "compared_where_possible", "agreement = 'single'", where="series = 'UST_10Y'", variant="left"),
    _change(OBSERVED, "compared_where_possible", "providers_count = 0", variant="nobody"),
    _change(OBSERVED, "providers_agree", "agreement = 'differs'", where="series = 'UST_10Y'"),
    _other(OBSERVED, "nothing_lost", f"DELETE FROM main.{OBSERVED} WHERE {FEED_MART_TARGETS[OBSERVED]}"),
    _other(HEALTH, "provider_in_dim_provider", f"DELETE FROM main.{DIM_PROVIDER} WHERE provider = 'treasury'"),
    _change(HEALTH, "domain_allowed", "domain = 'weather'", also=("questions_reconcile",)),
    _change(HEALTH, "outcomes_add_up", "answered = answered - 1, failed = failed + 2", also=("problem_of_failures",)),
    _change(HEALTH, "questions_reconcile", "requests = requests + 1"),
    _change(HEALTH, "questions_reconcile", "questions = questions + 1, answered = answered + 1", variant="questions"),
    _other(
        HEALTH,
        "questions_reconcile",
        f"DELETE FROM main.{HEALTH} WHERE {FEED_MART_TARGETS[HEALTH]}",
        variant="lost",
    ),
    _change(HEALTH, "fail_overs_within_questions", "fail_overs = 1"),
    _change(HEALTH, "fail_overs_within_questions", "fail_overs = -1", variant="negative"),
    _change(HEALTH, "problem_of_failures", "first_problem = NULL", where="failed > 0"),
    _change(HEALTH, "circuit_closed", "is_circuit_open = true"),
    _change(NETWORK, "redistribution_allowed", "redistribution = 'perhaps'", where=_DAY),
    _change(
        NETWORK, "hashprice_null_reason_allowed", "hashprice_null_reason = 'x', hashprice_usd_ph_day = NULL", where=_DAY
    ),
    _other(NETWORK, "hashrate_provider_in_dim_provider", f"DELETE FROM main.{DIM_PROVIDER} WHERE provider = 'mempool'"),
    _change(NETWORK, "difference_agrees", "hashrate_difference_pct = 1", where=_DAY),
    _change(NETWORK, "difference_agrees", "hashrate_difference_pct = NULL", where=_DAY, variant="lost"),
    _change(
        NETWORK,
        "provider_hashrate_near",
        "hashrate_provider_eh_s = 1.06 * hashrate_realized_eh_s, hashrate_difference_pct = 6",
        where=_DAY,
    ),
    _change(
        NETWORK,
        "provider_hashrate_near",
        "hashrate_provider_eh_s = 0.94 * hashrate_realized_eh_s, hashrate_difference_pct = -6",
        where=_DAY,
        variant="low",
    ),
    _other(
        FINDINGS,
        "hashrate_differences_told",
        f"UPDATE main.{NETWORK} SET hashrate_difference_pct = -6 WHERE {_DAY}",
    ),
    _other(
        FINDINGS,
        "macro_differences_told",
        f"UPDATE main.{OBSERVED} SET agreement = 'differs' WHERE {FEED_MART_TARGETS[OBSERVED]}",
    ),
    *(
        _other(
            FINDINGS, "failures_told", f"UPDATE main.{HEALTH} SET {count} = 1 WHERE provider = 'fred'", variant=count
        )
        for count in ("fail_overs", "skipped", "quota_exceeded")
    ),
    _other(
        FINDINGS,
        "failures_told",
        f"UPDATE main.{FINDINGS} SET period = '2025-07-11' WHERE finding = 'failed_over'",
        variant="other_day",
    ),
    _other(FRESHNESS, "feeds_counted", f"UPDATE main.{FRESHNESS} SET rows = 0 WHERE source_table = '{MACRO}'"),
    _other(
        FRESHNESS,
        "feeds_counted",
        f"UPDATE main.{FRESHNESS} SET last_known_at_utc = NULL WHERE source_table = '{MACRO}'",
        variant="never",
    ),
)

FEED_SHARED_COMPANIONS: dict[str, dict[str, tuple[str, ...]]] = {
    OBSERVED: {
        "key_present-series": ("nothing_lost", "value_of_provider"),
        "key_present-observation_date": ("nothing_lost", "value_of_provider"),
    },
    HEALTH: {
        "not_empty": ("questions_reconcile",),
        **{f"key_present-{column}": ("questions_reconcile",) for column in ("provider", "domain", "asked_date")},
    },
}
