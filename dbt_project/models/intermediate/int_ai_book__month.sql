-- The contracted AI book at the end of each period of the scorecard or the convergence index, as it could be known by
-- then: for every month the vintage of each announcement that stood, and running totals in place of what they replace
-- (as in int_ai_deal__booked, which knows one moment only).
with spoken_of as (

    select
        issuer,
        period_end_date
    from {{ ref('int_miner__period') }}
    union distinct
    select
        issuer,
        period_end_date
    from {{ ref('int_convergence__month') }}

),

months as (

    select
        *,
        cast({{ dbt.dateadd('day', 1, 'period_end_date') }} as timestamp) as closes_at_utc
    from spoken_of

),

vintages as (

    select
        months.issuer,
        months.period_end_date,
        deals.deal_id,
        deals.deal_kind,
        deals.programme,
        deals.announced_date,
        deals.value_kind,
        deals.value_usd_m,
        deals.value_includes,
        case when deals.mw_basis in ('critical_it', 'both') then deals.critical_it_mw end as critical_it_mw,
        deals.known_at_utc,
        {{ newest_vintage_first(['months.issuer', 'months.period_end_date', 'deal_id'], 'deals') }} as position
    from months
    inner join {{ ref('int_ai_deal__known') }} as deals
        on
            months.issuer = deals.issuer
            and months.period_end_date >= deals.announced_date
            and months.closes_at_utc >= deals.known_at_utc
    where {{ known_by('deals.known_at_utc') }}

),

contracts as (

    select
        *,
        row_number() over (
            partition by issuer, period_end_date, programme, value_kind
            order by announced_date desc, known_at_utc desc, deal_id desc
        ) as newest_first
    from vintages
    where position = 1 and deal_kind = 'contract' and value_usd_m is not null

),

book as (

    select
        contracts.issuer,
        contracts.period_end_date,
        contracts.value_usd_m,
        contracts.critical_it_mw,
        contracts.known_at_utc
    from contracts
    where not exists (
        select 1
        from contracts as totals
        where
            totals.issuer = contracts.issuer
            and totals.period_end_date = contracts.period_end_date
            and totals.programme = contracts.programme
            and totals.value_kind = 'cumulative'
            and totals.deal_id <> contracts.deal_id
            and (
                {{ is_in_list('contracts.deal_id', 'totals.value_includes') }}
                or (contracts.value_kind = 'cumulative' and totals.newest_first < contracts.newest_first)
            )
    )

)

select
    issuer,
    period_end_date,
    sum(value_usd_m) as contracted_ai_value_usd_m,
    sum(critical_it_mw) as contracted_ai_critical_mw,
    max(known_at_utc) as known_at_utc
from book
group by issuer, period_end_date
