{#- What a claim is held against, and how far a value may lie from its figure. -#}

{#- How far the value misses what the comparison asks of the figure, in the unit of both; zero where it does not. -#}
{% macro claim_miss(comparison, value, figure) -%}
    case {{ comparison }}
        when 'about' then abs({{ value }} - {{ figure }})
        when 'at_least' then greatest({{ figure }} - {{ value }}, 0.0)
        when 'at_most' then greatest({{ value }} - {{ figure }}, 0.0)
    end
{%- endmacro %}

{#- What the rows of a family share: which claim, figure, basis and day a value answers. -#}
{% macro claim_question(relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ prefix }}claim_id,
    {{ prefix }}figure_number,
    {{ prefix }}basis,
    {{ prefix }}day
{%- endmacro %}

{#- The metrics of claims, each with the published table that it is computed from. The page on claims says what they mean. -#}
{% macro claim_metrics() -%}
    {{ return({
        'return_pct': 'fct_market_price_daily',
        'lowest_close_usd': 'fct_market_price_daily',
        'recovery_lead_days': 'fct_market_price_daily',
        'correlation': 'mart_correlation',
        'beta': 'mart_correlation',
        'bond_principal_m': 'mart_bond_issuance',
        'bond_peak_orders_m': 'mart_bond_issuance',
        'bond_size_rank': 'mart_bond_issuance',
        'years_since_bond': 'mart_bond_issuance',
        'deal_value_usd_m': 'fct_ai_deal',
        'deal_count': 'fct_ai_deal',
        'deal_term_years': 'fct_ai_deal',
        'book_rank': 'fct_ai_deal',
        'capex_usd_m': 'mart_hyperscaler_capex',
        'block_subsidy_change_pct': 'fct_network_daily',
        'hashprice_change_pct': 'fct_network_daily',
        'mining_to_hosting_pct': 'fct_network_daily',
        'series_change_pct': 'fct_macro_observation',
        'coins_sold_btc': 'fct_miner_operating',
        'fear_at_records_pct': 'mart_macro_regime',
        'days_since_event': 'fct_event',
        'event_value_change': 'fct_event',
        'statement_value': 'fct_statement',
        'capacity_mw': 'fct_capacity',
        'power_lead_twh': 'mart_power',
        'debt_usd_m': 'fct_financial_quarter',
        'segment_volatility_ratio': 'fct_segment_quarter',
    }) }}
{%- endmacro %}
