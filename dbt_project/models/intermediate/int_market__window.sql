-- Spans of sessions that were fetched without a hole, per instrument. Coverage says what was asked for; it is not
-- knowledge about the market, so no vintage is picked. Spans that touch in the instrument's calendar become one.
with spans as (

    select
        coverage.instrument,
        instruments.calendar,
        coverage.first_session_date,
        coverage.last_session_date
    from {{ ref('stg_market__coverage') }} as coverage
    inner join {{ ref('dim_instrument') }} as instruments on coverage.instrument = instruments.instrument

),

covered as (

    select distinct
        spans.instrument,
        sessions.date_day as session_date,
        sessions.session_number
    from spans
    inner join {{ ref('int_session__calendar') }} as sessions
        on
            spans.calendar = sessions.calendar
            and sessions.is_session
            and sessions.date_day between spans.first_session_date and spans.last_session_date

),

numbered as (

    select
        instrument,
        session_date,
        session_number - row_number() over (partition by instrument order by session_number) as island
    from covered

)

select
    instrument,
    min(session_date) as first_session_date,
    max(session_date) as last_session_date
from numbered
group by instrument, island
