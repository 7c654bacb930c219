"""Which rules must fail together with one that follows from the contract, beside those the contract itself implies.

By table, then by rule, or rule-variant: the other rules of the same suite that cannot hold either.
"""

from __future__ import annotations

_BY_TABLE: dict[str, dict[str, tuple[str, ...]]] = {
    "raw_market__bar": {
        "not_empty": ("session_missing", "session_missing_at_provider"),
        "instrument_present": ("bar_within_coverage", "session_missing"),
        "instrument_present-blank": ("bar_within_coverage", "instrument_known", "session_missing"),
        "session_date_present": ("bar_within_coverage", "session_held", "session_missing"),
        "provider_present": ("bar_within_coverage", "session_missing"),
        "provider_present-blank": ("bar_within_coverage", "provider_known", "session_missing"),
        "open_usd_positive": ("open_within_range",),
        "high_usd_positive": ("high_not_below_low",),
        "close_usd_positive": ("close_within_range",),
        "numbers_finite-open_usd": ("open_within_range",),
        "numbers_finite-low_usd": ("high_not_below_low",),
        "numbers_finite-close_usd": ("close_within_range", "move_plausible"),
        "session_date_not_in_future": ("bar_within_coverage", "session_held", "session_missing"),
        "session_date_not_after_known": ("known_after_close",),
    },
    "raw_market__action": {
        "instrument_present-blank": ("instrument_known",),
        "provider_present-blank": ("provider_known",),
        "split_ratio_positive": ("amount_fits_action", "split_ratio_plausible"),
        "dividend_usd_positive": ("providers_agree",),
        "numbers_finite-split_ratio": ("amount_fits_action", "split_ratio_plausible"),
        "numbers_finite-dividend_usd": ("providers_agree",),
        "ex_date_not_in_future": ("session_held",),
    },
    "raw_market__coverage": {
        "not_empty": ("every_instrument_asked",),
        "instrument_present": ("every_instrument_asked",),
        "instrument_present-blank": ("every_instrument_asked", "instrument_known"),
    },
    "raw_network__day": {
        "provider_present-blank": ("provider_known",),
        "blocks_positive": ("blocks_plausible",),
        "blocks_not_above_maximum": ("blocks_plausible", "mean_blocks_plausible"),
        "difficulty_positive": ("hashrate_agrees_with_difficulty",),
        "numbers_finite-fees_btc": ("fees_plausible",),
        "numbers_finite-difficulty": ("difficulty_steps_possible", "hashrate_agrees_with_difficulty"),
        "numbers_finite-hashrate_eh_s": ("hashrate_agrees_with_difficulty",),
        "utc_date_not_in_future": ("known_after_day",),
        "utc_date_not_after_known": ("known_after_day",),
    },
    "raw_ledger__issuer_name": {
        "not_empty": ("every_issuer_named",),
        "key_unique": ("name_changes",),
    },
    "raw_ledger__instrument": {
        "kind_present-blank": ("only_equity_has_issuer",),
        "kind_allowed": ("only_equity_has_issuer",),
    },
    "raw_ledger__ai_deal": {
        "backstop_usd_m_positive": ("backstop_has_party",),
        "value_with_extensions_usd_m_positive": ("extensions_add",),
        "gross_mw_positive": ("critical_load_within_gross",),
        "mw_basis_present-blank": ("mw_basis_agrees",),
        "mw_basis_allowed": ("mw_basis_agrees",),
        "numbers_finite-backstop_usd_m": ("backstop_has_party", "backstop_within_value"),
        "numbers_finite-value_usd_m": ("value_per_mw_year_plausible",),
        "numbers_finite-critical_it_mw": ("critical_load_within_gross",),
        "numbers_finite-term_years": ("term_plausible", "value_per_mw_year_plausible"),
        "numbers_finite-issuer_share_pct": ("issuer_share_pct_not_above_maximum",),
        "blank_text_is_null-value_includes": ("included_deals_exist", "only_totals_include"),
    },
    "raw_ledger__bond_tranche": {
        "key_unique": ("tranches_sum_to_headline",),
        "deal_id_present": ("tranches_sum_to_headline",),
        "deal_id_present-blank": ("tranches_sum_to_headline",),
        "deal_id_well_formed": ("tranches_sum_to_headline",),
        "issuer_present-blank": ("deal_of_one_issuer",),
        "issuer_well_formed": ("deal_of_one_issuer",),
        "status_present": ("tranches_sum_to_headline",),
        "status_present-blank": ("tranches_sum_to_headline",),
        "status_allowed": ("tranches_sum_to_headline",),
        "currency_allowed": ("deal_of_one_issuer",),
        "principal_m_positive": ("tranches_sum_to_headline",),
        "price_pct_positive": ("price_plausible",),
        "deal_headline_m_positive": ("deal_of_one_issuer",),
        "numbers_finite-principal_m": ("tranches_sum_to_headline",),
        "numbers_finite-coupon_pct": ("coupon_plausible",),
        "numbers_finite-floating_margin_bp": ("coupon_fits_kind", "spread_plausible"),
        "numbers_finite-spread_bp": ("spread_plausible",),
        "numbers_finite-price_pct": ("price_plausible",),
        "numbers_finite-ytm_pct": ("yield_plausible",),
        "numbers_finite-deal_headline_m": ("deal_of_one_issuer",),
        "blank_text_is_null-currency": ("deal_of_one_issuer",),
        "announced_date_not_in_future": ("settled_after_announcement",),
    },
    "raw_ledger__capex_quarter": {
        "value_not_below_minimum": ("step_plausible",),
        "numbers_finite-value": ("leases_add", "step_plausible"),
        "period_end_date_not_in_future": ("quarter_length_plausible",),
    },
    "raw_ledger__capex_guidance": {
        "target_year_not_below_minimum": ("target_year_near",),
        "target_year_not_above_maximum": ("target_year_near",),
        "low_positive": ("amount_plausible",),
        "high_positive": ("high_not_below_low",),
        "numbers_finite-low": ("amount_plausible", "high_not_below_low"),
        "numbers_finite-high": ("amount_plausible",),
    },
    "raw_ledger__production": {
        "btc_held_not_below_minimum": ("restricted_within_held", "treasury_rolls"),
        "hashrate_energized_eh_s_positive": ("operating_within_energized",),
        "fleet_efficiency_j_per_th_positive": ("efficiency_plausible",),
        "power_cost_usd_per_kwh_positive": ("power_cost_plausible",),
        "numbers_finite-btc_produced": ("production_plausible", "treasury_rolls"),
        "numbers_finite-btc_sold": ("treasury_rolls",),
        "numbers_finite-btc_held": ("treasury_rolls",),
        "numbers_finite-btc_restricted": ("restricted_within_held",),
        "numbers_finite-hashrate_operating_eh_s": ("operating_within_energized",),
        "numbers_finite-fleet_efficiency_j_per_th": ("efficiency_plausible",),
        "numbers_finite-power_cost_usd_per_kwh": ("power_cost_plausible",),
        "period_end_date_not_in_future": ("period_is_month",),
    },
    "raw_ledger__disclosure_regime": {
        "key_unique": ("cadence_changes",),
    },
    **{
        table: {
            "cik_present-blank": ("cik_of_issuer",),
            "cik_well_formed": ("cik_of_issuer",),
            **(
                {}
                if table == "raw_sec__document"
                else {
                    "known_at_utc_not_in_future": ("known_near_filed_date",),
                    "filed_date_not_in_future": ("known_near_filed_date",),
                }
            ),
        }
        for table in ("raw_sec__filing", "raw_sec__fact", "raw_sec__document")
    },
    "raw_ledger__feed": {
        "not_empty": ("every_subject_asked",),
        "domain_present": ("stand_in_named",),
        "domain_present-blank": ("provider_of_one_domain", "stand_in_named"),
        "domain_allowed": ("provider_of_one_domain", "stand_in_named"),
        "subject_present": ("stand_in_named",),
        "subject_present-blank": ("stand_in_named", "subject_known"),
        "provider_present": ("stand_in_named",),
        "provider_present-blank": ("provider_known",),
        "provider_well_formed": ("provider_known",),
    },
    "raw_ledger__bar_exclusion": {
        "instrument_present-blank": ("instrument_known",),
        "provider_present-blank": ("provider_known",),
        "provider_well_formed": ("provider_known",),
    },
    "raw_macro__observation": {
        "series_present-blank": ("series_known",),
        "series_well_formed": ("series_known",),
        "provider_present-blank": ("provider_known",),
        "numbers_finite-value": ("step_plausible",),
        "observation_date_not_in_future": ("lag_kept",),
        "observation_date_not_after_known": ("lag_kept",),
    },
    "raw_feed__request": {
        "subject_present-blank": ("subject_known",),
        "provider_present-blank": ("provider_known",),
        "outcome_present-blank": ("problem_told",),
        "outcome_allowed": ("problem_told",),
        "blank_text_is_null-problem": ("problem_told",),
        "asked_date_not_in_future": ("asked_on_asked_date",),
        "asked_date_not_after_known": ("known_when_asked",),
    },
    "raw_ledger__concept": {
        "issuer_present": ("first_term_required",),
        "issuer_present-blank": ("first_term_required",),
        "issuer_well_formed": ("first_term_required",),
        "metric_present": ("first_term_required",),
        "metric_present-blank": ("first_term_required", "period_type_fits_metric"),
        "metric_allowed": ("first_term_required", "period_type_fits_metric"),
        "taxonomy_present": ("first_term_required",),
        "taxonomy_present-blank": ("first_term_required",),
        "taxonomy_allowed": ("first_term_required",),
        "period_type_present-blank": ("period_type_fits_metric",),
        "period_type_allowed": ("period_type_fits_metric",),
    },
}

CONTRACT_COMPANIONS: dict[tuple[str, str], frozenset[str]] = {
    (table, rule): frozenset(others) for table, rules in _BY_TABLE.items() for rule, others in rules.items()
}
