-- What a reader should know of the providers and of the network and macro figures: who failed and who stood in, who was
-- left alone, whom nobody answered for, and where two sources of one figure are apart.
with health as (

    select
        concat(provider, ' ', domain) as check_subject,
        'raw_feed__request' as source,
        cast(asked_date as {{ dbt.type_string() }}) as period,
        fail_overs,
        skipped,
        quota_exceeded,
        questions,
        known_at_utc
    from {{ ref('mart_provider_health') }}

),

failed_over as (

    select
        check_subject,
        source,
        period,
        'failed_over' as finding,
        'warning' as severity,
        fail_overs as value,
        0 as expected,
        'subjects' as unit,
        known_at_utc
    from health
    where fail_overs > 0

),

circuit_open as (

    select
        check_subject,
        source,
        period,
        'circuit_open' as finding,
        'warning' as severity,
        skipped as value,
        0 as expected,
        'questions not asked' as unit,
        known_at_utc
    from health
    where skipped > 0

),

quota_exceeded as (

    select
        check_subject,
        source,
        period,
        'quota_exceeded' as finding,
        'warning' as severity,
        quota_exceeded as value,
        0 as expected,
        'questions' as unit,
        known_at_utc
    from health
    where quota_exceeded > 0

),

-- Of market data the gaps tell it session by session.
not_fetched as (

    select
        concat(subject, ' ', domain) as check_subject,
        'raw_feed__request' as source,
        cast(asked_date as {{ dbt.type_string() }}) as period,
        'not_fetched' as finding,
        'warning' as severity,
        0 as value,
        1 as expected,
        'answers' as unit,
        max(known_at_utc) as known_at_utc
    from {{ source('raw', 'raw_feed__request') }}
    where {{ known_by() }} and domain <> 'market'
    group by domain, subject, asked_date
    having max(case when outcome in ('answered', 'empty') then 1 else 0 end) = 0

),

-- What a provider left out of an answer without a word.
columns_missing as (

    select
        concat(provider, ' ', subject, ' without ', columns_missing) as check_subject,
        'raw_feed__request' as source,
        cast(asked_date as {{ dbt.type_string() }}) as period,
        'columns_missing' as finding,
        'warning' as severity,
        count(*) as value,
        0 as expected,
        'answers' as unit,
        max(known_at_utc) as known_at_utc
    from {{ source('raw', 'raw_feed__request') }}
    where {{ known_by() }} and columns_missing is not null
    group by provider, subject, columns_missing, asked_date

),

network_apart as (

    select
        concat('BTC ', measure) as check_subject,
        'raw_network__day' as source,
        cast(utc_date as {{ dbt.type_string() }}) as period,
        'providers_disagree' as finding,
        'warning' as severity,
        max(max_difference_pct) as value,
        {{ network_tolerance_pct() }} as expected,
        'percent' as unit,
        max(known_at_utc) as known_at_utc
    from {{ ref('int_network__measured') }}
    where max_difference_pct > {{ network_tolerance_pct() }}
    group by utc_date, measure

),

-- A day that nobody gave stays empty and is told.
days_absent as (

    select
        'BTC' as check_subject,
        'raw_network__day' as source,
        concat(
            cast({{ add_days('utc_date', 1) }} as {{ dbt.type_string() }}),
            ' to ',
            cast({{ add_days('next_date', -1) }} as {{ dbt.type_string() }})
        ) as period,
        'days_not_available' as finding,
        'warning' as severity,
        {{ days_between('utc_date', 'next_date') }} - 1 as value,
        0 as expected,
        'days' as unit,
        next_known_at_utc as known_at_utc
    from (
        select
            utc_date,
            lead(utc_date) over (order by utc_date) as next_date,
            lead(known_at_utc) over (order by utc_date) as next_known_at_utc
        from {{ ref('fct_network_daily') }}
    ) as following
    where {{ days_between('utc_date', 'next_date') }} > 1

),

hashrate_apart as (

    select
        'BTC hashrate' as check_subject,
        'raw_network__day' as source,
        cast(utc_date as {{ dbt.type_string() }}) as period,
        'hashrate_differs_from_provider' as finding,
        'warning' as severity,
        hashrate_provider_eh_s as value,
        hashrate_realized_eh_s as expected,
        'EH/s' as unit,
        known_at_utc
    from {{ ref('fct_network_daily') }}
    where abs(hashrate_difference_pct) > {{ network_tolerance_pct() }}

),

macro_apart as (

    select
        observations.series as check_subject,
        'raw_macro__observation' as source,
        cast(observations.observation_date as {{ dbt.type_string() }}) as period,
        'providers_disagree' as finding,
        'warning' as severity,
        observations.max_difference as value,
        {{ macro_tolerance('observations.value') }} as expected,
        observations.unit,
        observations.known_at_utc
    from {{ ref('fct_macro_observation') }} as observations
    where observations.agreement = 'differs'

),

findings as (

    select * from failed_over

    union all

    select * from circuit_open

    union all

    select * from quota_exceeded

    union all

    select * from not_fetched

    union all

    select * from columns_missing

    union all

    select * from network_apart

    union all

    select * from days_absent

    union all

    select * from hashrate_apart

    union all

    select * from macro_apart

)

select
    check_subject,
    source,
    period,
    finding,
    severity,
    cast(value as double) as value,
    cast(expected as double) as expected,
    unit,
    known_at_utc
from findings
