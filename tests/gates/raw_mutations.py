"""One mutation or more for every rule of a raw suite that does not follow from the contract alone."""

from __future__ import annotations

from tests.gates.edgar_mutations import EDGAR_RAW_MUTATIONS
from tests.gates.feeds_mutations import FEED_RAW_MUTATIONS
from tests.gates.mutation import TARGETS, Mutation
from tests.gates.prices_mutations import PRICE_RAW_MUTATIONS


def _m(suite: str, rule: str, *sql: str, also: tuple[str, ...] = (), variant: str = "") -> Mutation:
    relation = f"raw.{suite}"
    return Mutation(suite, rule, tuple(s.replace("@", relation) for s in sql), {}, frozenset(also), variant)


def _set(
    suite: str, rule: str, change: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    return _m(suite, rule, f"UPDATE @ SET {change} WHERE {where or TARGETS[suite]}", also=also, variant=variant)


def _copy(
    suite: str, rule: str, replace: str, *, where: str = "", also: tuple[str, ...] = (), variant: str = ""
) -> Mutation:
    sql = f"INSERT INTO @ SELECT * REPLACE ({replace}) FROM @ WHERE {where or TARGETS[suite]}"
    return _m(suite, rule, sql, also=also, variant=variant)


BAR = "raw_market__bar"
COVERAGE = "raw_market__coverage"
NETWORK = "raw_network__day"
SESSION = "raw_calendar__session"

MARKET = (
    _set(BAR, "high_not_below_low", "high_usd = low_usd, low_usd = high_usd"),
    _set(BAR, "open_within_range", "open_usd = high_usd + 1"),
    _set(BAR, "open_within_range", "open_usd = low_usd - 1", variant="below"),
    _set(BAR, "close_within_range", "close_usd = high_usd + 1"),
    _set(BAR, "close_within_range", "close_usd = low_usd - 1", variant="below"),
    _copy(BAR, "instrument_known", "'DOGE' AS instrument", also=("bar_within_coverage",)),
    _copy(BAR, "session_held", "DATE '2025-07-04' AS session_date"),
    _copy(BAR, "session_held", "DATE '2025-07-05' AS session_date", variant="saturday"),
    _copy(
        BAR,
        "index_outside_sessions",
        "DATE '2025-07-04' AS session_date",
        where="instrument = 'VIX' AND session_date = DATE '2025-07-11'",
    ),
    _m(
        BAR,
        "session_missing",
        "DELETE FROM @ WHERE instrument = 'MARA' AND session_date = DATE '2025-07-03' AND provider = 'bundle'",
        variant="half_day",
    ),
    _m(
        BAR,
        "session_missing",
        "DELETE FROM @ WHERE instrument = 'BTC-USD' AND session_date = DATE '2025-07-06'",
        variant="coin",
    ),
    _m(
        BAR,
        "session_missing",
        "DELETE FROM @ WHERE instrument = 'SPY' AND session_date = DATE '2025-07-11'",
        variant="last",
    ),
    _m(BAR, "session_missing", "DELETE FROM @ WHERE instrument = 'VIX'", variant="instrument"),
    _copy(BAR, "bar_within_coverage", "DATE '2025-06-27' AS session_date"),
    _set(BAR, "known_after_close", "known_at_utc = known_at_utc - INTERVAL 1 SECOND"),
    _set(
        BAR,
        "known_after_close",
        "known_at_utc = known_at_utc - INTERVAL 1 SECOND",
        where="instrument = 'BTC-USD' AND session_date = DATE '2025-07-11'",
        variant="coin",
    ),
    _set(
        BAR,
        "move_plausible",
        "open_usd = 1.7 * open_usd, high_usd = 1.7 * high_usd, low_usd = 1.7 * low_usd, close_usd = 1.7 * close_usd",
    ),
    _set(
        BAR,
        "close_not_frozen",
        "open_usd = 17, high_usd = 18, low_usd = 16, close_usd = 17",
        where="instrument = 'VIX'",
    ),
    _set(COVERAGE, "span_ordered", "last_session_date = first_session_date - 1"),
    _copy(COVERAGE, "spans_apart", "last_session_date AS first_session_date"),
    _set(COVERAGE, "span_not_in_future", "last_session_date = DATE '2025-08-02'", where="instrument = 'BTC-USD'"),
    _set(COVERAGE, "calendar_long_enough", "last_session_date = DATE '2025-07-23'"),
    _set(COVERAGE, "calendar_long_enough", "first_session_date = DATE '2025-05-28'", variant="start"),
    _copy(COVERAGE, "instrument_known", "'DOGE' AS instrument"),
    _m(COVERAGE, "every_instrument_asked", "DELETE FROM @ WHERE instrument = 'VIX'"),
)

# What a second provider says of a day whose difficulty only the first one knows.
SECOND = "utc_date = DATE '2025-07-05' AND provider = 'mempool'"

NETWORK_AND_CALENDAR = (
    _set(NETWORK, "provider_known", "provider = 'stranger'"),
    _m(NETWORK, "frozen_day_missing", "DELETE FROM @ WHERE utc_date = DATE '2025-07-03' AND provider = 'bundle'"),
    _m(NETWORK, "day_missing", f"DELETE FROM @ WHERE {SECOND}"),
    _set(NETWORK, "figures_present", "hashrate_eh_s = NULL", where=SECOND),
    _set(NETWORK, "known_after_day", "known_at_utc = known_at_utc - INTERVAL 1 SECOND"),
    _set(NETWORK, "blocks_plausible", "blocks = 89"),
    _set(NETWORK, "blocks_plausible", "blocks = 221", variant="many"),
    _set(NETWORK, "mean_blocks_plausible", "blocks = 100", where="provider = 'bundle'"),
    _set(NETWORK, "mean_blocks_plausible", "blocks = 200", where="provider = 'bundle'", variant="many"),
    _set(NETWORK, "difficulty_steps_possible", "difficulty = 4.1 * difficulty, hashrate_eh_s = 4.1 * hashrate_eh_s"),
    _set(
        NETWORK,
        "difficulty_steps_possible",
        "difficulty = difficulty / 4.1, hashrate_eh_s = hashrate_eh_s / 4.1",
        variant="down",
    ),
    _set(NETWORK, "fees_plausible", "fees_btc = 10.1 * blocks"),
    _set(NETWORK, "hashrate_agrees_with_difficulty", "hashrate_eh_s = 1000 * hashrate_eh_s"),
    _set(NETWORK, "hashrate_agrees_with_difficulty", "hashrate_eh_s = hashrate_eh_s / 1000", variant="low"),
    _set(
        NETWORK,
        "hashrate_agrees_with_difficulty",
        "hashrate_eh_s = 1000 * hashrate_eh_s",
        where=SECOND,
        variant="of_another",
    ),
    _copy(
        SESSION,
        "not_on_weekend",
        "session_date + 1 AS session_date, open_utc + INTERVAL 1 DAY AS open_utc, close_utc + INTERVAL 1 DAY AS close_utc",
    ),
    _set(SESSION, "close_after_open", "close_utc = open_utc"),
    _set(
        SESSION, "open_on_session_date", "open_utc = open_utc - INTERVAL 1 DAY, close_utc = close_utc - INTERVAL 1 DAY"
    ),
    _set(SESSION, "half_day_agrees", "is_half_day = true"),
    _set(SESSION, "half_day_agrees", "is_half_day = false", where="is_half_day", variant="unmarked"),
    _m(SESSION, "no_long_break", "DELETE FROM @ WHERE session_date BETWEEN DATE '2025-06-09' AND DATE '2025-06-13'"),
)

ISSUER = "raw_ledger__issuer"
NAME = "raw_ledger__issuer_name"
TICKER = "raw_ledger__ticker"
INSTRUMENT = "raw_ledger__instrument"
REGIME = "raw_ledger__disclosure_regime"

UNIVERSE = (
    _set(ISSUER, "cik_unique", "cik = '0000000001'"),
    _set(ISSUER, "sec_name_unique", "sec_name = 'MARA Inc.'"),
    _copy(NAME, "issuer_known", "'DOGE' AS issuer"),
    _set(NAME, "name_changes", "name = 'Marathon Digital Holdings, Inc.'"),
    _m(NAME, "every_issuer_named", "DELETE FROM @ WHERE issuer = 'MSFT'"),
    _copy(TICKER, "issuer_known", "'DOGE' AS issuer, 'DOGE' AS ticker"),
    _m(TICKER, "delisted_was_listed", "DELETE FROM @ WHERE issuer = 'CORZ' AND ticker = 'CORZ' AND event = 'listed'"),
    _set(TICKER, "ticker_held_by_one", "ticker = 'MARA', valid_from_date = DATE '2020-03-13'"),
    _copy(INSTRUMENT, "issuer_known", "'X' AS instrument, 'DOGE' AS issuer"),
    _set(INSTRUMENT, "calendar_fits_kind", "calendar = 'UTC', close_convention = 'utc_midnight'"),
    _set(INSTRUMENT, "close_fits_calendar", "close_convention = 'utc_midnight'"),
    _set(INSTRUMENT, "only_equity_has_issuer", "issuer = 'MSFT'", where="instrument = 'SPY'"),
    _copy(INSTRUMENT, "issuer_has_one_equity", "'MARA2' AS instrument"),
    _copy(REGIME, "issuer_known", "'DOGE' AS issuer"),
    _set(REGIME, "cadence_changes", "cadence = 'monthly'"),
)

DEAL = "raw_ledger__ai_deal"
A, B = "deal_id = 'CORZ-A'", "deal_id = 'CORZ-B'"

DEALS = (
    _copy(DEAL, "issuer_known", "'X' AS deal_id, 'DOGE' AS issuer"),
    _set(DEAL, "value_has_kind", "value_kind = NULL"),
    _set(DEAL, "value_has_kind", "value_usd_m = NULL, value_basis = NULL", variant="no_value"),
    _set(DEAL, "value_has_basis", "value_basis = NULL"),
    _set(DEAL, "only_totals_include", "value_kind = 'increment'", where=B),
    _set(DEAL, "included_deals_exist", "value_includes = 'CORZ-A;CORZ-Z'", where=B),
    _set(DEAL, "included_deals_exist", "value_includes = 'CORZ-A; MARA-C'", where=B, variant="other_issuer"),
    _set(DEAL, "increments_inside_total", "value_includes = NULL", where=B),
    _set(DEAL, "total_not_below_parts", "value_usd_m = 3499, critical_it_mw = 100", where=B),
    _set(
        DEAL,
        "unsigned_has_no_figures",
        "value_usd_m = 5, value_kind = 'increment', value_basis = 'said'",
        where="deal_id = 'MARA-N'",
    ),
    _set(DEAL, "unsigned_has_no_figures", "gross_mw = 5, mw_basis = 'gross'", where="deal_id = 'MARA-N'", variant="mw"),
    _set(DEAL, "contract_names_counterparty", "counterparty = NULL"),
    _set(DEAL, "contract_names_service", "service_model = NULL"),
    _set(DEAL, "extensions_add", "value_with_extensions_usd_m = 3499", where=A),
    _set(DEAL, "critical_load_within_gross", "critical_it_mw = gross_mw, gross_mw = critical_it_mw"),
    _set(DEAL, "mw_basis_agrees", "mw_basis = 'gross'"),
    _set(DEAL, "mw_basis_agrees", "mw_basis = 'unknown'", where=A, variant="unknown"),
    _set(DEAL, "backstop_has_party", "backstop_party = NULL", where=A),
    _set(DEAL, "backstop_within_value", "backstop_usd_m = 3501", where=A),
    _set(DEAL, "value_per_mw_year_plausible", "value_usd_m = 1000 * value_usd_m"),
    _set(DEAL, "value_per_mw_year_plausible", "value_usd_m = value_usd_m / 1000", variant="low"),
    _set(DEAL, "term_plausible", "term_years = 41", where=B),
)

BOND = "raw_ledger__bond_tranche"
FRN, ZERO = "tranche_id = 'MSFT-2-FRN'", "tranche_id = 'MARA-1-2032'"

BONDS = (
    _copy(BOND, "issuer_known", "'X' AS tranche_id, 'X' AS deal_id, 'DOGE' AS issuer, NULL AS deal_headline_m"),
    _set(BOND, "final_has_terms", "currency = NULL", where=ZERO),
    _set(BOND, "final_has_terms", "principal_m = NULL", where=ZERO, variant="principal"),
    _set(BOND, "final_has_terms", "maturity_date = NULL, maturity_precision = NULL", where=ZERO, variant="maturity"),
    _set(BOND, "preliminary_has_no_terms", "status = 'preliminary'", where=FRN, also=("all_priced",)),
    _set(BOND, "all_priced", "status = 'preliminary', principal_m = NULL", where=FRN),
    _set(BOND, "coupon_fits_kind", "coupon_pct = NULL"),
    _set(BOND, "coupon_fits_kind", "coupon_pct = 0.76", where=FRN, variant="floating"),
    _set(BOND, "coupon_fits_kind", "coupon_pct = 1", where=ZERO, variant="zero"),
    _set(BOND, "coupon_fits_kind", "coupon_kind = NULL", variant="none"),
    _set(BOND, "floating_terms_known", "floating_margin_bp = NULL", where=FRN),
    _set(BOND, "floating_terms_known", "floating_index = NULL", where=FRN, variant="index"),
    _set(BOND, "settled_after_announcement", "settled_date = announced_date - 1"),
    _set(BOND, "matures_after_announcement", "maturity_date = announced_date"),
    _set(BOND, "matures_after_announcement", "maturity_date = settled_date", variant="settled"),
    _set(BOND, "deal_of_one_issuer", "currency = 'EUR'"),
    _set(BOND, "deal_of_one_issuer", "issuer = 'MARA'", variant="issuer"),
    _set(BOND, "deal_of_one_issuer", "deal_headline_m = 2501", variant="headline"),
    _set(BOND, "tranches_sum_to_headline", "principal_m = 1020"),
    _m(BOND, "tranches_sum_to_headline", "DELETE FROM @ WHERE tranche_id = 'MSFT-1-2035'", variant="lost"),
    _set(BOND, "orders_have_currency", "peak_orders_currency = NULL"),
    _set(BOND, "orders_have_currency", "peak_orders_m = NULL", variant="amount"),
    _set(BOND, "coupon_plausible", "coupon_pct = 450"),
    _set(BOND, "price_plausible", "price_pct = 0.995"),
    _set(BOND, "price_plausible", "price_pct = 131", variant="high"),
    _set(BOND, "yield_plausible", "ytm_pct = 460"),
    _set(BOND, "spread_plausible", "spread_bp = 7000"),
    _set(BOND, "spread_plausible", "floating_margin_bp = 7600", where=FRN, variant="margin"),
)

CAPEX = "raw_ledger__capex_quarter"
GUIDANCE = "raw_ledger__capex_guidance"
PRODUCTION = "raw_ledger__production"

DISCLOSURES = (
    _copy(CAPEX, "issuer_known", "'DOGE' AS issuer"),
    _set(CAPEX, "quarter_length_plausible", "period_start_date = period_start_date + 30"),
    _set(CAPEX, "quarters_apart", "period_start_date = period_start_date - 5"),
    _set(
        CAPEX,
        "leases_add",
        "value = 16999",
        where="metric = 'capex_with_finance_leases' AND period_end_date = DATE '2025-06-30'",
    ),
    _set(
        CAPEX,
        "step_plausible",
        "value = 90000",
        where="metric = 'capex_with_finance_leases' AND period_end_date = DATE '2024-09-30'",
    ),
    _set(
        CAPEX,
        "step_plausible",
        "value = 100000",
        where="metric = 'capex_with_finance_leases' AND period_end_date = DATE '2025-06-30'",
        variant="up",
    ),
    _copy(GUIDANCE, "issuer_known", "'DOGE' AS issuer"),
    _set(GUIDANCE, "high_not_below_low", "high = low - 1"),
    _set(GUIDANCE, "amount_plausible", "low = 80, high = 85"),
    _set(GUIDANCE, "amount_plausible", "high = 1000001", variant="high"),
    _set(GUIDANCE, "target_year_near", "target_year = 2032"),
    _set(GUIDANCE, "target_year_near", "target_year = 2023", variant="past"),
    _copy(PRODUCTION, "issuer_known", "'DOGE' AS issuer"),
    _set(PRODUCTION, "period_is_month", "period_end_date = period_end_date - 1"),
    _set(PRODUCTION, "period_is_month", "period_start_date = period_start_date + 1", variant="start"),
    _m(
        PRODUCTION,
        "something_disclosed",
        "UPDATE @ SET btc_produced = NULL, btc_sold = NULL, btc_held = NULL, btc_restricted = NULL,"
        " hashrate_energized_eh_s = NULL, hashrate_operating_eh_s = NULL, fleet_efficiency_j_per_th = NULL,"
        " electricity_cost_usd_per_btc = NULL, power_cost_usd_per_kwh = NULL, revenue_usd_per_btc = NULL"
        " WHERE period_start_date = DATE '2025-06-01'",
    ),
    _set(PRODUCTION, "restricted_within_held", "btc_restricted = btc_held + 1"),
    _set(PRODUCTION, "production_plausible", "btc_produced = 2501"),
    _set(PRODUCTION, "operating_within_energized", "hashrate_operating_eh_s = 60"),
    _set(PRODUCTION, "efficiency_plausible", "fleet_efficiency_j_per_th = 121"),
    _set(PRODUCTION, "power_cost_plausible", "power_cost_usd_per_kwh = 3.8"),
    _set(PRODUCTION, "treasury_rolls", "btc_held = 2 * btc_held"),
)

RAW_MUTATIONS = (
    *MARKET,
    *NETWORK_AND_CALENDAR,
    *UNIVERSE,
    *DEALS,
    *BONDS,
    *DISCLOSURES,
    *EDGAR_RAW_MUTATIONS,
    *FEED_RAW_MUTATIONS,
    *PRICE_RAW_MUTATIONS,
)
