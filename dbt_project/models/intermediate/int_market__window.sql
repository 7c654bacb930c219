-- Spans of sessions that were fetched without a hole, per instrument. Spans that touch in the instrument's calendar
-- become one. Besides the spans of prices there are those of dividends, from providers that tell them. The shipped
-- bundle tells those of some instruments alone, of each from its first one there on.
with telling as (

    select
        provider,
        case when provider = 'bundle' then instrument end as instrument,
        case when provider = 'bundle' then min(ex_date) end as first_date
    from {{ source('raw', 'raw_market__action') }}
    where action = 'dividend' and {{ known_by() }}
    group by provider, case when provider = 'bundle' then instrument end

),

asked as (

    select distinct
        'price' as content,
        instrument,
        session_date,
        session_number
    from {{ ref('int_session__asked') }}

    union all

    select distinct
        'dividend' as content,
        asked.instrument,
        asked.session_date,
        asked.session_number
    from {{ ref('int_session__asked') }} as asked
    inner join telling
        on
            asked.provider = telling.provider
            and asked.instrument = coalesce(telling.instrument, asked.instrument)
            and asked.session_date >= coalesce(telling.first_date, asked.session_date)

),

numbered as (

    select
        content,
        instrument,
        session_date,
        session_number - row_number() over (partition by content, instrument order by session_number) as island
    from asked

)

select
    content,
    instrument,
    min(session_date) as first_session_date,
    max(session_date) as last_session_date
from numbered
group by content, instrument, island
