-- A small good world of published models, made from the raw one with plain SQL. The real models are tested under tests/dbt.
-- One script: DuckDB wants each named window in it once.

CREATE TABLE dim_issuer AS SELECT issuer, cik, sec_name, sec_name AS current_name, issuer AS current_ticker, role,
    fiscal_year_end, business_start_date, known_at_utc FROM raw.raw_ledger__issuer;
CREATE TABLE dim_issuer_name AS SELECT issuer, name, valid_from_date, lead(valid_from_date) OVER by_issuer AS valid_to_date,
    lead(valid_from_date) OVER by_issuer IS NULL AS is_current, known_at_utc FROM raw.raw_ledger__issuer_name
    WINDOW by_issuer AS (PARTITION BY issuer ORDER BY valid_from_date);
CREATE TABLE dim_ticker AS SELECT issuer, ticker, valid_from_date, valid_to_date, valid_to_date IS NULL AS is_current,
    known_at_utc FROM (SELECT *, lead(valid_from_date) OVER (PARTITION BY issuer ORDER BY valid_from_date) AS valid_to_date
    FROM raw.raw_ledger__ticker) WHERE event = 'listed';
CREATE TABLE dim_disclosure_regime AS SELECT issuer, metric, cadence, valid_from_date,
    lead(valid_from_date) OVER (PARTITION BY issuer, metric ORDER BY valid_from_date) AS valid_to_date, label, known_at_utc
    FROM raw.raw_ledger__disclosure_regime;
CREATE TABLE dim_instrument AS SELECT instrument, name, kind, issuer, calendar, currency, close_convention, known_at_utc
    FROM raw.raw_ledger__instrument;
