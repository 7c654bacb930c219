{#- One row per figure that was disclosed. An empty cell gives no row; a zero that was printed stays a zero. -#}
with production as (
    select * from {{ source('raw', 'raw_ledger__production') }}
)

{% for metric, (unit, definition) in miner_metrics().items() %}
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
