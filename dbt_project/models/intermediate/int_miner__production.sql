-- The disclosed figures of an issuer's month or quarter side by side; an absent figure was not disclosed.
{%- set figures = [
    'btc_produced', 'btc_sold', 'btc_held', 'btc_restricted', 'hashrate_energized_eh_s', 'hashrate_operating_eh_s',
    'fleet_efficiency_j_per_th', 'electricity_cost_usd_per_btc', 'power_cost_usd_per_kwh', 'revenue_usd_per_btc',
] %}

select
    issuer,
    period_start_date,
    period_end_date,
    case when period_end_date = last_day(period_start_date) then 1 else 3 end as period_months,
    {%- for figure in figures %}
        max(case when metric = '{{ figure }}' then value end) as {{ figure }},
    {%- endfor %}
    cast(count(*) as bigint) as evidence_count,
    max(known_at_utc) as known_at_utc
from {{ ref('fct_miner_operating') }}
group by issuer, period_start_date, period_end_date
