-- How unsteady revenue from AI is against revenue from mining: standard deviation of the log changes from quarter to
-- quarter of the one over that of the other, over all quarters of the window in which an issuer has both changes.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric = 'segment_volatility_ratio' and basis = 'quarterly'

),

revenue as (

    select
        issuer,
        segment,
        period_end_date,
        sum(revenue_usd_m) as revenue_usd_m,
        max(citation) as citation,
        max(known_at_utc) as known_at_utc
    from {{ ref('fct_segment_quarter') }}
    where segment in ('ai_hpc', 'mining')
    group by issuer, segment, period_end_date

),

changes as (

    select
        issuer,
        segment,
        period_end_date,
        case
            when
                {{ days_between('lag(period_end_date) over quarters', 'period_end_date') }} <= 100
                and revenue_usd_m > 0
                and lag(revenue_usd_m) over quarters > 0
                then ln(revenue_usd_m / lag(revenue_usd_m) over quarters)
        end as log_change,
        citation,
        greatest(known_at_utc, lag(known_at_utc) over quarters) as known_at_utc
    from revenue
    window quarters as (partition by issuer, segment order by period_end_date)

),

pooled as (

    select
        {{ claim_question('asked') }},
        stddev_samp(ai.log_change) as ai_deviation,
        stddev_samp(mining.log_change) as mining_deviation,
        count(*) as changes_count,
        count(distinct ai.issuer) as issuers_count,
        max(ai.citation) as citation,
        greatest(max(ai.known_at_utc), max(mining.known_at_utc)) as known_at_utc
    from asked
    inner join {{ ref('dim_issuer') }} as issuers
        on
            {{ is_in_list('issuers.issuer', 'asked.subject') }}
            or {{ is_in_list('issuers.role', 'asked.subject') }}
    inner join changes as ai
        on
            issuers.issuer = ai.issuer
            and ai.segment = 'ai_hpc'
            and ai.log_change is not null
            and ai.period_end_date between asked.from_date and asked.day
    inner join changes as mining
        on
            ai.issuer = mining.issuer
            and ai.period_end_date = mining.period_end_date
            and mining.segment = 'mining'
            and mining.log_change is not null
    group by asked.claim_id, asked.figure_number, asked.basis, asked.day

)

select
    {{ claim_question() }},
    ai_deviation / mining_deviation as value,
    concat(
        cast(changes_count as {{ dbt.type_string() }}), ' changes of ',
        cast(issuers_count as {{ dbt.type_string() }}), ' issuers: deviation ',
        cast(round(ai_deviation, 3) as {{ dbt.type_string() }}), ' against ',
        cast(round(mining_deviation, 3) as {{ dbt.type_string() }})
    ) as evidence,
    citation,
    known_at_utc
from pooled
where changes_count >= 4 and mining_deviation > 0
