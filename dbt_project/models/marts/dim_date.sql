with sessions as (
    select * from {{ as_of(source('raw', 'raw_calendar__session'), ['exchange', 'session_date']) }} as vintage
    where exchange = 'XNYS'
),

-- Weekend days after the last session have bars and blocks too, or were asked for: a day that ended by T has all its
-- sessions known.
described as (
    select session_date as date_day from sessions
    union all
    select session_date as date_day from {{ source('raw', 'raw_market__bar') }}
    where {{ known_by() }}
    union all
    select utc_date as date_day from {{ source('raw', 'raw_network__day') }}
    where {{ known_by() }}
    union all
    select last_date as date_day from {{ source('raw', 'raw_feed__request') }}
    where domain = 'market' and {{ known_by() }}
),

span as (
    select
        min(date_day) as first_date,
        max(date_day) as last_date
    from described
),

days as (
    select {{ each_day('first_date', 'last_date') }} as date_day
    from span
)

select
    days.date_day,
    sessions.session_date is not null as is_xnys_session,
    coalesce(sessions.is_half_day, false) as is_half_day,
    sessions.close_utc as xnys_close_utc,
    max(sessions.session_date) over (
        order by days.date_day rows between unbounded preceding and 1 preceding
    ) as previous_session_date,
    {{ quarter_label('days.date_day') }} as calendar_quarter,
    {{ month_start('days.date_day') }} as month_start_date,
    sessions.known_at_utc
from days
left join sessions on days.date_day = sessions.session_date
order by days.date_day
