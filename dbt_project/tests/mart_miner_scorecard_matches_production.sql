{{ config(meta={'dagster': {'ref': {'name': 'mart_miner_scorecard', 'package': 'hashwatt'}}}) }}
-- Every disclosed figure stands in its period's row, and the row holds no other; a quarter beside its months has none.
{%- set figures = [
    'btc_produced', 'btc_sold', 'btc_held', 'btc_restricted', 'hashrate_energized_eh_s', 'hashrate_operating_eh_s',
    'fleet_efficiency_j_per_th', 'electricity_cost_usd_per_btc', 'power_cost_usd_per_kwh', 'revenue_usd_per_btc',
] %}

with mart as (
    {%- for figure in figures %}

        select
            issuer,
            period_start_date,
            period_end_date,
            '{{ figure }}' as metric,
            {{ figure }} as value
        from {{ ref('mart_miner_scorecard') }}
        where {{ figure }} is not null
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

facts as (
    select operating.*
    from {{ ref('fct_miner_operating') }} as operating
    inner join {{ ref('int_miner__period') }} as periods
        on
            operating.issuer = periods.issuer
            and operating.period_start_date = periods.period_start_date
            and operating.period_end_date = periods.period_end_date
)

select
    coalesce(facts.issuer, mart.issuer) as issuer,
    coalesce(facts.period_start_date, mart.period_start_date) as period_start_date,
    coalesce(facts.period_end_date, mart.period_end_date) as period_end_date,
    coalesce(facts.metric, mart.metric) as metric,
    facts.value as in_facts,
    mart.value as in_mart
from facts
full outer join mart
    on
        facts.issuer = mart.issuer
        and facts.period_start_date = mart.period_start_date
        and facts.period_end_date = mart.period_end_date
        and facts.metric = mart.metric
where facts.value is distinct from mart.value
