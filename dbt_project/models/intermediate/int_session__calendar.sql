-- Both calendars day by day: which session a date falls back on, which one came before it, and when a session's bar is
-- complete. Coins trade every UTC day, also after the last exchange session on record.
with calendars as (

    select
        'XNYS' as calendar,
        date_day,
        is_xnys_session as is_session,
        {{ close_known_at('xnys_close_utc') }} as complete_at_utc
    from {{ ref('dim_date') }}

    union all

    select
        'UTC' as calendar,
        date_day,
        true as is_session,
        cast({{ add_days('date_day', 1) }} as timestamp) as complete_at_utc
    from {{ ref('dim_date') }}

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
    ) as previous_session_date,
    complete_at_utc
from calendars
