-- What events say to claims. The subject is an event's name: the days from it to the day asked, below zero before it;
-- or two names with a slash between them: how far the figure of the second one lies from that of the first.
with asked as (

    select
        *,
        {{ dbt.split_part('subject', "'/'", 1) }} as first_event,
        {{ dbt.split_part('subject', "'/'", 2) }} as second_event
    from {{ ref('int_claim__asked') }}
    where metric in ('days_since_event', 'event_value_change')

),

changes as (

    select
        {{ claim_question('asked') }},
        later.value - earlier.value as value,
        concat(
            earlier.what, ': ', {{ number_text('earlier.value') }}, '; ',
            later.what, ': ', {{ number_text('later.value') }}
        ) as evidence,
        concat(earlier.citation, '; ', later.citation) as citation,
        greatest(earlier.known_at_utc, later.known_at_utc) as known_at_utc
    from asked
    inner join {{ ref('fct_event') }} as earlier on asked.first_event = earlier.event_id
    inner join {{ ref('fct_event') }} as later on asked.second_event = later.event_id
    where asked.metric = 'event_value_change' and later.event_date <= asked.day

)

select
    {{ claim_question('asked') }},
    cast({{ days_between('events.event_date', 'asked.day') }} as double) as value,
    concat(events.what, ', ', cast(events.event_date as {{ dbt.type_string() }})) as evidence,
    events.citation,
    events.known_at_utc
from asked
inner join {{ ref('fct_event') }} as events on asked.subject = events.event_id
where asked.metric = 'days_since_event'

union all

select * from changes
where value is not null
