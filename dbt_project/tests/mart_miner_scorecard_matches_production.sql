{{ config(meta={'dagster': {'ref': {'name': 'mart_miner_scorecard', 'package': 'hashwatt'}}}) }}
-- Every disclosed figure stands in its month's row, and the row holds no other.
{%- set figures = [
    'btc_produced', 'btc_sold', 'btc_held', 'btc_restricted', 'hashrate_energized_eh_s', 'hashrate_operating_eh_s',
    'fleet_efficiency_j_per_th', 'electricity_cost_usd_per_btc', 'power_cost_usd_per_kwh', 'revenue_usd_per_btc',
] %}

with mart as (
    {%- for figure in figures %}

        select
            issuer,
            period_start_date,
            '{{ figure }}' as metric,
            {{ figure }} as value
        from {{ ref('mart_miner_scorecard') }}
        where {{ figure }} is not null
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    coalesce(facts.issuer, mart.issuer) as issuer,
    coalesce(facts.period_start_date, mart.period_start_date) as period_start_date,
    coalesce(facts.metric, mart.metric) as metric,
    facts.value as in_facts,
    mart.value as in_mart
from {{ ref('fct_miner_operating') }} as facts
full outer join mart
    on
        facts.issuer = mart.issuer
        and facts.period_start_date = mart.period_start_date
        and facts.metric = mart.metric
where facts.value is distinct from mart.value
