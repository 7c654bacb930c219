-- What AI deals say to claims. The subject is an issuer, a counterparty by its name, an issuer behind counterparties,
-- or a role of counterparties; on a basis with backstops also of those who guarantee.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('deal_value_usd_m', 'deal_count', 'deal_term_years', 'book_rank')

),

contracts as (

    select
        deals.*,
        tenants.role as tenant_role,
        tenants.parent_issuer as tenant_issuer,
        guarantors.role as guarantor_role,
        guarantors.parent_issuer as guarantor_issuer
    from {{ ref('fct_ai_deal') }} as deals
    left join {{ ref('dim_counterparty') }} as tenants on deals.counterparty = tenants.counterparty
    left join {{ ref('dim_counterparty') }} as guarantors on deals.backstop_party = guarantors.counterparty
    where deals.deal_kind = 'contract'

),

matched as (

    select
        {{ claim_question('asked') }},
        asked.metric,
        contracts.deal_id,
        contracts.value_usd_m,
        contracts.value_attributable_usd_m,
        contracts.value_with_extensions_usd_m,
        contracts.term_years,
        contracts.citation,
        contracts.known_at_utc
    from asked
    inner join contracts
        on
            contracts.announced_date between asked.from_date and asked.day
            and (
                asked.subject in (contracts.issuer, contracts.counterparty, contracts.tenant_issuer)
                or coalesce({{ is_in_list('contracts.issuer', 'asked.subject') }}, false)
                or coalesce({{ is_in_list('contracts.tenant_role', 'asked.subject') }}, false)
                or (
                    asked.basis like '%_or_backstop'
                    and (
                        asked.subject in (contracts.backstop_party, contracts.guarantor_issuer)
                        or coalesce({{ is_in_list('contracts.guarantor_role', 'asked.subject') }}, false)
                    )
                )
            )
            and (asked.basis not like 'gpu_cloud%' or contracts.service_model = 'gpu_cloud')
            and (asked.basis not like 'colocation%' or contracts.service_model = 'colocation')
            and (asked.basis not like 'billion%' or contracts.value_usd_m >= 1000)
    where asked.metric <> 'book_rank'

),

totals as (

    select
        {{ claim_question() }},
        case metric
            when 'deal_value_usd_m'
                then case basis
                    when 'announced' then sum(value_usd_m)
                    when 'attributable' then sum(value_attributable_usd_m)
                    when 'with_extensions' then sum(value_with_extensions_usd_m)
                    when 'a_year' then sum(value_usd_m / term_years)
                end
            when 'deal_term_years'
                then case
                    when basis like '%shortest' then min(term_years)
                    when basis like '%mean' then avg(term_years)
                end
            else cast(count(*) as double)
        end as value,
        {{ listed('deal_id', '; ', ['deal_id']) }} as evidence,
        {{ listed('citation', '; ', ['deal_id']) }} as citation,
        max(known_at_utc) as known_at_utc
    from matched
    group by claim_id, figure_number, basis, day, metric

),

-- Where nothing was signed in the window the count is zero, if anything was on record by then.
counted as (

    select
        {{ claim_question('asked') }},
        0.0 as value,
        concat('no contract of ', asked.subject, ' among those on record by then') as evidence,
        cast(null as {{ dbt.type_string() }}) as citation,
        max(contracts.known_at_utc) as known_at_utc
    from asked
    inner join contracts on asked.day >= contracts.announced_date
    left join totals
        on
            asked.claim_id = totals.claim_id
            and asked.figure_number = totals.figure_number
            and asked.basis = totals.basis
            and asked.day = totals.day
    where asked.metric = 'deal_count' and totals.claim_id is null
    group by asked.claim_id, asked.figure_number, asked.basis, asked.day, asked.subject

),

books as (

    select
        {{ claim_question('asked') }},
        asked.subject,
        issuers.issuer,
        sum(
            case asked.basis
                when 'critical_mw' then contracts.critical_it_mw
                when 'value' then contracts.value_usd_m
                when 'attributable' then contracts.value_attributable_usd_m
            end
        ) as booked,
        max(contracts.known_at_utc) as known_at_utc
    from asked
    inner join {{ ref('dim_issuer') }} as issuers on issuers.role in ('miner', 'ai_landlord')
    left join contracts
        on
            issuers.issuer = contracts.issuer
            and contracts.is_in_book
            and asked.day >= contracts.announced_date
    where asked.metric = 'book_rank'
    group by asked.claim_id, asked.figure_number, asked.basis, asked.day, asked.subject, issuers.issuer

),

ranked as (

    select
        {{ claim_question() }},
        subject,
        issuer,
        booked,
        rank() over (partition by claim_id, figure_number, basis, day order by coalesce(booked, 0) desc) as place,
        count(booked) over (partition by claim_id, figure_number, basis, day) as issuers_count,
        max(known_at_utc) over (partition by claim_id, figure_number, basis, day) as known_at_utc
    from books

)

select * from totals
where value is not null

union all

select * from counted

union all

select
    {{ claim_question() }},
    cast(place as double) as value,
    concat(
        issuer,
        ': ',
        coalesce(cast(booked as {{ dbt.type_string() }}), 'nothing'),
        ' booked; ',
        cast(issuers_count as {{ dbt.type_string() }}),
        ' miners and landlords have a book'
    ) as evidence,
    cast(null as {{ dbt.type_string() }}) as citation,
    known_at_utc
from ranked
where issuer = subject and issuers_count > 0
