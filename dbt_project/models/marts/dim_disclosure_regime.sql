with regimes as (
    select * from {{ as_of(ref('stg_ledger__disclosure_regime'), ['issuer', 'metric', 'valid_from_date']) }} as vintage
),

intervals as (
    select
        issuer,
        metric,
        cadence,
        valid_from_date,
        label,
        known_at_utc,
        lead(valid_from_date) over (partition by issuer, metric order by valid_from_date) as valid_to_date,
        lead(known_at_utc) over (partition by issuer, metric order by valid_from_date) as end_known_at_utc
    from regimes
)

select
    issuer,
    metric,
    cadence,
    valid_from_date,
    valid_to_date,
    label,
    greatest(known_at_utc, coalesce(end_known_at_utc, known_at_utc)) as known_at_utc
from intervals
order by issuer, metric, valid_from_date
