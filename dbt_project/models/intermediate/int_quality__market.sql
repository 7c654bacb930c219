-- What a reader should know of prices: providers that differ, jumps that look like an error or a split, sessions
-- without a bar, and values that a vendor changed. Sessions of one gap that follow each other are one finding.

with bars as (

    select
        instrument,
        session_date,
        provider,
        close_usd,
        known_at_utc,
        first_value(close_usd) over preference as chosen_close_usd,
        first_value(provider) over preference as chosen_provider,
        max(known_at_utc) over (partition by instrument, session_date) as last_known_at_utc
    from {{ ref('int_bar__vintage') }}
    window preference as (
        partition by instrument, session_date
        order by priority, provider
        rows between unbounded preceding and current row
    )

),

differing as (

    select
        concat(instrument, ' ', provider) as check_subject,
        concat(instrument, ' ', chosen_provider) as held_against,
        cast(session_date as {{ dbt.type_string() }}) as period,
        close_usd / chosen_close_usd as ratio,
        {{ difference_pct('close_usd', 'chosen_close_usd') }} as difference_pct,
        last_known_at_utc as known_at_utc
    from bars
    where provider <> chosen_provider

),

apart as (

    select
        check_subject,
        'raw_market__bar' as source,
        period,
        'providers_disagree' as finding,
        'warning' as severity,
        difference_pct as value,
        {{ close_tolerance_pct() }} as expected,
        'percent' as unit,
        known_at_utc
    from differing
    where difference_pct > {{ close_tolerance_pct() }}

),

-- Each provider's own closes from session to session, on the basis of the newest share, so that a split that is known
-- is no jump.
own as (

    select
        bars.instrument,
        bars.provider,
        bars.session_date,
        bars.close_usd / adjusted.split_factor as close_usd,
        greatest(bars.known_at_utc, coalesce(adjusted.adjustment_known_at_utc, bars.known_at_utc)) as known_at_utc,
        days.session_number,
        instruments.kind
    from bars
    inner join {{ ref('dim_instrument') }} as instruments on bars.instrument = instruments.instrument
    inner join {{ ref('int_bar__adjusted') }} as adjusted
        on bars.instrument = adjusted.instrument and bars.session_date = adjusted.session_date
    inner join {{ ref('int_session__calendar') }} as days
        on instruments.calendar = days.calendar and bars.session_date = days.date_day and days.is_session

),

stepped as (

    select
        *,
        lag(close_usd) over series as previous_close_usd,
        lag(session_number) over series as previous_session_number,
        lag(known_at_utc) over series as previous_known_at_utc,
        lead(close_usd) over series as next_close_usd,
        lead(session_number) over series as next_session_number,
        lead(known_at_utc) over series as next_known_at_utc
    from own
    window series as (partition by instrument, provider order by session_date)

),

jumps as (

    select
        *,
        close_usd / previous_close_usd as ratio,
        -- The session after tells an error, which goes back to where the price came from, from a split, which stays.
        {{ is_tenfold('close_usd / previous_close_usd', limit('tenfold_step_share')) }}
        and next_session_number = session_number + 1
        and abs(next_close_usd / previous_close_usd - 1.0) <= {{ limit('tenfold_step_share') }} as is_error
    from stepped
    where previous_session_number = session_number - 1

),

tenfold_for_a_session as (

    select
        concat(instrument, ' ', provider) as check_subject,
        'raw_market__bar' as source,
        cast(session_date as {{ dbt.type_string() }}) as period,
        'tenfold_error' as finding,
        'warning' as severity,
        ratio as value,
        1.0 as expected,
        'ratio' as unit,
        greatest(known_at_utc, previous_known_at_utc, next_known_at_utc) as known_at_utc
    from jumps
    where is_error

),

-- Of two providers a factor of ten apart, the one whose own series tells the error is the one at fault.
tenfold_beside_another as (

    select
        differing.check_subject,
        'raw_market__bar' as source,
        differing.period,
        'tenfold_error' as finding,
        'warning' as severity,
        differing.ratio as value,
        1.0 as expected,
        'ratio' as unit,
        differing.known_at_utc
    from differing
    left join tenfold_for_a_session as alone
        on
            differing.period = alone.period
            and alone.check_subject in (differing.check_subject, differing.held_against)
    where {{ is_tenfold('differing.ratio', limit('tenfold_apart_share')) }} and alone.check_subject is null

),

