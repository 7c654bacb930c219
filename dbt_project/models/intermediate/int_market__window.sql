-- Spans of sessions that were fetched without a hole, per instrument. Spans that touch in the instrument's calendar
-- become one. Besides the spans of prices there are those of dividends, from providers that tell them.
with telling as (

    select distinct provider
    from {{ source('raw', 'raw_market__action') }}
    where action = 'dividend' and {{ known_by() }}

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
    inner join telling on asked.provider = telling.provider

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