CREATE TABLE dim_date AS SELECT date_day, s.session_date IS NOT NULL AS is_xnys_session,
    coalesce(s.is_half_day, false) AS is_half_day, s.close_utc AS xnys_close_utc,
    max(s.session_date) OVER (ORDER BY date_day ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous_session_date,
    year(date_day) || 'Q' || quarter(date_day) AS calendar_quarter,
    CAST(date_trunc('month', date_day) AS DATE) AS month_start_date, s.known_at_utc
    FROM (SELECT CAST(unnest(generate_series(DATE '2025-06-02', DATE '2025-07-18', INTERVAL 1 DAY)) AS DATE) AS date_day)
    LEFT JOIN raw.raw_calendar__session AS s ON s.session_date = date_day;

CREATE TABLE fct_market_action AS SELECT instrument, ex_date, action, split_ratio, dividend_usd, provider,
    CAST(CASE WHEN instrument = 'MARA' THEN 2 ELSE 1 END AS BIGINT) AS providers_count, known_at_utc
    FROM raw.raw_market__action WHERE provider = 'yahoo';
CREATE TABLE fct_market_price_daily AS SELECT *, CASE WHEN instrument IN ('MARA', 'BTC-USD')
    THEN close_split_adjusted_usd * CASE WHEN instrument = 'MARA' AND session_date < DATE '2025-07-02' THEN 0.975 ELSE 1 END
    END AS close_total_return_usd, CASE WHEN instrument NOT IN ('MARA', 'BTC-USD') THEN 'dividends were not asked for' END
    AS total_return_null_reason, CAST(NULL AS TIMESTAMP) AS adjustment_known_at_utc
    FROM (SELECT b.instrument, b.session_date, b.open_usd, b.high_usd, b.low_usd, b.close_usd, b.volume, b.provider,
    b.known_at_utc, b.close_usd / CASE WHEN b.instrument = 'SPY' AND b.session_date < DATE '2025-07-07' THEN 4 ELSE 1 END
    AS close_split_adjusted_usd, CAST(CASE WHEN o.instrument IS NULL THEN 1 ELSE 2 END AS BIGINT) AS providers_count,
    100 * abs(o.close_usd / b.close_usd - 1) AS max_difference_pct, CASE WHEN o.instrument IS NULL THEN 'single' ELSE 'agrees'
    END AS agreement, CAST(NULL AS VARCHAR) AS disagreement_reason, 'unknown' AS redistribution
    FROM raw.raw_market__bar AS b LEFT JOIN raw.raw_market__bar AS o ON o.provider = 'tiingo' AND o.instrument = b.instrument
    AND o.session_date = b.session_date AND o.session_date <> DATE '2025-07-08' WHERE b.provider = 'bundle');
CREATE TABLE mart_market_gap AS SELECT 'SPY' AS instrument, DATE '2025-07-09' AS session_date, 'yahoo' AS missing_at,
    'missing_at_provider' AS gap, 'yahoo' AS provider, CAST(3 AS BIGINT) AS times_asked,
    TIMESTAMP '2025-07-12 06:00:00' AS known_at_utc;
CREATE TABLE fct_network_daily AS SELECT utc_date, blocks, fees_btc, difficulty, 50.0 * 144 AS hashrate_eh_s,
    CAST(55 AS DOUBLE) AS hashprice_usd_ph_day, CAST(3.125 AS DOUBLE) AS block_subsidy_btc,
    CAST(108000 AS DOUBLE) AS btc_close_usd, 50.0 * blocks AS hashrate_realized_eh_s,
    CAST(NULL AS VARCHAR) AS hashprice_null_reason, known_at_utc, provider, 'unknown' AS redistribution,
    51.0 * blocks AS hashrate_provider_eh_s, 'mempool' AS hashrate_provider,
    100 * (51.0 * blocks / (50.0 * blocks) - 1) AS hashrate_difference_pct
    FROM raw.raw_network__day WHERE provider = 'bundle';
ALTER TABLE fct_network_daily ALTER hashrate_eh_s TYPE DOUBLE;
ALTER TABLE fct_network_daily ALTER hashrate_realized_eh_s TYPE DOUBLE;
ALTER TABLE fct_network_daily ALTER hashrate_provider_eh_s TYPE DOUBLE;
CREATE TABLE fct_capacity AS SELECT issuer, site, status, basis, as_of_date, known_at_utc FROM raw.raw_ledger__capacity;
CREATE TABLE fct_statement AS SELECT statement_id, known_at_utc FROM raw.raw_ledger__statement;
CREATE TABLE fct_purchase_commitment AS SELECT issuer, commitment_class, concept, as_of_date, known_at_utc
    FROM raw.raw_ledger__purchase_commitment;
CREATE TABLE fct_data_center AS SELECT data_center, as_of_date, known_at_utc FROM raw.raw_ledger__data_center;
CREATE TABLE mart_power AS SELECT country, year, known_at_utc FROM raw.raw_ledger__electricity;
CREATE TABLE fct_event AS SELECT event_id, kind, issuer, event_date, known_at_utc FROM raw.raw_ledger__event;
CREATE TABLE fct_difficulty_epoch AS SELECT epoch, first_height, began_at_utc, time_basis, bits, difficulty,
    CASE WHEN epoch > 0 THEN CAST(0 AS DOUBLE) END AS change_pct, difficulty * 4294967296 / 600 / 1e18 AS hashrate_eh_s,
    known_at_utc FROM raw.raw_network__epoch;
CREATE TABLE fct_ai_deal AS SELECT deal_id, issuer, counterparty, announced_date, deal_kind, service_model, programme,
    value_kind, value_usd_m, critical_it_mw, gross_mw, term_years, issuer_share_pct,
    value_usd_m * issuer_share_pct / 100 AS value_attributable_usd_m,
    deal_id IN ('CORZ-B', 'MARA-C') AS is_in_book,
    CASE WHEN deal_id = 'CORZ-A' THEN 'replaced' WHEN deal_kind <> 'contract' THEN 'no_contract' END AS book_exclusion_reason,
    value_usd_m / critical_it_mw / term_years AS usd_m_per_critical_mw_year, known_at_utc FROM raw.raw_ledger__ai_deal;
CREATE TABLE fct_bond_tranche AS SELECT tranche_id, deal_id, issuer, status, announced_date, currency, principal_m,
    CASE WHEN currency = 'USD' THEN principal_m END AS principal_usd_m,
    CASE WHEN currency <> 'USD' THEN 'no_fx_rate' END AS principal_usd_null_reason, coupon_pct, maturity_date,
    CAST(10 AS DOUBLE) AS tenor_years, spread_bp, peak_orders_m, registration, deal_headline_m, known_at_utc
    FROM raw.raw_ledger__bond_tranche;
CREATE TABLE fct_financial_quarter AS SELECT issuer, metric, basis,
    year(period_start_date + 45) || 'Q' || quarter(period_start_date + 45) AS calendar_quarter, value AS value_usd_m,
    'ledger' AS method, period_start_date, period_end_date, CAST(NULL AS VARCHAR) AS null_reason, known_at_utc,
    value * 1e6 AS value, 'USD' AS unit, CAST(NULL AS DOUBLE) AS minuend_value, CAST(NULL AS VARCHAR) AS minuend_accession,
    CAST(NULL AS DOUBLE) AS subtrahend_value, CAST(NULL AS VARCHAR) AS subtrahend_accession, value AS ledger_value_usd_m,
    period_start_date AS ledger_period_start_date, period_end_date AS ledger_period_end_date, CAST(NULL AS DOUBLE) AS minuend_latest_value
    FROM raw.raw_ledger__capex_quarter;
CREATE TABLE fct_capex_guidance AS SELECT issuer, metric, target_year, target_basis, low AS low_usd_m, high AS high_usd_m,
    (low + coalesce(high, low)) / 2 AS midpoint_usd_m, announced_date,
    announced_date = max(announced_date) OVER () AS is_latest, row_number() OVER (ORDER BY announced_date) AS revision_number,
    known_at_utc FROM raw.raw_ledger__capex_guidance;
CREATE TABLE fct_miner_operating AS SELECT issuer, period_start_date, period_end_date, metric, value,
    CASE WHEN metric LIKE 'btc%' THEN 'BTC' ELSE metric END AS unit, definition_version, known_at_utc
    FROM (UNPIVOT (SELECT issuer, period_start_date, period_end_date, definition_version, known_at_utc, btc_produced, btc_sold,
    btc_held, btc_restricted, hashrate_energized_eh_s, hashrate_operating_eh_s, fleet_efficiency_j_per_th,
    electricity_cost_usd_per_btc, power_cost_usd_per_kwh, revenue_usd_per_btc FROM raw.raw_ledger__production)
    ON btc_produced, btc_sold, btc_held, btc_restricted, hashrate_energized_eh_s, hashrate_operating_eh_s,
    fleet_efficiency_j_per_th, electricity_cost_usd_per_btc, power_cost_usd_per_kwh, revenue_usd_per_btc
    INTO NAME metric VALUE value);

CREATE TABLE mart_contracted_ai_book AS SELECT issuer, count(*) AS deal_count, sum(value_usd_m) AS value_usd_m,
    sum(value_attributable_usd_m) AS value_attributable_usd_m, sum(critical_it_mw) AS critical_it_mw,
    max(counterparty) AS top_counterparty, CAST(100 AS DOUBLE) AS top_counterparty_share_pct,
    sum(CASE WHEN service_model = 'colocation' THEN value_usd_m END) AS colocation_value_usd_m,
    sum(CASE WHEN service_model = 'gpu_cloud' THEN value_usd_m END) AS gpu_cloud_value_usd_m,
    min(announced_date) AS first_announced_date, max(announced_date) AS last_announced_date, max(known_at_utc) AS known_at_utc
    FROM fct_ai_deal WHERE is_in_book GROUP BY issuer;
CREATE TABLE mart_bond_issuance AS SELECT tranche_id, deal_id, issuer, announced_date, currency, principal_m,
    principal_usd_m, coupon_pct, sum(principal_m) OVER d AS deal_principal_m,
    sum(principal_m * coupon_pct) OVER d / sum(principal_m) OVER d AS deal_weighted_coupon_pct,
    count(*) OVER d AS deal_tranches, deal_headline_m, sum(principal_m) OVER d - deal_headline_m AS deal_headline_difference_m,
    peak_orders_m / sum(principal_m) OVER d AS demand_cover, known_at_utc
    FROM fct_bond_tranche WHERE status = 'final' WINDOW d AS (PARTITION BY deal_id);
CREATE TABLE mart_hyperscaler_capex AS SELECT issuer, calendar_quarter,
    max(CASE WHEN metric = 'capex_cash' THEN value_usd_m END) AS capex_cash_usd_m,
    max(CASE WHEN metric = 'capex_with_finance_leases' THEN value_usd_m END) AS capex_with_finance_leases_usd_m,
    CAST(CASE WHEN calendar_quarter = '2025Q2' THEN 64400 END AS DOUBLE) AS capex_cash_ttm_usd_m,
    CASE WHEN calendar_quarter <> '2025Q2' THEN 'too few quarters' END AS capex_cash_ttm_null_reason,
    CAST(NULL AS DOUBLE) AS capex_cash_yoy_pct,
    4 * max(CASE WHEN metric = 'capex_cash' THEN value_usd_m END) AS capex_cash_run_rate_usd_m,
    CAST(75000 AS DOUBLE) AS guidance_low_usd_m, CAST(80000 AS DOUBLE) AS guidance_high_usd_m, max(known_at_utc) AS known_at_utc
    FROM fct_financial_quarter GROUP BY issuer, calendar_quarter;
CREATE TABLE mart_market_performance AS SELECT instrument, session_date, close_usd, close_split_adjusted_usd,
    lag(session_date) OVER by_instrument AS previous_session_date,
    100 * (close_split_adjusted_usd / lag(close_split_adjusted_usd) OVER by_instrument - 1) AS return_1d_pct,
    100 * (close_total_return_usd / lag(close_total_return_usd) OVER by_instrument - 1) AS return_1d_total_pct,
    CAST(1 AS DOUBLE) AS return_1m_pct, CAST(1.5 AS DOUBLE) AS return_1m_total_pct,
    DATE '2025-06-11' AS return_1m_base_date,
    CAST(1 AS DOUBLE) AS return_ytd_pct, CAST(1.5 AS DOUBLE) AS return_ytd_total_pct,
    DATE '2024-12-31' AS return_ytd_base_date,
    DATE '2025-06-30' AS event_date, CAST(1 AS DOUBLE) AS return_since_event_pct,
    CAST(1.5 AS DOUBLE) AS return_since_event_total_pct, DATE '2025-06-27' AS return_since_event_base_date,
    total_return_null_reason,
    CASE WHEN lag(close_usd) OVER by_instrument IS NULL THEN '1 day: no session before' END AS null_reasons, known_at_utc
    FROM fct_market_price_daily WINDOW by_instrument AS (PARTITION BY instrument ORDER BY session_date);
CREATE TABLE mart_convergence_index AS SELECT issuer AS subject, DATE '2025-06-01' AS period_start_date,
    CAST(NULL AS DOUBLE) AS index_pct, known_at_utc FROM dim_issuer;
CREATE TABLE mart_funding_bridge AS SELECT issuer, '2025Q2' AS calendar_quarter, known_at_utc FROM dim_issuer;
CREATE TABLE dim_fiscal_period AS SELECT issuer, '2025Q2' AS calendar_quarter, known_at_utc FROM dim_issuer;
CREATE TABLE mart_correlation AS SELECT 'MARA' AS instrument_a, 'SPY' AS instrument_b, CAST(30 AS BIGINT) AS window_sessions,
    session_date, CAST(0.6 AS DOUBLE) AS correlation, CAST(2.5 AS DOUBLE) AS beta,
    CAST(0.4 AS DOUBLE) AS beta_standard_error, CAST(30 AS BIGINT) AS observations, 'same_close' AS close_alignment,
    CAST(NULL AS VARCHAR) AS same_close_alternative, known_at_utc FROM fct_market_price_daily WHERE instrument = 'MARA';
CREATE TABLE mart_capital_rotation AS SELECT 'miners' AS basket, session_date, 'ytd' AS horizon, CAST(4 AS DOUBLE) AS return_pct,
    'MARA' AS members, known_at_utc FROM fct_market_price_daily WHERE instrument = 'MARA';
CREATE TABLE mart_event_study AS SELECT event_id, issuer AS instrument, issuer, event_date, CAST(12 AS DOUBLE) AS ar_day_0_pct,
    known_at_utc FROM fct_event;
CREATE TABLE mart_factor_exposure AS SELECT instrument, CAST(90 AS BIGINT) AS window_sessions, session_date,
    CAST(1.2 AS DOUBLE) AS beta_btc, CAST(0.7 AS DOUBLE) AS beta_ai, known_at_utc FROM fct_market_price_daily
    WHERE instrument = 'MARA';
CREATE TABLE mart_macro_regime AS SELECT session_date, CAST(600 AS DOUBLE) AS stocks_close_usd, true AS is_stocks_record,
    known_at_utc FROM fct_market_price_daily WHERE instrument = 'MARA';
CREATE TABLE mart_miner_scorecard AS
    SELECT issuer, strftime(period_start_date, '%Y-%m') AS period, period_start_date, period_end_date, 'monthly' AS cadence,
    btc_produced, btc_held, btc_restricted, hashrate_energized_eh_s * fleet_efficiency_j_per_th AS fleet_power_mw,
    CAST(105000 AS DOUBLE) AS btc_month_average_usd, CAST(52 AS DOUBLE) AS month_average_hashprice_usd_ph_day,
    CAST(900 AS DOUBLE) AS contracted_ai_value_usd_m, CAST(20 AS DOUBLE) AS contracted_ai_critical_mw,
    'reported' AS disclosure_status, CAST(10 AS BIGINT) AS evidence_count, known_at_utc FROM raw.raw_ledger__production
    UNION ALL SELECT 'MARA', '2025-07', DATE '2025-07-01', DATE '2025-07-31', 'quarterly', NULL, NULL, NULL, NULL, 115000, 58,
    900, 20, 'silent', 0, TIMESTAMP '2025-08-01';

CREATE TABLE fct_financial_xbrl AS SELECT issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date,
    accession, value, 'capex_cash' AS metrics, form, filed_date, row_number() OVER f AS filing_number,
    lead(value) OVER f IS NULL AS is_latest, CASE WHEN lag(value) OVER f <> value THEN 'restated' END AS change_kind,
    known_at_basis, known_at_utc FROM raw.raw_sec__fact WINDOW f AS (PARTITION BY period_end_date ORDER BY known_at_utc);
CREATE TABLE mart_restatement AS SELECT b.issuer, b.taxonomy, b.concept, b.unit, b.period_type, b.period_start_date,
    b.period_end_date, CAST(1 AS BIGINT) AS revision_number, b.metrics, b.change_kind, a.value AS from_value,
    b.value AS to_value, b.value - a.value AS change, a.accession AS from_accession, a.known_at_utc AS from_known_at_utc,
    b.accession AS to_accession, b.known_at_utc FROM fct_financial_xbrl AS b JOIN fct_financial_xbrl AS a
    ON a.period_end_date = b.period_end_date AND a.filing_number = b.filing_number - 1;

CREATE TABLE dim_counterparty AS SELECT counterparty, role, parent, parent_issuer, CAST(1 AS BIGINT) AS spellings_count,
    known_at_utc FROM raw.raw_ledger__counterparty WHERE spelling = counterparty;
CREATE TABLE dim_metric AS SELECT DISTINCT metric, issuer AS defined_by, taxonomy AS standard, CAST(1 AS BIGINT) AS definition_version,
    'USD million' AS unit, basis AS definition, valid_from_date, known_at_utc FROM raw.raw_ledger__concept;
CREATE TABLE dim_ownership AS SELECT issuer, parent, valid_from_date, CAST(NULL AS DATE) AS valid_to_date, is_consolidated, share_pct,
    known_at_utc FROM raw.raw_ledger__ownership;
CREATE TABLE dim_provider AS SELECT provider, name, access, licence, redistribution, attribution, known_at_utc
    FROM raw.raw_ledger__provider;
CREATE TABLE dim_series AS SELECT series, name, unit, frequency, publication_lag_days, is_revised, owner, redistribution,
    known_at_utc FROM raw.raw_ledger__series;
CREATE TABLE fct_macro_observation AS SELECT o.series, o.observation_date, o.value, s.unit, o.provider,
    'allowed' AS redistribution, o.providers_count, CASE WHEN o.providers_count > 1 THEN o.apart END AS max_difference,
    CASE WHEN o.providers_count > 1 THEN 'agrees' ELSE 'single' END AS agreement, o.known_at_basis, o.known_at_utc
    FROM (SELECT *, count(*) OVER by_day AS providers_count, max(value) OVER by_day - min(value) OVER by_day AS apart
    FROM raw.raw_macro__observation WINDOW by_day AS (PARTITION BY series, observation_date)) AS o
    JOIN raw.raw_ledger__series AS s ON s.series = o.series WHERE o.provider = 'fred';
CREATE TABLE mart_provider_health AS SELECT provider, domain, asked_date, count(*) AS questions,
    count(*) FILTER (outcome = 'answered') AS answered, count(*) FILTER (outcome = 'empty') AS empty,
    count(*) FILTER (outcome = 'unknown_subject') AS unknown_subject,
    count(*) FILTER (outcome = 'quota_exceeded') AS quota_exceeded, count(*) FILTER (outcome = 'failed') AS failed,
    count(*) FILTER (outcome = 'skipped') AS skipped, count(*) FILTER (outcome = 'failed') AS fail_overs,
    false AS is_circuit_open, CAST(sum(requests) AS BIGINT) AS requests, sum(seconds) AS seconds,
    min(problem) AS first_problem, max(known_at_utc) AS known_at_utc
    FROM raw.raw_feed__request GROUP BY provider, domain, asked_date;

CREATE TABLE mart_data_quality AS SELECT source_table AS check_subject, source_table AS source, '2025-07-31' AS period,
    'days_behind_newest_source' AS finding, 'info' AS severity, CAST(0 AS DOUBLE) AS value, CAST(NULL AS DOUBLE) AS expected,
    'days' AS unit, last_known_at_utc AS known_at_utc FROM meta_freshness
    UNION ALL SELECT provider || ' ' || domain, 'raw_feed__request', CAST(asked_date AS VARCHAR), 'failed_over', 'warning',
    fail_overs, 0, 'subjects', known_at_utc FROM mart_provider_health WHERE fail_overs > 0
    UNION ALL SELECT source_table, source_table, 'all', 'rows_in_a_number', 'info', rows, NULL, 'rows', last_known_at_utc
    FROM meta_freshness WHERE source_table IN ('raw_sec__fact', 'raw_market__bar', 'raw_market__action', 'raw_macro__observation',
    'raw_network__day', 'raw_ledger__production');
CREATE TABLE mart_claims AS SELECT claim_id, figure_number, coalesce(own_basis, 'none') AS basis, claim, figure,
    CASE WHEN metric IS NULL THEN 'not testable' ELSE 'refuted' END AS claim_verdict, known_at_utc FROM raw.raw_ledger__claim;
CREATE TABLE mart_news AS SELECT deal_id AS news_id, 'deal' AS kind, issuer, known_at_utc FROM fct_ai_deal;
