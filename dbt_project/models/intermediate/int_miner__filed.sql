{#-
    Months of production as filings have them, one row per accepted number that has a place in fct_miner_operating. Of
    the names that filings have for one metric the first here is preferred.
-#}
{% set metrics = [
    ('btc_produced', 'btc_produced', 'BTC'),
    ('btc_sold', 'btc_sold', 'BTC'),
    ('btc_held', 'btc_held', 'BTC'),
    ('hashrate_energized', 'hashrate_energized_eh_s', 'EH/s'),
    ('hashrate_deployed', 'hashrate_energized_eh_s', 'EH/s'),
    ('hashrate_operating_average', 'hashrate_operating_eh_s', 'EH/s'),
    ('efficiency', 'fleet_efficiency_j_per_th', 'J/TH'),
    ('power_cost_per_btc', 'electricity_cost_usd_per_btc', 'USD per BTC'),
    ('power_cost', 'power_cost_usd_per_kwh', 'USD per kWh'),
] %}

with names as (
    {%- for field, metric, unit in metrics %}
        select
            '{{ field }}' as field,
            '{{ metric }}' as metric,
            '{{ unit }}' as unit,
            {{ loop.index }} as preference
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
),

-- A month of its own, or the last day of it: quarters and days within a month have no place.
months as (
    select
        numbers.number_key,
        numbers.passage_id,
        numbers.issuer,
        {{ month_start('numbers.period_end_date') }} as period_start_date,
        numbers.period_end_date,
        names.metric,
        numbers.value_number as value,
        names.unit,
        names.preference,
        numbers.document_url,
        numbers.confidence,
        numbers.known_at_utc
    from {{ ref('int_number__decided') }} as numbers
    inner join names on numbers.field = names.field
    where
        numbers.kind = 'metric'
        and numbers.status = 'accepted'
        and numbers.period_end_date = last_day(numbers.period_end_date)
        and coalesce(numbers.period_start_date, {{ month_start('numbers.period_end_date') }})
        = {{ month_start('numbers.period_end_date') }}
),

changes as (
    select
        *,
        case when value = lag(value) over told then 0 else 1 end as is_change
    from months
    window told as (
        partition by issuer, period_start_date, metric
        order by known_at_utc asc, preference desc, number_key desc
    )
),

runs as (
    select
        *,
        sum(is_change) over (
            partition by issuer, period_start_date, metric
            order by known_at_utc asc, preference desc, number_key desc
            rows between unbounded preceding and current row
        ) as run
    from changes
)

-- The newest value, from the filing that had it first since it last changed: what only says it again moves nothing, and
-- a value that comes back after a correction is not known before it came back.
select
    number_key,
    passage_id,
    issuer,
    period_start_date,
    period_end_date,
    metric,
    value,
    unit,
    document_url,
    confidence,
    row_number() over (
        partition by issuer, period_start_date, metric
        order by run desc, known_at_utc asc, preference asc, number_key asc
    ) as place,
    known_at_utc
from runs
