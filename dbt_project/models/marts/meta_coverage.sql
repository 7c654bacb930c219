-- What is held of each issuer, metric and period, so that a figure that is not here has an answer: the issuer is
-- silent, or this edition does not cover it. Months are those of the scorecard, quarters all of which any row is.
with produced as (

    select
        issuer,
        period_start_date,
        known_at_utc
    from {{ ref('fct_miner_operating') }}
    where metric = 'btc_produced'

),

months as (

    select
        months.issuer,
        'btc_produced' as metric,
        concat(
            cast(extract(year from months.period_start_date) as {{ dbt.type_string() }}),
            case when extract(month from months.period_start_date) < 10 then '-0' else '-' end,
            cast(extract(month from months.period_start_date) as {{ dbt.type_string() }})
        ) as period,
        case
            when produced.issuer is not null then 'held'
            when months.disclosure_status = 'silent' then 'silent'
            else 'not_covered'
        end as coverage,
        case
            when produced.issuer is not null then null
            when months.disclosure_status = 'silent' then 'no_monthly_report'
            else 'not_on_record'
        end as reason,
        greatest(
            issuers.known_at_utc,
            coalesce(produced.known_at_utc, months.regime_known_at_utc, issuers.known_at_utc)
        ) as known_at_utc
    from {{ ref('int_miner__month') }} as months
    inner join {{ ref('dim_issuer') }} as issuers on months.issuer = issuers.issuer
    left join produced on months.issuer = produced.issuer and months.period_start_date = produced.period_start_date

),

asked as (

    select
        issuers.issuer,
        metrics.metric,
        quarters.calendar_quarter,
        issuers.known_at_utc
    from {{ ref('dim_issuer') }} as issuers
    cross join (select distinct metric from {{ ref('fct_financial_quarter') }}) as metrics
    cross join (select distinct calendar_quarter from {{ ref('fct_financial_quarter') }}) as quarters
    where issuers.role <> 'not_in_scope'

),

quarters as (

    select
        asked.issuer,
        asked.metric,
        asked.calendar_quarter as period,
        case when held.value is not null then 'held' else 'not_covered' end as coverage,
        case when held.value is null then coalesce(held.null_reason, 'not_on_record') end as reason,
        greatest(asked.known_at_utc, coalesce(held.known_at_utc, asked.known_at_utc)) as known_at_utc
    from asked
    left join {{ ref('fct_financial_quarter') }} as held
        on
            asked.issuer = held.issuer
            and asked.metric = held.metric
            and asked.calendar_quarter = held.calendar_quarter

),

told as (

    select * from months

    union all

    select * from quarters

)

select
    issuer,
    metric,
    period,
    coverage,
    reason,
    known_at_utc
from told
order by issuer, metric, period
