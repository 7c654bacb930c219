-- Log returns of shares and funds of the exchange from one session to the next, with the number of the session in its
-- calendar. Closes are those before splits and not before dividends; a split counts as known when it was told. A
-- session without a bar, or after one without, has no row.

with bars as (

    select
        prices.instrument,
        instruments.kind,
        instruments.issuer,
        prices.session_date,
        sessions.session_number,
        prices.close_usd,
        prices.known_at_utc
    from {{ closes_across_splits() }} as prices
    inner join {{ ref('dim_instrument') }} as instruments on prices.instrument = instruments.instrument
    inner join {{ ref('int_session__calendar') }} as sessions
        on sessions.calendar = 'XNYS' and sessions.is_session and prices.session_date = sessions.date_day
    where instruments.calendar = 'XNYS' and instruments.kind in ('equity', 'etf')

),

followed as (

    select
        *,
        lag(session_number) over line as previous_session_number,
        lag(close_usd) over line as previous_close_usd,
        lag(known_at_utc) over line as previous_known_at_utc
    from bars
    window line as (partition by instrument order by session_number)

)

select
    instrument,
    kind,
    issuer,
    session_date,
    session_number,
    ln(close_usd / previous_close_usd) as log_return,
    greatest(known_at_utc, previous_known_at_utc) as known_at_utc
from followed
where session_number = previous_session_number + 1
