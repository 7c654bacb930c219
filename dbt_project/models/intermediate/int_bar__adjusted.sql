-- Closes on the basis of the newest share, by the splits and dividends known at T. Splits divide every close before
-- their ex-date. A dividend D takes D over the close of the session before it, both in dollars of its ex-date, out of
-- every earlier close. Where dividends were not asked for, the total return is unknown, not equal to the price return.

with instruments as (

    select
        instrument,
        calendar,
        kind in ('crypto', 'index') as pays_nothing
    from {{ ref('dim_instrument') }}

),

bars as (

    select
        instrument,
        session_date,
        close_usd
    from {{ ref('int_bar__compared') }}

),

events as (

    select
        instrument,
        ex_date,
        coalesce(max(split_ratio), 1.0) as split_ratio,
        max(dividend_usd) as dividend_usd,
        max(known_at_utc) as known_at_utc
    from {{ ref('int_action__chosen') }}
    group by instrument, ex_date

),

factors as (

    select
        events.instrument,
        events.ex_date,
        events.split_ratio,
        case
            when events.dividend_usd is null then 1.0
            when events.dividend_usd < eve.close_usd / events.split_ratio
                then 1.0 - events.dividend_usd / (eve.close_usd / events.split_ratio)
        end as dividend_factor,
        events.known_at_utc
    from events
    inner join instruments on events.instrument = instruments.instrument
    left join {{ ref('int_session__calendar') }} as days
        on instruments.calendar = days.calendar and events.ex_date = days.date_day
    left join bars as eve
        on events.instrument = eve.instrument and days.previous_session_date = eve.session_date

),

-- What lies ahead of a close, from each ex-date on: the sessions from the ex-date before up to the eve of this one.
ahead as (

    select
        instrument,
        ex_date,
        lag(ex_date, 1, cast('0001-01-01' as date)) over (partition by instrument order by ex_date) as previous_ex_date,
        {{ running_product('split_ratio', 'later') }} as split_factor,
        {{ running_product('dividend_factor', 'later') }} as dividend_factor,
        max(case when dividend_factor is null then ex_date end) over later as unknown_ex_date,
        max(known_at_utc) over later as known_at_utc
    from factors
    window later as (partition by instrument order by ex_date desc rows between unbounded preceding and current row)

),

-- The newest span over which dividends were asked for, with the session before it, whose close starts the first return.
dividends as (

    select
        spans.instrument,
        spans.first_session_date,
        spans.last_session_date,
        coalesce(days.previous_session_date, spans.first_session_date) as base_date
    from (
        select
            *,
            row_number() over (partition by instrument order by last_session_date desc) as recency
        from {{ ref('int_market__window') }}
        where content = 'dividend'
    ) as spans
    inner join instruments on spans.instrument = instruments.instrument
    left join {{ ref('int_session__calendar') }} as days
        on instruments.calendar = days.calendar and spans.first_session_date = days.date_day
    where spans.recency = 1

),

adjusted as (

    select
        bars.instrument,
        bars.session_date,
        bars.close_usd,
        coalesce(ahead.split_factor, 1.0) as split_factor,
        coalesce(ahead.dividend_factor, 1.0) as dividend_factor,
        ahead.known_at_utc as adjustment_known_at_utc,
        case
            when not instruments.pays_nothing and dividends.instrument is null
                then 'dividends were not asked for'
            when not instruments.pays_nothing and bars.session_date < dividends.base_date
                then concat(
                    'dividends were asked for from ',
                    cast(dividends.first_session_date as {{ dbt.type_string() }}),
                    ' on without a hole'
                )
            when not instruments.pays_nothing and bars.session_date > dividends.last_session_date
                then concat(
                    'dividends were asked for up to ', cast(dividends.last_session_date as {{ dbt.type_string() }})
                )
            when ahead.unknown_ex_date is not null
                then concat(
                    'no close on the eve of ',
                    cast(ahead.unknown_ex_date as {{ dbt.type_string() }}),
                    ' that its dividend is below'
                )
        end as total_return_null_reason
    from bars
    inner join instruments on bars.instrument = instruments.instrument
    left join ahead
        on
            bars.instrument = ahead.instrument
            and bars.session_date < ahead.ex_date
            and bars.session_date >= ahead.previous_ex_date
    left join dividends on bars.instrument = dividends.instrument

)

select
    instrument,
    session_date,
    close_usd,
    split_factor,
    dividend_factor,
    close_usd / split_factor as close_split_adjusted_usd,
    case
        when total_return_null_reason is null then close_usd / split_factor * dividend_factor
    end as close_total_return_usd,
    total_return_null_reason,
    adjustment_known_at_utc
from adjusted
