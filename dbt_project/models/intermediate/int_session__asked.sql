-- Which sessions each provider was asked for, one row per session. An answer counts only for sessions that had ended
-- when it came. Coverage says what was asked, not what the market did, so rows stay whatever T is; counts are as of T.

select
    coverage.instrument,
    coverage.provider,
    sessions.date_day as session_date,
    sessions.session_number,
    cast(
        count(
            case
                when
                    {{ known_by('coverage.known_at_utc') }}
                    and {{ known_by('sessions.complete_at_utc') }}
                    and sessions.complete_at_utc <= coverage.ingested_at_utc
                    then 1
            end
        ) as bigint
    ) as times_asked,
    max(case when {{ known_by('coverage.known_at_utc') }} then coverage.known_at_utc end) as asked_known_at_utc,
    max(sessions.complete_at_utc) as complete_at_utc
from {{ source('raw', 'raw_market__coverage') }} as coverage
inner join {{ ref('dim_instrument') }} as instruments on coverage.instrument = instruments.instrument
inner join {{ ref('int_session__calendar') }} as sessions
    on
        instruments.calendar = sessions.calendar
        and sessions.is_session
        and sessions.date_day between coverage.first_session_date and coverage.last_session_date
group by coverage.instrument, coverage.provider, sessions.date_day, sessions.session_number
