with events as (
    select * from {{ as_of(ref('stg_ledger__ticker'), ['issuer', 'valid_from_date']) }} as vintage
),

intervals as (
    select
        issuer,
        ticker,
        event,
        valid_from_date,
        valid_from_precision,
        known_at_utc,
        lead(valid_from_date) over (partition by issuer order by valid_from_date) as valid_to_date,
        lead(known_at_utc) over (partition by issuer order by valid_from_date) as end_known_at_utc
    from events
)

select
    issuer,
    ticker,
    valid_from_date,
    valid_from_precision,
    valid_to_date,
    valid_from_date <= {{ as_of_date() }} and coalesce(valid_to_date > {{ as_of_date() }}, true) as is_current,
    greatest(known_at_utc, coalesce(end_known_at_utc, known_at_utc)) as known_at_utc
from intervals
where event = 'listed'
order by issuer, valid_from_date
