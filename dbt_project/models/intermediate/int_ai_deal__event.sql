-- The days on which an issuer announced an AI contract, each in force until the next one. Announcements whose day is
-- not recorded cannot carry a return and stay out; of two on one day the first by name stands for the day.
with announcements as (

    select
        issuer,
        announced_date as event_date,
        min(deal_id) as deal_id,
        max(known_at_utc) as known_at_utc
    from {{ as_of(ref('int_ai_deal__known'), ['deal_id']) }} as deals
    where deal_kind = 'contract' and announced_precision = 'day'
    group by issuer, announced_date

)

select
    issuer,
    event_date,
    deal_id,
    lead(event_date) over (partition by issuer order by event_date) as next_event_date,
    known_at_utc
from announcements
