-- Each key of what a fact is made from that could be known at T stands in the fact, and no other.
{{ config(meta={'dagster': {'ref': {'name': 'fct_ai_deal'}}}) }}

{% set facts = {
    'fct_ai_deal': (ref('int_ai_deal__known'), ['deal_id']),
    'fct_capex_guidance': (
        ref('stg_ledger__capex_guidance'), ['issuer', 'metric', 'target_year', 'target_basis', 'announced_date']
    ),
    'fct_miner_operating': (
        '(select issuer, period_start_date, period_end_date, metric, known_at_utc from '
        ~ ref('int_production__unpivoted')
        ~ ' union all select issuer, period_start_date, period_end_date, metric, known_at_utc from ' ~ ref('int_miner__filed') ~ ') as figures',
        ['issuer', 'period_start_date', 'period_end_date', 'metric']
    ),
    'fct_bond_tranche': (ref('int_bond_tranche__known'), ['tranche_id']),
    'fct_capacity': (source('raw', 'raw_ledger__capacity'), ['issuer', 'site', 'status', 'basis', 'as_of_date']),
    'fct_statement': (source('raw', 'raw_ledger__statement'), ['statement_id']),
    'fct_purchase_commitment': (
        source('raw', 'raw_ledger__purchase_commitment'), ['issuer', 'commitment_class', 'concept', 'as_of_date']
    ),
    'fct_data_center': (source('raw', 'raw_ledger__data_center'), ['data_center', 'as_of_date']),
    'mart_power': (source('raw', 'raw_ledger__electricity'), ['country', 'year']),
    'fct_market_action': (ref('int_action__chosen'), ['instrument', 'ex_date', 'action']),
    'fct_market_price_daily': (ref('int_bar__vintage'), ['instrument', 'session_date']),
    'fct_network_daily': (source('raw', 'raw_network__day'), ['utc_date']),
} %}

{% for fact, (made_from, key) in facts.items() %}
    select
        '{{ fact }}' as fact,
        known.number_of_keys as known_keys,
        held.number_of_keys as fact_rows
    from (
        select count(*) as number_of_keys
        from (
            select distinct {{ key | join(', ') }}
            from {{ made_from }}
            where {{ known_by() }}
        ) as keys
    ) as known
    cross join (select count(*) as number_of_keys from {{ ref(fact) }}) as held
    where known.number_of_keys <> held.number_of_keys
    {% if not loop.last %}union all{% endif %}
{% endfor %}
