{#- What sqlfluff puts in place of our macros: text of the right shape, no logic. A macro missing here fails the lint. -#}
{% macro limit(name) %}1{% endmacro %}
{% macro as_of(relation, key) %}(select * from {{ relation }}){% endmacro %}
{% macro as_intervals(relation, key) %}(select * from {{ relation }}){% endmacro %}
{% macro newest_vintage_first(key, relation) %}row_number() over (order by {{ relation }}.known_at_utc){% endmacro %}
{% macro in_force(relation, date) %}{{ relation }}.valid_from_date <= {{ date }}{% endmacro %}
{% macro known_by(column='known_at_utc') %}{{ column }} <= cast('9999-12-31' as timestamp){% endmacro %}
{% macro rules_not_held(unique, known_at_or_before_as_of, filled, values, rules) %}concat_ws('; ', 'a'){% endmacro %}
{% macro as_of_date() %}cast('9999-12-31' as date){% endmacro %}
{% macro days_between(first, last) %}({{ last }} - {{ first }}){% endmacro %}
{% macro add_days(date, days) %}({{ date }} + {{ days }}){% endmacro %}
{% macro date_midpoint(first, last) %}coalesce({{ first }}, {{ last }}){% endmacro %}
{% macro quarter_label(date) %}concat({{ date }}, 'Q'){% endmacro %}
{% macro month_start(date) %}cast({{ date }} as date){% endmacro %}
{% macro each_day(first, last) %}coalesce({{ first }}, {{ last }}){% endmacro %}
{% macro is_in_list(item, list) %}contains({{ list }}, {{ item }}){% endmacro %}
{% macro hashrate_implied_eh_s(difficulty) %}{{ difficulty }} * 1{% endmacro %}
{% macro hashrate_realized_eh_s(difficulty, blocks) %}{{ difficulty }} * {{ blocks }}{% endmacro %}
{% macro hashprice_usd_ph_day(subsidy_btc, fees_btc, blocks, blocks_per_day, hashrate_eh_s, btc_close_usd) %}
{{ subsidy_btc }} + {{ fees_btc }} / {{ blocks }} * {{ blocks_per_day }} * {{ btc_close_usd }} / {{ hashrate_eh_s }}{% endmacro %}
{% macro fleet_power_mw(hashrate_eh_s, efficiency_j_per_th) %}{{ hashrate_eh_s }} * {{ efficiency_j_per_th }}{% endmacro %}
{% macro quarters_spanned(first, last) %}({{ last }} - {{ first }}){% endmacro %}
{% macro quarters_apart(one, other) %}({{ other }} - {{ one }}){% endmacro %}
{% macro is_of_another_scale(ratio) %}({{ ratio }} > 500){% endmacro %}
{% macro is_annual_report(form) %}{{ form }} = '10-K'{% endmacro %}
{% macro expected_quarter_end(year_start, quarter) %}coalesce({{ year_start }}, {{ quarter }}){% endmacro %}
{% macro change_kind(value, previous) %}coalesce({{ value }}, {{ previous }}){% endmacro %}
{% macro fiscal_year_of(relation) %}{{ relation }}.issuer, {{ relation }}.concept{% endmacro %}
{% macro same_fiscal_year(a, b) %}{{ a }}.issuer = {{ b }}.issuer{% endmacro %}
{% macro of_all_terms(text) %}min({{ text }}){% endmacro %}
{% macro is_nil_term() %}value is null{% endmacro %}
{% macro same_fact(a, b) %}{{ a }}.issuer = {{ b }}.issuer{% endmacro %}
{% macro listed(text, separator, order_by) %}string_agg({{ text }}, '{{ separator }}'){% endmacro %}
{% macro running_product(factor, window_name) %}sum({{ factor }}) over {{ window_name }}{% endmacro %}
{% macro close_tolerance_pct() %}0.5{% endmacro %}
{% macro difference_pct(close_usd, other_close_usd) %}abs({{ close_usd }} - {{ other_close_usd }}){% endmacro %}
{% macro is_tenfold(ratio, tolerance) %}abs({{ ratio }} - 10) <= {{ tolerance }}{% endmacro %}
{% macro is_split_sized(ratio, tolerance) %}abs({{ ratio }} - 2) <= {{ tolerance }}{% endmacro %}
{% macro close_known_at(close_utc) %}coalesce({{ close_utc }}, {{ close_utc }}){% endmacro %}
{% macro redistribution_rank(terms) %}length({{ terms }}){% endmacro %}
{% macro redistribution_of_rank(rank) %}cast({{ rank }} as varchar){% endmacro %}
{% macro macro_tolerance(value) %}abs({{ value }}){% endmacro %}
{% macro network_tolerance_pct() %}5.0{% endmacro %}
{% macro with_weighted_neighbours(term, lags, window_name) %}{{ term }} + lag({{ term }}, 1) over {{ window_name }}{% endmacro %}
{% macro agrees(one, other) %}{{ one }} = {{ other }}{% endmacro %}
{% macro number_text(number) %}cast({{ number }} as varchar){% endmacro %}
{% macro each_item(list) %}coalesce({{ list }}, {{ list }}){% endmacro %}
{% macro claim_miss(comparison, value, figure) %}abs({{ value }} - {{ figure }}){% endmacro %}
{% macro claim_question(relation=none) %}{% set prefix = relation ~ '.' if relation else '' %}{{ prefix }}claim_id, {{ prefix }}figure_number, {{ prefix }}basis, {{ prefix }}day{% endmacro %}
{% macro claim_metrics() %}{{ return({'return_pct': 'fct_market_price_daily'}) }}{% endmacro %}
{% macro centred_sum(one, other) %}sum({{ one }} * {{ other }}){% endmacro %}
{% macro factors_determinant(observations) %}centred_xx * {{ observations }}{% endmacro %}
{% macro beta_on_x(determinant) %}centred_xy / {{ determinant }}{% endmacro %}
{% macro beta_on_z(determinant) %}centred_zy / {{ determinant }}{% endmacro %}
{% macro filing_folder(cik, accession) %}coalesce({{ cik }}, {{ accession }}){% endmacro %}
{% macro filing_page(cik, accession) %}coalesce({{ cik }}, {{ accession }}){% endmacro %}
{% macro citation_page(citation, cik) %}coalesce({{ citation }}, {{ cik }}){% endmacro %}
{% macro is_one_of(text, names) %}{{ text }} = 'a'{% endmacro %}
{% macro closes_across_splits() %}(select instrument, session_date, close_usd, known_at_utc from t){% endmacro %}
{% macro uniform_numbers(seed, streams, draws) %}select 1 as draw, 'a' as stream, 0.5 as uniform{% endmacro %}
{% macro steady_sum(expression) %}sum({{ expression }}){% endmacro %}
