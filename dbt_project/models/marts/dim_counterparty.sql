with spelt as (
    select * from {{ as_of(source('raw', 'raw_ledger__counterparty'), ['spelling']) }} as vintage
),

counted as (
    select
        counterparty,
        cast(count(*) as bigint) as spellings_count,
        max(known_at_utc) as known_at_utc
    from spelt
    group by counterparty
),

rated as (
    select
        spelt.counterparty,
        rating.rating_class,
        rating.rating_as_told,
        rating.interval_known_at_utc
    from {{ as_intervals(source('raw', 'raw_ledger__rating'), ['counterparty']) }} as rating
    inner join spelt on rating.counterparty = spelt.spelling
    where rating.is_current
)

select
    spelt.counterparty,
    spelt.role,
    spelt.parent,
    spelt.parent_issuer,
    rated.rating_class,
    rated.rating_as_told,
    counted.spellings_count,
    greatest(counted.known_at_utc, coalesce(rated.interval_known_at_utc, counted.known_at_utc)) as known_at_utc
from spelt
inner join counted on spelt.counterparty = counted.counterparty
left join rated on spelt.counterparty = rated.counterparty
where spelt.spelling = spelt.counterparty
order by spelt.counterparty
