{#- One row per figure that was disclosed. An empty cell gives no row; a zero that was printed stays a zero. -#}
{% set units = {
    'btc_produced': 'BTC',
    'btc_sold': 'BTC',
    'btc_held': 'BTC',
    'btc_restricted': 'BTC',
    'hashrate_energized_eh_s': 'EH/s',
    'hashrate_operating_eh_s': 'EH/s',
    'fleet_efficiency_j_per_th': 'J/TH',
    'electricity_cost_usd_per_btc': 'USD per BTC',
    'power_cost_usd_per_kwh': 'USD per kWh',
    'revenue_usd_per_btc': 'USD per BTC',
} %}

with production as (
    select * from {{ source('raw', 'raw_ledger__production') }}
)

{% for metric, unit in units.items() %}
    select
        issuer,
        period_start_date,
        period_end_date,
        '{{ metric }}' as metric,
        {{ metric }} as value,
        '{{ unit }}' as unit,
        definition_version,
        citation,
        confidence,
        known_at_utc,
        source_sha256
    from production
    where {{ metric }} is not null
    {% if not loop.last %}union all{% endif %}
{% endfor %}
