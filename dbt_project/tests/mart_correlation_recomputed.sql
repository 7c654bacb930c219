{{ config(meta={'dagster': {'ref': {'name': 'mart_correlation', 'package': 'hashwatt'}}}) }}
-- The newest row of each pair and window again from closes, with plain sums instead of window functions. A window that
-- crossed a hole would count fewer returns here.
with newest as (

    select
        instrument_a,
        instrument_b,
        window_sessions,
        max(session_date) as session_date
    from {{ ref('mart_correlation') }}
    group by instrument_a, instrument_b, window_sessions

),

sessions as (

    select
        date_day,
        previous_session_date,
        row_number() over (order by date_day) as session_number
    from {{ ref('dim_date') }}
    where is_xnys_session

),

returns as (

    select
        newest.instrument_a,
        newest.instrument_b,
        newest.window_sessions,
        newest.session_date,
        ln(a.close_split_adjusted_usd / a_before.close_split_adjusted_usd) as x,
        ln(b.close_split_adjusted_usd / b_before.close_split_adjusted_usd) as y
    from newest
    inner join sessions as last_session on newest.session_date = last_session.date_day
    inner join sessions
        on
            last_session.session_number - newest.window_sessions < sessions.session_number
            and last_session.session_number >= sessions.session_number
    inner join {{ ref('fct_market_price_daily') }} as a
        on newest.instrument_a = a.instrument and sessions.date_day = a.session_date
    inner join {{ ref('fct_market_price_daily') }} as b
        on newest.instrument_b = b.instrument and sessions.date_day = b.session_date
    inner join {{ ref('fct_market_price_daily') }} as a_before
        on newest.instrument_a = a_before.instrument and sessions.previous_session_date = a_before.session_date
    inner join {{ ref('fct_market_price_daily') }} as b_before
        on newest.instrument_b = b_before.instrument and sessions.previous_session_date = b_before.session_date

),

sums as (

    select
        instrument_a,
        instrument_b,
        window_sessions,
        session_date,
        count(*) as n,
        sum(x * y) - sum(x) * sum(y) / count(*) as sum_xy,
        sum(x * x) - sum(x) * sum(x) / count(*) as sum_xx,
        sum(y * y) - sum(y) * sum(y) / count(*) as sum_yy
    from returns
    group by instrument_a, instrument_b, window_sessions, session_date

)

select
    mart.instrument_a,
    mart.instrument_b,
    mart.window_sessions,
    mart.session_date,
    sums.n,
    mart.correlation,
    sums.sum_xy / sqrt(sums.sum_xx * sums.sum_yy) as correlation_again,
    mart.beta,
    sums.sum_xy / sums.sum_yy as beta_again
from newest
inner join {{ ref('mart_correlation') }} as mart
    on
        newest.instrument_a = mart.instrument_a
        and newest.instrument_b = mart.instrument_b
        and newest.window_sessions = mart.window_sessions
        and newest.session_date = mart.session_date
left join sums
    on
        newest.instrument_a = sums.instrument_a
        and newest.instrument_b = sums.instrument_b
        and newest.window_sessions = sums.window_sessions
where
    coalesce(sums.n, 0) <> mart.window_sessions
    or coalesce(abs(mart.correlation - sums.sum_xy / sqrt(sums.sum_xx * sums.sum_yy)), 0) > 0.000001
    or coalesce(abs(mart.beta - sums.sum_xy / sums.sum_yy), 0) > 0.000001
