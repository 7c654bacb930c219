{{ config(meta={'dagster': {'ref': {'name': 'mart_data_quality', 'package': 'hashwatt'}}}) }}
-- Of each table whose rows are counted by what became of them, every row that could be known at T is counted once.
{% set tables = [
    'raw_sec__fact', 'raw_market__bar', 'raw_market__action', 'raw_macro__observation', 'raw_network__day',
    'raw_ledger__production',
] %}

with held as (

    {% for table in tables %}
        select
            '{{ table }}' as source,
            count(*) as held_rows
        from {{ source('raw', table) }}
        where {{ known_by() }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

counted as (

    select
        source,
        sum(value) as counted_rows
    from {{ ref('mart_data_quality') }}
    where unit in ('rows', 'facts') and finding <> 'facts_known_by_filing_day'
    group by source

)

select
    held.source,
    held.held_rows,
    counted.counted_rows
from held
left join counted on held.source = counted.source
where held.held_rows <> coalesce(counted.counted_rows, 0)
