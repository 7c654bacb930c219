-- Each key that could be known at T in staging stands in its fact, and no other.
{{ config(meta={'dagster': {'ref': {'name': 'fct_ai_deal'}}}) }}

{% set facts = {
    'fct_ai_deal': ('stg_ledger__ai_deal', ['deal_id']),
    'fct_capex_guidance': (
        'stg_ledger__capex_guidance', ['issuer', 'metric', 'target_year', 'target_basis', 'announced_date']
    ),
    'fct_miner_operating': ('int_production__unpivoted', ['issuer', 'period_start_date', 'metric']),
    'fct_bond_tranche': ('stg_ledger__bond_tranche', ['tranche_id']),
    'fct_market_action': ('int_action__chosen', ['instrument', 'ex_date', 'action']),
    'fct_market_price_daily': ('int_bar__vintage', ['instrument', 'session_date']),
    'fct_network_daily': ('stg_network__day', ['utc_date']),
} %}

{% for fact, (staging, key) in facts.items() %}
    select
        '{{ fact }}' as fact,
        staged.number_of_keys as staged_keys,
        held.number_of_keys as fact_rows
    from (
        select count(*) as number_of_keys
        from (
            select distinct {{ key | join(', ') }}
            from {{ ref(staging) }}
            where {{ known_by() }}
        ) as keys
    ) as staged
    cross join (select count(*) as number_of_keys from {{ ref(fact) }}) as held
    where staged.number_of_keys <> held.number_of_keys
    {% if not loop.last %}union all{% endif %}
{% endfor %}
