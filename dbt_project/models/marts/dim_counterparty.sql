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
)

select
    spelt.counterparty,
    spelt.role,
    spelt.parent,
    spelt.parent_issuer,
    counted.spellings_count,
    counted.known_at_utc
from spelt
inner join counted on spelt.counterparty = counted.counterparty
where spelt.spelling = spelt.counterparty
order by spelt.counterparty
