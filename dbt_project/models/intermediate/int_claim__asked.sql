-- What the claims ask of the facts: each figure on each of its bases, on its own day and on every exchange session on
-- which it is also looked for.

with claims as (

    select
        vintage.*,
        coalesce(vintage.to_date, covered.last_date) as own_day
    from {{ as_of(source('raw', 'raw_ledger__claim'), ['claim_id', 'figure_number']) }} as vintage
    cross join (select max(date_day) as last_date from {{ ref('dim_date') }}) as covered
    where vintage.metric is not null

),

bases as (

    select
        claim_id,
        figure_number,
        own_basis as basis,
        true as is_own_basis
    from claims

    union all

    select
        claim_id,
        figure_number,
        {{ each_item('other_bases') }} as basis,
        false as is_own_basis
    from claims
    where other_bases is not null

),

days as (

    select
        claim_id,
        figure_number,
        own_day as day,
        true as is_own_day
    from claims

    union all

    select
        claims.claim_id,
        claims.figure_number,
        dates.date_day as day,
        false as is_own_day
    from claims
    inner join {{ ref('dim_date') }} as dates
        on
            claims.search_from_date <= dates.date_day
            and claims.search_to_date >= dates.date_day
            and claims.own_day <> dates.date_day
            and dates.is_xnys_session

)

select
    claims.claim_id,
    claims.figure_number,
    claims.metric,
    claims.subject,
    bases.basis,
    bases.is_own_basis,
    claims.from_date,
    days.day,
    days.is_own_day,
    claims.known_at_utc
from claims
inner join bases on claims.claim_id = bases.claim_id and claims.figure_number = bases.figure_number
inner join days on claims.claim_id = days.claim_id and claims.figure_number = days.figure_number
