-- What a reader should know of the data beside the data: from the models that find it out, and how far each source
-- reaches, its age against the newest of all sources, since nothing here knows what day it is.
with sources as (

    select
        *,
        max(last_known_at_utc) over () as newest_known_at_utc
    from {{ ref('meta_freshness') }}

),

findings as (

    select * from {{ ref('int_quality__filings') }}

    union all

    select * from {{ ref('int_quality__market') }}

    union all

    select * from {{ ref('int_quality__feed') }}

    union all

    select * from {{ ref('int_quality__rows') }}

    union all

    select * from {{ ref('int_quality__numbers') }}

    union all

    select
        source_table as check_subject,
        source_table as source,
        coalesce(cast(last_date as {{ dbt.type_string() }}), 'none') as period,
        case when rows = 0 then 'source_empty' else 'days_behind_newest_source' end as finding,
        'info' as severity,
        cast({{ days_between('cast(last_known_at_utc as date)', 'cast(newest_known_at_utc as date)') }} as double)
            as value,
        cast(null as double) as expected,
        'days' as unit,
        coalesce(last_known_at_utc, newest_known_at_utc) as known_at_utc
    from sources
    where newest_known_at_utc is not null

)

select
    check_subject,
    source,
    period,
    finding,
    severity,
    value,
    expected,
    unit,
    known_at_utc
from findings
order by check_subject, source, period, finding
