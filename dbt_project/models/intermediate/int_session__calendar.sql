-- Both calendars day by day: which session a date falls back on, and which one came before it. Coins trade every UTC
-- day, also after the last exchange session on record.
with span as (

    select
        min(first_date) as first_date,
        max(last_date) as last_date
    from (
        select
            min(date_day) as first_date,
            max(date_day) as last_date
        from {{ ref('dim_date') }}

        union all

        select
            min(session_date) as first_date,
            max(session_date) as last_date
        from {{ ref('fct_market_price_daily') }}
    ) as spans

),

days as (

    select {{ each_day('first_date', 'last_date') }} as date_day
    from span

),

calendars as (

    select
        'XNYS' as calendar,
        days.date_day,
        coalesce(dates.is_xnys_session, false) as is_session
    from days
    left join {{ ref('dim_date') }} as dates on days.date_day = dates.date_day

    union all

    select
        'UTC' as calendar,
        days.date_day,
        true as is_session
    from days

)

select
    calendar,
    date_day,
    is_session,
    cast(
        sum(case when is_session then 1 else 0 end) over (
            partition by calendar order by date_day rows between unbounded preceding and current row
        ) as bigint
    ) as session_number,
    max(case when is_session then date_day end) over (
        partition by calendar order by date_day rows between unbounded preceding and current row
    ) as session_on_or_before_date,
    max(case when is_session then date_day end) over (
        partition by calendar order by date_day rows between unbounded preceding and 1 preceding
    ) as previous_session_date
from calendars
