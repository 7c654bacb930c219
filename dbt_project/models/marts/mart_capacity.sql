-- Megawatts by status and basis, of each issuer and of all miners and landlords together, beside what is contracted.
-- Neither statuses nor bases are added: a megawatt goes through the statuses, a critical one is part of a gross one.
with capacity as (
    select
        capacity.issuer,
        issuers.role,
        capacity.told_for,
        capacity.status,
        capacity.basis,
        capacity.site,
        capacity.mw,
        capacity.as_of_date,
        capacity.confidence,
        greatest(capacity.known_at_utc, issuers.known_at_utc) as known_at_utc
    from {{ ref('fct_capacity') }} as capacity
    inner join {{ ref('dim_issuer') }} as issuers on capacity.issuer = issuers.issuer
    where capacity.is_newest
),

book as (
    select
        issuer,
        issuer_role,
        critical_it_mw,
        known_at_utc
    from {{ ref('mart_contracted_ai_book') }}
),

subjects as (
    select
        issuer as subject,
        issuer,
        'issuer' as subject_kind
    from {{ ref('dim_issuer') }}
    union all
    select
        'miners and landlords' as subject,
        issuer,
        'sector' as subject_kind
    from {{ ref('dim_issuer') }}
    where role in ('miner', 'ai_landlord')
),

summed as (
    select
        subjects.subject,
        subjects.subject_kind,
        capacity.told_for,
        capacity.status,
        capacity.basis,
        sum(capacity.mw) as mw,
        count(distinct capacity.issuer) as issuers_count,
        count(*) as figures_count,
        min(capacity.as_of_date) as first_as_of_date,
        max(capacity.as_of_date) as last_as_of_date,
        case
            when sum(case when capacity.confidence = 'low' then 1 else 0 end) > 0 then 'low'
            when sum(case when capacity.confidence = 'medium' then 1 else 0 end) > 0 then 'medium'
            else 'high'
        end as confidence,
        max(capacity.known_at_utc) as known_at_utc
    from subjects
    inner join capacity on subjects.issuer = capacity.issuer
    group by subjects.subject, subjects.subject_kind, capacity.told_for, capacity.status, capacity.basis
),

contracted as (
    select
        subjects.subject,
        sum(book.critical_it_mw) as critical_it_mw,
        max(book.known_at_utc) as known_at_utc
    from subjects
    inner join book on subjects.issuer = book.issuer
    group by subjects.subject
)

select
    summed.subject,
    summed.subject_kind,
    summed.told_for,
    summed.status,
    summed.basis,
    summed.mw,
    cast(summed.issuers_count as bigint) as issuers_count,
    cast(summed.figures_count as bigint) as figures_count,
    summed.first_as_of_date,
    summed.last_as_of_date,
    contracted.critical_it_mw as contracted_critical_it_mw,
    case
        when summed.basis = 'ai_critical' then 100.0 * summed.mw / contracted.critical_it_mw
    end as of_contracted_pct,
    case
        when summed.basis <> 'ai_critical' then 'the basis is not critical IT load'
        when contracted.critical_it_mw is null then 'no critical IT load is contracted'
    end as of_contracted_null_reason,
    summed.confidence,
    greatest(summed.known_at_utc, coalesce(contracted.known_at_utc, summed.known_at_utc)) as known_at_utc
from summed
left join contracted on summed.subject = contracted.subject
order by summed.subject, summed.told_for, summed.status, summed.basis
