"""One mutation or more for every rule of a published model's suite, the shared ones included."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from quality.rules import Suite
from quality.suites import MART_SUITES
from tests.gates.edgar_mutations import EDGAR_MART_MUTATIONS, EDGAR_SHARED_COMPANIONS, MART_TARGETS
from tests.gates.feeds_mutations import FEED_MART_MUTATIONS, FEED_MART_TARGETS, FEED_SHARED_COMPANIONS
from tests.gates.mutation import Mutation
from tests.gates.prices_mutations import PRICE_MART_MUTATIONS, PRICE_MART_TARGETS, PRICE_SHARED_COMPANIONS
from tests.gates.world import NOW

# A row of each model that few other rules lean on, and a column that can be retyped without touching its values' rules.
TARGETS = {
    "dim_issuer": "issuer = 'CORZ'",
    "dim_issuer_name": "issuer = 'MSFT'",
    "dim_ticker": "issuer = 'MSFT'",
    "dim_disclosure_regime": "cadence = 'quarterly'",
    "dim_instrument": "instrument = 'VIX'",
    "dim_date": "date_day = DATE '2025-07-18'",
    "fct_market_price_daily": "instrument = 'MARA' AND session_date = DATE '2025-07-11'",
    "fct_network_daily": "utc_date = DATE '2025-07-11'",
    "fct_ai_deal": "deal_id = 'MARA-C'",
    "fct_bond_tranche": "tranche_id = 'MSFT-2-FRN'",
    "fct_financial_quarter": "metric = 'capex_cash' AND calendar_quarter = '2025Q2'",
    "fct_capex_guidance": "revision_number = 2",
    "fct_miner_operating": "metric = 'btc_held' AND period_start_date = DATE '2025-06-01'",
    "mart_miner_scorecard": "period = '2025-06'",
    "mart_contracted_ai_book": "issuer = 'MARA'",
    "mart_bond_issuance": "tranche_id = 'MSFT-2-FRN'",
    "mart_hyperscaler_capex": "calendar_quarter = '2025Q1'",
    "mart_market_performance": "instrument = 'MARA' AND session_date = DATE '2025-07-11'",
    "mart_correlation": "session_date = DATE '2025-07-11'",
    **MART_TARGETS,
    **FEED_MART_TARGETS,
    **PRICE_MART_TARGETS,
    "meta_freshness": "source_table = 'raw_market__bar'",
}
# A key column by which no row of the ledger is looked for: XBRL's quarter may end on another day than the ledger's.
BESIDE_THE_LEDGER = {("fct_financial_quarter", "period_end_date")}
DATES = {"dim_date": "known_at_utc", "meta_freshness": "last_known_at_utc"}


def _set(
    suite: str, rule: str, change: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    sql = f"UPDATE main.{suite} SET {change} WHERE {where or TARGETS[suite]}"
    return Mutation(suite, rule, (sql,), {}, frozenset(also), variant)


def _copy(
    suite: str, rule: str, replace: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    sql = f"INSERT INTO main.{suite} SELECT * REPLACE ({replace}) FROM main.{suite} WHERE {where or TARGETS[suite]}"
    return Mutation(suite, rule, (sql,), {}, frozenset(also), variant)


def _drop(suite: str, rule: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    return Mutation(
        suite, rule, (f"DELETE FROM main.{suite} WHERE {where or TARGETS[suite]}",), {}, frozenset(also), variant
    )


def _elsewhere(suite: str, rule: str, sql: str, also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    return Mutation(suite, rule, (sql,), {}, frozenset(also), variant)


def _unknown(suite: str, column: str, dimension: str, also: tuple[str, ...] = ()) -> Mutation:
    """A row of the dimension goes, so that the model alone still names it."""
    sql = f"DELETE FROM main.{dimension} WHERE {column} IN (SELECT {column} FROM main.{suite} WHERE {TARGETS[suite]})"
    return Mutation(suite, f"{column}_in_{dimension}", (sql,), {}, frozenset(also))


def shared_mutations(suite: Suite, also: dict[str, tuple[str, ...]]) -> Iterator[Mutation]:
    """Mutations of the rules that all published models have; `also` gives the companions by rule."""
    name, target = suite.table, TARGETS[suite.table]
    first = suite.key[0]

    def make(rule: str, *sql: str, variant: str = "", **context: datetime) -> Mutation:
        others = set(also.get(rule + ("-" + variant if variant else ""), ()))
        is_matched = (name, variant) not in BESIDE_THE_LEDGER
        if rule in ("not_empty", "key_present") and is_matched and "nothing_lost" in {r.name for r in suite.rules}:
            others.add("nothing_lost")
        return Mutation(name, rule, sql, context, frozenset(others), variant)

    yield make("columns_present", f"ALTER TABLE main.{name} RENAME COLUMN {first} TO other_name")
    yield make("types_readable", f"ALTER TABLE main.{name} ADD COLUMN wide HUGEINT")
    yield make("types_readable", f"ALTER TABLE main.{name} ADD COLUMN zoned TIMESTAMPTZ", variant="zoned")
    yield make("not_empty", f"DELETE FROM main.{name}")
    yield make("key_unique", f"INSERT INTO main.{name} SELECT * FROM main.{name} WHERE {target}")
    for column in suite.key:
        yield make("key_present", f"UPDATE main.{name} SET {column} = NULL WHERE {target}", variant=column)
    known = DATES.get(name, "known_at_utc")
    if name not in DATES:
        yield make("known_at_utc_present", f"UPDATE main.{name} SET known_at_utc = NULL WHERE {target}")
    late = f"UPDATE main.{name} SET {known} = TIMESTAMP '{NOW}' + INTERVAL 1 SECOND WHERE {target}"
    yield make("nothing_from_the_future", late)
    at_horizon = f"UPDATE main.{name} SET {known} = TIMESTAMP '{NOW - timedelta(hours=1)}' WHERE {target}"
    yield make("nothing_from_the_future", at_horizon, variant="looking_back", as_of_utc=NOW - timedelta(hours=1))


DIMENSIONS = (
    _set("dim_issuer", "role_allowed", "role = 'bank'"),
    _set("dim_issuer", "cik_unique", "cik = '0000000001'"),
    _set("dim_issuer", "name_known", "current_name = NULL"),
    _drop("dim_issuer", "nothing_lost"),
    *(
        mutation
        for table, extra in (
            ("dim_issuer_name", "issuer"),
            ("dim_ticker", "issuer"),
            ("dim_disclosure_regime", "issuer"),
        )
        for mutation in (
            _set(table, "interval_ordered", "valid_to_date = valid_from_date"),
            _copy(
                table,
                "intervals_apart",
                "valid_from_date + 30 AS valid_from_date"
                + ("" if table == "dim_disclosure_regime" else ", false AS is_current"),
            ),
            _unknown(table, extra, "dim_issuer"),
            _drop(table, "nothing_lost"),
        )
    ),
    _set("dim_issuer_name", "one_is_current", "is_current = true", where="issuer = 'MARA'"),
    _set("dim_ticker", "one_is_current", "is_current = true", where="issuer = 'CORZ'"),
    _set("dim_disclosure_regime", "cadence_allowed", "cadence = 'weekly'"),
    _set("dim_instrument", "kind_allowed", "kind = 'bond'"),
    _set("dim_instrument", "calendar_allowed", "calendar = 'XLON'"),
    _elsewhere("dim_instrument", "issuer_in_dim_issuer", "DELETE FROM main.dim_issuer WHERE issuer = 'MARA'"),
    _drop("dim_instrument", "nothing_lost"),
    _drop("dim_date", "days_complete", where="date_day = DATE '2025-07-05'"),
    _set("dim_date", "close_only_on_sessions", "xnys_close_utc = NULL"),
    _set(
        "dim_date",
        "close_only_on_sessions",
        "is_half_day = true",
        where="date_day = DATE '2025-07-05'",
        variant="half_day",
    ),
    _set("dim_date", "previous_session_before", "previous_session_date = previous_session_date - 1"),
    _set("dim_date", "period_of_day", "calendar_quarter = '2025Q2'"),
    _set("dim_date", "period_of_day", "month_start_date = month_start_date + 1", variant="month"),
    _drop("dim_date", "nothing_lost"),
)

PRICES = "fct_market_price_daily"
NETWORK = "fct_network_daily"
DEALS = "fct_ai_deal"
BONDS = "fct_bond_tranche"
QUARTERS = "fct_financial_quarter"
GUIDANCE = "fct_capex_guidance"
OPERATING = "fct_miner_operating"

FACTS = (
    _set(PRICES, "close_positive", "close_usd = NULL", also=("adjusted_by_actions",)),
    _set(PRICES, "close_positive", "close_usd = 0, low_usd = 0", also=("adjusted_by_actions",), variant="zero"),
    _set(PRICES, "range_ordered", "close_usd = high_usd + 1", also=("adjusted_by_actions",)),
    _set(PRICES, "range_ordered", "open_usd = low_usd - 1", variant="open"),
    _unknown(PRICES, "instrument", "dim_instrument"),
    _drop(
        PRICES,
        "benchmark_complete",
        where="instrument = 'SPY' AND session_date = DATE '2025-07-08'",
        also=("nothing_lost",),
    ),
    _drop(PRICES, "nothing_lost"),
    _drop(NETWORK, "days_complete", where="utc_date = DATE '2025-07-05'", also=("nothing_lost",)),
    _set(NETWORK, "hashrates_agree", "hashrate_realized_eh_s = hashrate_eh_s", also=("difference_agrees",)),
    _set(NETWORK, "subsidy_of_halvings", "block_subsidy_btc = 3"),
    _set(NETWORK, "subsidy_of_halvings", "block_subsidy_btc = 6.25", variant="rises"),
    _set(NETWORK, "subsidy_of_halvings", "block_subsidy_btc = NULL", variant="unknown"),
    _set(NETWORK, "hashprice_plausible", "hashprice_usd_ph_day = 0.05"),
    _set(NETWORK, "hashprice_plausible", "hashprice_usd_ph_day = 55000", variant="high"),
    _set(NETWORK, "hashprice_or_reason", "hashprice_usd_ph_day = NULL"),
    _set(NETWORK, "hashprice_or_reason", "hashprice_null_reason = 'no_btc_close'", variant="both"),
    _drop(NETWORK, "nothing_lost"),
    _unknown(DEALS, "issuer", "dim_issuer"),
    _set(DEALS, "attributable_within_value", "value_attributable_usd_m = 901"),
    _set(DEALS, "attributable_within_value", "value_attributable_usd_m = NULL", variant="lost"),
    _set(
        DEALS,
        "book_holds_valued_contracts",
        "is_in_book = true, book_exclusion_reason = NULL",
        where="deal_id = 'MARA-P'",
    ),
    _set(DEALS, "in_book_or_reason", "book_exclusion_reason = 'because'"),
    _set(DEALS, "in_book_or_reason", "is_in_book = NULL", variant="unknown"),
    _set(DEALS, "one_total_in_book", "is_in_book = true, book_exclusion_reason = NULL", where="deal_id = 'CORZ-A'"),
    _set(DEALS, "value_per_mw_year_agrees", "usd_m_per_critical_mw_year = 2 * usd_m_per_critical_mw_year"),
    _drop(DEALS, "nothing_lost"),
    _unknown(BONDS, "issuer", "dim_issuer"),
    _set(BONDS, "usd_principal_or_reason", "principal_usd_null_reason = 'no_fx_rate'"),
    _set(
        BONDS, "usd_principal_or_reason", "principal_usd_null_reason = NULL", where="currency = 'EUR'", variant="silent"
    ),
    _set(BONDS, "usd_principal_agrees", "principal_usd_m = 2 * principal_m"),
    _set(BONDS, "tenor_plausible", "tenor_years = 0"),
    _set(BONDS, "tenor_plausible", "tenor_years = 102", variant="long"),
    _drop(BONDS, "nothing_lost"),
    _unknown(QUARTERS, "issuer", "dim_issuer"),
    _set(QUARTERS, "metric_allowed", "metric = 'capex'", also=("nothing_lost",)),
    _set(QUARTERS, "value_or_reason", "value_usd_m = NULL"),
    _set(QUARTERS, "value_or_reason", "value_usd_m = -1", variant="negative"),
    _set(QUARTERS, "quarter_of_midpoint", "calendar_quarter = '2025Q3'"),
    _copy(QUARTERS, "one_period_per_quarter", "period_end_date - 1 AS period_end_date"),
    _drop(QUARTERS, "nothing_lost"),
    _set(QUARTERS, "nothing_lost", "ledger_period_end_date = NULL", variant="ledger_row"),
    _set(QUARTERS, "ledger_figure_kept", "ledger_value_usd_m = ledger_value_usd_m + 1"),
    _set(QUARTERS, "ledger_figure_kept", "ledger_value_usd_m = NULL", variant="gone"),
    _set(QUARTERS, "ledger_figure_kept", "ledger_period_start_date = ledger_period_start_date + 1", variant="days"),
    _unknown(GUIDANCE, "issuer", "dim_issuer"),
    _set(GUIDANCE, "ends_ordered", "midpoint_usd_m = high_usd_m + 1"),
    _set(GUIDANCE, "ends_ordered", "midpoint_usd_m = low_usd_m - 1", variant="below"),
    _set(GUIDANCE, "one_is_latest", "is_latest = true", where="true"),
    _set(GUIDANCE, "one_is_latest", "is_latest = NOT is_latest", where="true", variant="wrong"),
    _set(GUIDANCE, "revisions_numbered", "revision_number = 3"),
    _set(GUIDANCE, "revisions_numbered", "revision_number = revision_number - 1", where="true", variant="from_zero"),
    _drop(GUIDANCE, "nothing_lost", where="revision_number = 2", also=("one_is_latest",)),
    _unknown(OPERATING, "issuer", "dim_issuer"),
    _set(OPERATING, "metric_allowed", "metric = 'coins'", also=("nothing_lost",)),
    _set(OPERATING, "value_and_unit_present", "value = NULL"),
    _set(OPERATING, "value_not_negative", "value = -1"),
    _set(OPERATING, "one_unit_per_metric", "unit = 'EH/s'"),
    _drop(OPERATING, "nothing_lost"),
)

SCORECARD = "mart_miner_scorecard"
BOOK = "mart_contracted_ai_book"
ISSUANCE = "mart_bond_issuance"
CAPEX = "mart_hyperscaler_capex"
PERFORMANCE = "mart_market_performance"
CORRELATION = "mart_correlation"
FRESHNESS = "meta_freshness"
_CAPEX_SUMS = ("capex_cash_usd_m_reconciles", "capex_with_finance_leases_usd_m_reconciles")
_BOOK_SUMS = ("value_usd_m_reconciles", "value_attributable_usd_m_reconciles")
DEAL_OF_TWO = "tranche_id = 'MSFT-1-2030'"

MARTS = (
    _unknown(SCORECARD, "issuer", "dim_issuer"),
    _set(SCORECARD, "disclosure_status_allowed", "disclosure_status = 'unknown'"),
    _set(SCORECARD, "silence_has_no_figures", "disclosure_status = 'missing'"),
    _set(SCORECARD, "silence_has_no_figures", "evidence_count = 0", variant="no_evidence"),
    _set(SCORECARD, "period_is_month", "period = '2025-6'"),
    _set(SCORECARD, "period_is_month", "period_end_date = period_end_date - 1", variant="end"),
    _set(SCORECARD, "production_reconciles", "btc_produced = btc_produced + 1"),
    _drop(SCORECARD, "production_reconciles", variant="lost"),
    _set(SCORECARD, "restricted_within_held", "btc_restricted = btc_held + 1"),
    _set(SCORECARD, "fleet_power_plausible", "fleet_power_mw = 1000 * fleet_power_mw"),
    _unknown(BOOK, "issuer", "dim_issuer"),
    _set(BOOK, "value_usd_m_reconciles", "value_usd_m = 901, gpu_cloud_value_usd_m = 901"),
    _drop(BOOK, "value_usd_m_reconciles", also=_BOOK_SUMS[1:], variant="lost"),
    _set(BOOK, "value_attributable_usd_m_reconciles", "value_attributable_usd_m = 541"),
    _set(BOOK, "services_sum_to_value", "colocation_value_usd_m = 1"),
    _elsewhere(
        BOOK,
        "attributable_within_value",
        "UPDATE main.mart_contracted_ai_book SET value_attributable_usd_m = 901 WHERE issuer = 'MARA';"
        " UPDATE main.fct_ai_deal SET value_attributable_usd_m = 901 WHERE deal_id = 'MARA-C'",
    ),
    _set(BOOK, "share_within_bounds", "top_counterparty_share_pct = 101"),
    _set(BOOK, "share_within_bounds", "top_counterparty_share_pct = 0", variant="zero"),
    _set(BOOK, "announcements_ordered", "last_announced_date = first_announced_date - 1"),
    _unknown(ISSUANCE, "issuer", "dim_issuer"),
    _set(ISSUANCE, "principal_reconciles", "principal_m = 600, deal_principal_m = 600"),
    _drop(ISSUANCE, "principal_reconciles", variant="lost"),
    _elsewhere(
        ISSUANCE,
        "principal_reconciles",
        "UPDATE main.fct_bond_tranche SET status = 'preliminary' WHERE tranche_id = 'MSFT-2-FRN'",
        variant="preliminary",
    ),
    _set(ISSUANCE, "tranches_sum_to_deal", "deal_tranches = 3", where=DEAL_OF_TWO),
    _set(
        ISSUANCE,
        "tranches_sum_to_deal",
        "deal_principal_m = 2600, deal_headline_difference_m = 100",
        where="deal_id = 'MSFT-1'",
        variant="sum",
    ),
    _set(ISSUANCE, "weighted_coupon_within_range", "deal_weighted_coupon_pct = 5", where="deal_id = 'MSFT-1'"),
    _set(
        ISSUANCE,
        "weighted_coupon_within_range",
        "deal_weighted_coupon_pct = 4",
        where="deal_id = 'MSFT-1'",
        variant="low",
    ),
    _set(ISSUANCE, "headline_difference_agrees", "deal_headline_difference_m = 10", where="deal_id = 'MSFT-1'"),
    _set(ISSUANCE, "demand_covers", "demand_cover = 0.9", where=DEAL_OF_TWO),
    # Without its dimension nobody says that the issuer is a hyperscaler, so nothing is left to reconcile with.
    _unknown(CAPEX, "issuer", "dim_issuer", _CAPEX_SUMS),
    _set(CAPEX, "capex_cash_usd_m_reconciles", "capex_cash_usd_m = capex_cash_usd_m + 1"),
    _set(CAPEX, "capex_with_finance_leases_usd_m_reconciles", "capex_with_finance_leases_usd_m = capex_cash_usd_m"),
    _drop(
        CAPEX,
        "capex_cash_usd_m_reconciles",
        also=_CAPEX_SUMS[1:],
        variant="lost",
    ),
    _set(CAPEX, "twelve_months_or_reason", "capex_cash_ttm_null_reason = NULL"),
    _set(CAPEX, "twelve_months_hold_quarter", "capex_cash_ttm_usd_m = 16000", where="calendar_quarter = '2025Q2'"),
    _set(CAPEX, "guidance_ordered", "guidance_high_usd_m = guidance_low_usd_m - 1"),
    _unknown(PERFORMANCE, "instrument", "dim_instrument"),
    _set(PERFORMANCE, "closes_reconcile", "close_usd = close_usd + 1"),
    _drop(PERFORMANCE, "closes_reconcile", variant="lost"),
    _set(PERFORMANCE, "day_return_compounds", "return_1d_pct = return_1d_pct - 0.01"),
    _set(PERFORMANCE, "bases_before_session", "return_ytd_base_date = session_date"),
    _set(PERFORMANCE, "bases_before_session", "return_1m_base_date = session_date", variant="month"),
    _set(PERFORMANCE, "bases_before_session", "return_since_event_base_date = session_date", variant="event"),
    _set(PERFORMANCE, "event_by_session", "event_date = session_date + 1"),
    _set(PERFORMANCE, "return_or_reason", "return_1m_pct = NULL, return_1m_total_pct = NULL"),
    _set(CORRELATION, "correlation_within_bounds", "correlation = 1.1"),
    _set(CORRELATION, "correlation_within_bounds", "correlation = 'NaN'::DOUBLE", variant="nan"),
    _set(CORRELATION, "beta_has_sign_of_correlation", "beta = -beta"),
    _set(CORRELATION, "window_known", "window_sessions = 31, observations = 31"),
    _set(CORRELATION, "window_full", "observations = 29"),
    _set(CORRELATION, "pair_differs", "instrument_b = instrument_a"),
    _elsewhere(CORRELATION, "pair_in_universe", "DELETE FROM main.dim_instrument WHERE instrument = 'SPY'"),
    _elsewhere(
        CORRELATION, "pair_in_universe", "DELETE FROM main.dim_instrument WHERE instrument = 'MARA'", variant="a"
    ),
    _set(CORRELATION, "close_alignment_allowed", "close_alignment = 'close'"),
    _drop(FRESHNESS, "every_source_listed"),
    _copy(FRESHNESS, "every_source_listed", "'raw_other' AS source_table", variant="more"),
    _set(FRESHNESS, "span_ordered", "last_date = first_date - 1"),
    _set(FRESHNESS, "rows_counted", "rows = 0", where="source_table = 'raw_market__bar'"),
    _set(
        FRESHNESS, "rows_counted", "last_known_at_utc = NULL", variant="never", where="source_table = 'raw_market__bar'"
    ),
    _set(FRESHNESS, "filings_counted", "rows = 0", where="source_table = 'raw_sec__fact'"),
    _set(
        FRESHNESS,
        "filings_counted",
        "last_known_at_utc = NULL",
        variant="never",
        where="source_table = 'raw_sec__fact'",
    ),
    _set(FRESHNESS, "market_fresh", "last_known_at_utc = last_known_at_utc - INTERVAL 7 DAY"),
)

# Companions of the shared rules' mutations, beside nothing_lost, which an emptied or nameless row always breaks.
SHARED_COMPANIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "dim_issuer": {"key_unique": ("cik_unique",)},
    "dim_issuer_name": {"key_unique": ("one_is_current",)},
    "dim_ticker": {"key_unique": ("one_is_current",)},
    "dim_date": {"key_unique": ("previous_session_before",)},
    QUARTERS: {"key_unique": ("one_period_per_quarter",), "key_present-period_end_date": ("quarter_of_midpoint",)},
    GUIDANCE: dict.fromkeys(
        ("key_unique", "key_present-issuer", "key_present-metric", "key_present-target_year"),
        ("one_is_latest", "revisions_numbered"),
    ),
    SCORECARD: {
        "not_empty": ("production_reconciles",),
        "key_present-issuer": ("production_reconciles",),
        "key_present-period": ("period_is_month",),
    },
    BOOK: {"not_empty": _BOOK_SUMS, "key_present-issuer": _BOOK_SUMS},
    ISSUANCE: {
        "not_empty": ("principal_reconciles",),
        "key_unique": ("tranches_sum_to_deal",),
        "key_present-tranche_id": ("principal_reconciles",),
    },
    CAPEX: {"not_empty": _CAPEX_SUMS, "key_present-issuer": _CAPEX_SUMS, "key_present-calendar_quarter": _CAPEX_SUMS},
    PERFORMANCE: {
        "not_empty": ("closes_reconcile",),
        "key_present-instrument": ("closes_reconcile", "day_return_compounds"),
        "key_present-session_date": ("closes_reconcile",),
    },
    CORRELATION: {"key_present-window_sessions": ("window_full",)},
    **EDGAR_SHARED_COMPANIONS,
    **FEED_SHARED_COMPANIONS,
    **PRICE_SHARED_COMPANIONS,
    FRESHNESS: {"not_empty": ("every_source_listed",), "key_present-source_table": ("every_source_listed",)},
}

MART_MUTATIONS = (
    *(
        mutation
        for suite in MART_SUITES.values()
        for mutation in shared_mutations(suite, SHARED_COMPANIONS.get(suite.table, {}))
    ),
    *DIMENSIONS,
    *FACTS,
    *MARTS,
    *EDGAR_MART_MUTATIONS,
    *FEED_MART_MUTATIONS,
    *PRICE_MART_MUTATIONS,
)
