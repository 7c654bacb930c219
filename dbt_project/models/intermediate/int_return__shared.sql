-- Log returns of both sides of a pair from one shared session to the next. Every session that the pair's calendar
-- expects has a row: where a bar of either side is absent, on the session or the one before, the returns are NULL.
-- Closes are those before splits and not before dividends; a split counts as known when it was told. In the order in
-- which int_correlation__window reads them.
with prices as (

    select * from {{ closes_across_splits() }} as closes

),

spans as (

    select
        instrument,
        min(session_date) as first_date,
        max(session_date) as last_date
    from prices
    group by instrument

),

expected as (

    select
        pairs.instrument_a,
        pairs.instrument_b,
        sessions.date_day as session_date,
        a.close_usd as close_a,
        b.close_usd as close_b,
        a.known_at_utc as known_a_at_utc,
        b.known_at_utc as known_b_at_utc
    from {{ ref('int_correlation__pair') }} as pairs
    inner join spans as span_a on pairs.instrument_a = span_a.instrument
    inner join spans as span_b on pairs.instrument_b = span_b.instrument
    inner join {{ ref('int_session__calendar') }} as sessions
        on
            pairs.calendar = sessions.calendar
            and sessions.is_session
            and sessions.date_day >= greatest(span_a.first_date, span_b.first_date)
            and sessions.date_day <= least(span_a.last_date, span_b.last_date)
    left join prices as a on pairs.instrument_a = a.instrument and sessions.date_day = a.session_date
    left join prices as b on pairs.instrument_b = b.instrument and sessions.date_day = b.session_date

),

paired as (

    select
        *,
        lag(close_a) over pair as previous_close_a,
        lag(close_b) over pair as previous_close_b,
        lag(known_a_at_utc) over pair as previous_known_a_at_utc,
        lag(known_b_at_utc) over pair as previous_known_b_at_utc
    from expected
    window pair as (partition by instrument_a, instrument_b order by session_date)

),

flagged as (

    select
        *,
        close_a is not null
        and close_b is not null
        and previous_close_a is not null
        and previous_close_b is not null as is_whole
    from paired

)

select
    instrument_a,
    instrument_b,
    session_date,
    case when is_whole then ln(close_a / previous_close_a) end as log_return_a,
    case when is_whole then ln(close_b / previous_close_b) end as log_return_b,
    greatest(known_a_at_utc, known_b_at_utc, previous_known_a_at_utc, previous_known_b_at_utc) as known_at_utc
from flagged
order by instrument_a, instrument_b, session_date
