{#-
    Debt on two bases that are not one: what the balance sheet carries, and the principal of the bonds on record that were
    announced by that day and not yet due. The second leaves out loans and what was issued before the record begins.
-#}
with carried as (
    select
        issuer,
        period_end_date as as_of_date,
        case when metric = 'debt' then 'carrying_amount' else 'finance_leases' end as basis,
        value_usd_m as debt_usd_m,
        cast(null as bigint) as tranches_count,
        cast(null as bigint) as tranches_without_usd_count,
        basis as includes,
        citation,
        confidence,
        known_at_utc
    from {{ ref('fct_financial_quarter') }}
    where metric in ('debt', 'finance_leases') and value_usd_m is not null
),

tranches as (
    select * from {{ ref('fct_bond_tranche') }}
    where status = 'final' and is_issuer_debt
),

-- A quarter has ended once the first day of the next is on record.
ends as (
    select
        {{ add_days('date_day', -1) }} as as_of_date,
        cast(date_day as timestamp) as known_at_utc
    from {{ ref('dim_date') }}
    where extract(day from date_day) = 1 and extract(month from date_day) in (1, 4, 7, 10)
),

issued as (
    select
        tranches.issuer,
        ends.as_of_date,
        sum(tranches.principal_usd_m) as debt_usd_m,
        count(*) as tranches_count,
        sum(case when tranches.principal_usd_m is null then 1 else 0 end) as tranches_without_usd_count,
        max(case tranches.confidence when 'low' then 3 when 'medium' then 2 else 1 end) as least_sure,
        greatest(max(tranches.known_at_utc), max(ends.known_at_utc)) as known_at_utc
    from tranches
    inner join ends
        on tranches.announced_date <= ends.as_of_date and tranches.maturity_date > ends.as_of_date
    group by tranches.issuer, ends.as_of_date
)

select
    issuer,
    as_of_date,
    basis,
    debt_usd_m,
    tranches_count,
    tranches_without_usd_count,
    includes,
    citation,
    confidence,
    known_at_utc
from carried
union all
select
    issuer,
    as_of_date,
    'principal_issued' as basis,
    debt_usd_m,
    cast(tranches_count as bigint) as tranches_count,
    cast(tranches_without_usd_count as bigint) as tranches_without_usd_count,
    'principal of bonds on record announced by the day and not yet due, those in US dollars' as includes,
    'rows of fct_bond_tranche, each with its own citation' as citation,
    case least_sure when 3 then 'low' when 2 then 'medium' else 'high' end as confidence,
    known_at_utc
from issued
order by issuer, as_of_date, basis
