-- What is held of each issuer, metric and period, so that a figure that is not here has an answer: the issuer is
-- silent, or this edition does not cover it. Of production the periods are those of the
-- scorecard, of filings all quarters of which any row is.
with produced as (

    select
        issuer,
        period_start_date,
        period_end_date,
        known_at_utc
    from {{ ref('fct_miner_operating') }}
    where metric = 'btc_produced'

),

production as (

    select
        periods.issuer,
        'btc_produced' as metric,
        periods.period,
        case
            when produced.issuer is not null then 'held'
            when periods.disclosure_status = 'silent' then 'silent'
            else 'not_covered'
        end as coverage,
        case
            when produced.issuer is not null then null
            when periods.disclosure_status = 'silent' then 'no_monthly_report'
            else 'not_on_record'
        end as reason,
        greatest(
            issuers.known_at_utc,
            coalesce(produced.known_at_utc, periods.regime_known_at_utc, issuers.known_at_utc)
        ) as known_at_utc
    from {{ ref('int_miner__period') }} as periods
    inner join {{ ref('dim_issuer') }} as issuers on periods.issuer = issuers.issuer
    left join produced
        on
            periods.issuer = produced.issuer
            and periods.period_start_date = produced.period_start_date
            and periods.period_end_date = produced.period_end_date

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

    select * from production

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
