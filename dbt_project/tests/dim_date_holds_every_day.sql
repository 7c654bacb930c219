{{ config(meta={'dagster': {'ref': {'name': 'dim_date', 'package': 'hashwatt'}}}) }}
-- No day is missing, quarter and month are those of the day, and the previous session is the last one before it.
with days as (

    select
        date_day,
        calendar_quarter,
        month_start_date,
        previous_session_date,
        lead(date_day) over (order by date_day) as next_day,
        max(case when is_xnys_session then date_day end) over (
            order by date_day rows between unbounded preceding and 1 preceding
        ) as last_session_date
    from {{ ref('dim_date') }}

)

select *
from days
where
    {{ days_between('date_day', 'next_day') }} > 1
    or calendar_quarter <> {{ quarter_label('date_day') }}
    or month_start_date <> {{ month_start('date_day') }}
    or previous_session_date is distinct from last_session_date
