-- Sessions that have no bar where the calendar says there should be one: expected is what a provider was asked for, and
-- what nobody answered for although prices of that day were asked for. Nothing is filled in. Bars that a person ruled
-- out count as absent, not as missing at their provider.
with instruments as (

    select
        instrument,
        calendar,
        first_session_date
    from {{ ref('dim_instrument') }}

),

given as (

    select distinct
        instrument,
        session_date,
        provider
    from {{ source('raw', 'raw_market__bar') }}
    where {{ known_by() }}

),

held as (

    select
        instrument,
        session_date,
        max(known_at_utc) as known_at_utc
    from {{ ref('int_bar__vintage') }}
    group by instrument, session_date

),

asked as (

    select
        asked.instrument,
        asked.session_date,
        asked.provider,
        asked.times_asked,
        greatest(asked.asked_known_at_utc, asked.complete_at_utc) as asked_known_at_utc,
        given.provider is not null as is_given,
        held.instrument is not null as is_held,
        held.known_at_utc as held_known_at_utc
    from {{ ref('int_session__asked') }} as asked
    inner join instruments on asked.instrument = instruments.instrument
    left join given
        on
            asked.instrument = given.instrument
            and asked.session_date = given.session_date
            and asked.provider = given.provider
    left join held on asked.instrument = held.instrument and asked.session_date = held.session_date
    where asked.times_asked > 0 and asked.session_date >= coalesce(instruments.first_session_date, asked.session_date)

),

not_available as (

    select
        instrument,
        session_date,
        'not_available' as gap,
        cast(null as {{ dbt.type_string() }}) as provider,
        sum(times_asked) as times_asked,
        max(asked_known_at_utc) as known_at_utc
    from asked
    where not is_held
    group by instrument, session_date

),

missing_at_provider as (

    select
        instrument,
        session_date,
        'missing_at_provider' as gap,
        provider,
        times_asked,
        greatest(asked_known_at_utc, held_known_at_utc) as known_at_utc
    from asked
    where is_held and not is_given

),

requests as (

    select
        questions.subject as instrument,
        instruments.calendar,
        questions.first_date,
        questions.last_date,
        questions.known_at_utc
    from {{ source('raw', 'raw_feed__request') }} as questions
    inner join instruments on questions.subject = instruments.instrument
    where questions.domain = 'market' and {{ known_by('questions.known_at_utc') }}

),

-- A session is due once prices up to it were asked for, after it had ended, of any instrument of the calendar.
due as (

    select
        sessions.calendar,
        sessions.date_day as session_date,
        greatest(min(asked_up_to.known_at_utc), min(sessions.complete_at_utc)) as known_at_utc
    from (
        select
            calendar,
            last_date,
            min(known_at_utc) as known_at_utc,
            max(known_at_utc) as last_known_at_utc
        from requests
        group by calendar, last_date
    ) as asked_up_to
    inner join {{ ref('int_session__calendar') }} as sessions
        on
            asked_up_to.calendar = sessions.calendar
            and asked_up_to.last_date >= sessions.date_day
            and asked_up_to.last_known_at_utc >= sessions.complete_at_utc
    where sessions.is_session
    group by sessions.calendar, sessions.date_day

),

-- From where on an instrument is due: its own first question; without one, the day after what it was given in bulk.
begun as (

    select
        instruments.instrument,
        instruments.calendar,
        coalesce(
            min(own.first_date), {{ add_days('max(covered.last_session_date)', 1) }}, min(earliest.first_date)
        ) as first_date,
        min(instruments.first_session_date) as first_session_date
    from instruments
    inner join (
        select
            calendar,
            min(first_date) as first_date
        from requests
        group by calendar
    ) as earliest on instruments.calendar = earliest.calendar
    left join requests as own on instruments.instrument = own.instrument
    left join (
        select
            instrument,
            max(session_date) as last_session_date
        from asked
        group by instrument
    ) as covered on instruments.instrument = covered.instrument
    group by instruments.instrument, instruments.calendar

),

answered as (

    select distinct
        instrument,
        session_date
    from asked

),

unanswered as (

    select
        begun.instrument,
        due.session_date,
        due.known_at_utc
    from begun
    inner join due
        on
            begun.calendar = due.calendar
            and begun.first_date <= due.session_date
            and coalesce(begun.first_session_date, begun.first_date) <= due.session_date
    left join answered
        on begun.instrument = answered.instrument and due.session_date = answered.session_date
    left join held on begun.instrument = held.instrument and due.session_date = held.session_date
    where answered.instrument is null and held.instrument is null

),

not_fetched as (

    select
        unanswered.instrument,
        unanswered.session_date,
        'not_fetched' as gap,
        cast(null as {{ dbt.type_string() }}) as provider,
        count(requests.instrument) as times_asked,
        min(unanswered.known_at_utc) as known_at_utc
    from unanswered
    left join requests
        on
            unanswered.instrument = requests.instrument
            and unanswered.session_date between requests.first_date and requests.last_date
    group by unanswered.instrument, unanswered.session_date

),

gaps as (

    select * from not_available

    union all

    select * from missing_at_provider

    union all

    select * from not_fetched

)

select
    instrument,
    session_date,
    coalesce(provider, 'all') as missing_at,
    gap,
    provider,
    cast(times_asked as bigint) as times_asked,
    known_at_utc
from gaps
order by instrument, session_date, missing_at