tenfold as (

    select * from tenfold_for_a_session

    union all

    select * from tenfold_beside_another

),

split_untold as (

    select
        concat(instrument, ' ', provider) as check_subject,
        'raw_market__bar' as source,
        cast(session_date as {{ dbt.type_string() }}) as period,
        'split_without_action' as finding,
        'warning' as severity,
        1.0 / ratio as value,
        1.0 as expected,
        'shares per share' as unit,
        greatest(known_at_utc, previous_known_at_utc) as known_at_utc
    from (
        select
            *,
            lag(is_error) over (partition by instrument, provider order by session_date) as is_way_back
        from jumps
    ) as told
    where
        kind in ('equity', 'etf')
        and {{ is_split_sized('ratio', limit('split_step_share')) }}
        and not coalesce(is_error, false)
        and not coalesce(is_way_back, false)

),

gap_runs as (

    select
        gaps.instrument,
        gaps.missing_at,
        gaps.gap,
        gaps.session_date,
        gaps.known_at_utc,
        days.session_number - row_number() over (
            partition by gaps.instrument, gaps.missing_at, gaps.gap order by gaps.session_date
        ) as island
    from {{ ref('mart_market_gap') }} as gaps
    inner join {{ ref('dim_instrument') }} as instruments on gaps.instrument = instruments.instrument
    inner join {{ ref('int_session__calendar') }} as days
        on instruments.calendar = days.calendar and gaps.session_date = days.date_day

),

gaps as (

    select
        case when missing_at = 'all' then instrument else concat(instrument, ' ', missing_at) end as check_subject,
        case when gap = 'not_fetched' then 'raw_feed__request' else 'raw_market__bar' end as source,
        case
            when count(*) = 1 then cast(min(session_date) as {{ dbt.type_string() }})
            else concat(
                cast(min(session_date) as {{ dbt.type_string() }}),
                ' to ',
                cast(max(session_date) as {{ dbt.type_string() }})
            )
        end as period,
        case gap
            when 'not_available' then 'session_not_available'
            when 'missing_at_provider' then 'session_missing_at_provider'
            else 'not_fetched'
        end as finding,
        'warning' as severity,
        count(*) as value,
        0.0 as expected,
        'sessions' as unit,
        max(known_at_utc) as known_at_utc
    from gap_runs
    group by instrument, missing_at, gap, island

),

vintages as (

    select
        concat(instrument, ' ', provider) as check_subject,
        'raw_market__bar' as source,
        cast(session_date as {{ dbt.type_string() }}) as period,
        'USD' as unit,
        close_usd as amount,
        known_at_utc
    from {{ source('raw', 'raw_market__bar') }}
    where {{ known_by() }}

    union all

    select
        concat(instrument, ' ', provider, ' ', action) as check_subject,
        'raw_market__action' as source,
        cast(ex_date as {{ dbt.type_string() }}) as period,
        case action when 'split' then 'shares per share' else 'USD per share' end as unit,
        coalesce(split_ratio, dividend_usd) as amount,
        known_at_utc
    from {{ source('raw', 'raw_market__action') }}
    where {{ known_by() }}

),

corrected as (

    select
        check_subject,
        source,
        period,
        'vendor_correction' as finding,
        case
            when abs(amount / previous_amount - 1.0) <= {{ close_tolerance_pct() }} / 100 then 'info' else 'warning'
        end as severity,
        amount as value,
        previous_amount as expected,
        unit,
        known_at_utc
    from (
        select
            *,
            lag(amount) over (partition by check_subject, source, period order by known_at_utc) as previous_amount,
            row_number() over (partition by check_subject, source, period order by known_at_utc desc) as recency
        from vintages
    ) as dated
    where recency = 1 and amount <> previous_amount

),

findings as (

    select * from apart

    union all

    select * from tenfold

    union all

    select * from split_untold

    union all

    select * from gaps

    union all

    select * from corrected

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
