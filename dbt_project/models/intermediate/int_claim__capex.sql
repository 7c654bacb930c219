-- Capex of issuers over the calendar quarters from from_date to the day asked, on one basis for all of them. A sum
-- that lacks an issuer's quarter is none, but for the basis that says so.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric = 'capex_usd_m'

),

members as (

    select
        {{ claim_question('asked') }},
        asked.from_date,
        issuers.issuer,
        count(*) over (partition by asked.claim_id, asked.figure_number, asked.basis, asked.day) as members_count,
        4 * (extract(year from asked.day) - extract(year from asked.from_date))
        + extract(quarter from asked.day)
        - extract(quarter from asked.from_date)
        + 1 as quarters_count
    from asked
    inner join {{ ref('dim_issuer') }} as issuers
        on
            {{ is_in_list('issuers.issuer', 'asked.subject') }}
            or {{ is_in_list('issuers.role', 'asked.subject') }}

),

quarters as (

    select
        members.*,
        capex.calendar_quarter,
        case
            when members.basis in ('cash', 'cash_reported_by_then') then capex.capex_cash_usd_m
            when members.basis = 'with_finance_leases' then capex.capex_with_finance_leases_usd_m
            when members.basis = 'cash_trailing_year' then capex.capex_cash_ttm_usd_m
        end as part_usd_m,
        capex.known_at_utc,
        row_number() over (
            partition by members.claim_id, members.figure_number, members.basis, members.day, members.issuer
            order by capex.calendar_quarter desc
        ) as newest_first
    from members
    inner join {{ ref('mart_hyperscaler_capex') }} as capex
        on
            members.issuer = capex.issuer
            and capex.calendar_quarter
            between {{ quarter_label('members.from_date') }} and {{ quarter_label('members.day') }}
    where
        members.basis in ('cash', 'with_finance_leases')
        or capex.known_at_utc < cast({{ add_days('members.day', 1) }} as timestamp)

),

guided as (

    select
        members.*,
        extract(year from members.day) as target_year,
        guidance.low_usd_m,
        coalesce(guidance.high_usd_m, guidance.low_usd_m) as high_usd_m,
        guidance.known_at_utc,
        row_number() over (
            partition by members.claim_id, members.figure_number, members.basis, members.day, members.issuer
            order by guidance.announced_date desc, guidance.known_at_utc desc
        ) as newest_first
    from members
    inner join {{ ref('fct_capex_guidance') }} as guidance
        on
            members.issuer = guidance.issuer
            and guidance.metric = 'capex'
            and guidance.target_basis = 'calendar'
            and extract(year from members.day) = guidance.target_year
            and members.day >= guidance.announced_date
    where members.basis in ('guidance_low', 'guidance_high')

),

parts as (

    select
        {{ claim_question() }},
        issuer,
        members_count,
        quarters_count,
        case when basis = 'cash_trailing_year' then 1 else quarters_count end as parts_of_each,
        part_usd_m,
        known_at_utc
    from quarters
    where (basis <> 'cash_trailing_year' or newest_first = 1) and part_usd_m is not null

    union all

    select
        {{ claim_question() }},
        issuer,
        members_count,
        quarters_count,
        1 as parts_of_each,
        case basis when 'guidance_low' then low_usd_m else high_usd_m end as part_usd_m,
        known_at_utc
    from guided
    where newest_first = 1

)

select
    {{ claim_question() }},
    sum(part_usd_m) as value,
    concat(
        cast(count(*) as {{ dbt.type_string() }}),
        case when basis like 'guidance%' then ' figures of guidance' else ' figures of quarters' end,
        ' of ',
        {{ listed('distinct_issuer', ', ', ['distinct_issuer']) }}
    ) as evidence,
    max(known_at_utc) as known_at_utc
from (
    select
        *,
        case
            when row_number() over (
                partition by claim_id, figure_number, basis, day, issuer order by known_at_utc
            ) = 1 then issuer
        end as distinct_issuer
    from parts
) as parts
group by claim_id, figure_number, basis, day
having count(*) = max(members_count * parts_of_each) or basis = 'cash_reported_by_then'
