-- What a reader should know of the data beside the data, from the models that find it out.
with findings as (

    select * from {{ ref('int_quality__filings') }}

    union all

    select * from {{ ref('int_quality__market') }}

    union all

    select * from {{ ref('int_quality__feed') }}

    union all

    select * from {{ ref('int_quality__freshness') }}

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
