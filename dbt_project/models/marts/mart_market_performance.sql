-- Returns of every bar against named base sessions: of the price, adjusted for splits, and in total, with dividends put
-- back into the share. A base session without a bar gives NULL and a reason, never the last bar at hand; bases outside
-- the bar's own fetched span do not count.
with bars as (

    select * from {{ ref('int_return__base') }}

),

prices as (

    select
        instrument,
        session_date,
        close_split_adjusted_usd,
        close_total_return_usd,
        total_return_null_reason,
        known_at_utc
    from {{ ref('fct_market_price_daily') }}

),

based as (

    select
        bars.*,
        session_base.close_split_adjusted_usd as session_base_close_usd,
        session_base.close_total_return_usd as session_base_total_usd,
        session_base.total_return_null_reason as session_base_reason,
        session_base.known_at_utc as session_base_known_at_utc,
        month_base.close_split_adjusted_usd as month_base_close_usd,
        month_base.close_total_return_usd as month_base_total_usd,
        month_base.total_return_null_reason as month_base_reason,
        month_base.known_at_utc as month_base_known_at_utc,
        year_base.close_split_adjusted_usd as year_base_close_usd,
        year_base.close_total_return_usd as year_base_total_usd,
        year_base.total_return_null_reason as year_base_reason,
        year_base.known_at_utc as year_base_known_at_utc,
        event_base.close_split_adjusted_usd as event_base_close_usd,
        event_base.close_total_return_usd as event_base_total_usd,
        event_base.total_return_null_reason as event_base_reason,
        event_base.known_at_utc as event_base_known_at_utc,
        least(
            bars.session_date,
            coalesce(session_base.session_date, bars.session_date),
            coalesce(month_base.session_date, bars.session_date),
            coalesce(year_base.session_date, bars.session_date),
            coalesce(event_base.session_date, bars.session_date)
        ) as first_base_date
    from bars
    left join prices as session_base
        on
            bars.instrument = session_base.instrument
            and bars.previous_session_date = session_base.session_date
            and bars.window_first_date <= session_base.session_date
    left join prices as month_base
        on
            bars.instrument = month_base.instrument
            and bars.month_base_date = month_base.session_date
            and bars.window_first_date <= month_base.session_date
    left join prices as year_base
        on
            bars.instrument = year_base.instrument
            and bars.year_base_date = year_base.session_date
            and bars.window_first_date <= year_base.session_date
    left join prices as event_base
        on
            bars.instrument = event_base.instrument
            and bars.event_base_date = event_base.session_date
            and bars.window_first_date <= event_base.session_date

),

-- When the splits and dividends between the earliest base and the session were told.
told as (

    select
        based.instrument,
        based.session_date,
        max(actions.known_at_utc) as known_at_utc
    from based
    inner join {{ ref('fct_market_action') }} as actions
        on
            based.instrument = actions.instrument
            and based.first_base_date < actions.ex_date
            and based.session_date >= actions.ex_date
    group by based.instrument, based.session_date

),

complete as (

    select
        based.*,
        told.known_at_utc as actions_known_at_utc
    from based
    left join told on based.instrument = told.instrument and based.session_date = told.session_date

)

select
    instrument,
    session_date,
    close_usd,
    close_split_adjusted_usd,
    previous_session_date,
    {{ pct_change('close_split_adjusted_usd', 'session_base_close_usd') }} as return_1d_pct,
    {{ pct_change('close_total_return_usd', 'session_base_total_usd') }} as return_1d_total_pct,
    {{ pct_change('close_split_adjusted_usd', 'month_base_close_usd') }} as return_1m_pct,
    {{ pct_change('close_total_return_usd', 'month_base_total_usd') }} as return_1m_total_pct,
    case when month_base_close_usd is not null then month_base_date end as return_1m_base_date,
    {{ pct_change('close_split_adjusted_usd', 'year_base_close_usd') }} as return_ytd_pct,
    {{ pct_change('close_total_return_usd', 'year_base_total_usd') }} as return_ytd_total_pct,
    case when year_base_close_usd is not null then year_base_date end as return_ytd_base_date,
    event_deal_id,
    event_date,
    {{ pct_change('close_split_adjusted_usd', 'event_base_close_usd') }} as return_since_event_pct,
    {{ pct_change('close_total_return_usd', 'event_base_total_usd') }} as return_since_event_total_pct,
    case when event_base_close_usd is not null then event_base_date end as return_since_event_base_date,
    nullif(
        concat_ws(
            '; ',
            {{ return_null_reason('1 day', 'previous_session_date', 'session_base_close_usd') }},
            {{ return_null_reason('1 month', 'month_base_date', 'month_base_close_usd') }},
            {{ return_null_reason('year to date', 'year_base_date', 'year_base_close_usd') }},
            case
                when issuer is null then 'since event: no issuer of the universe behind the instrument'
                when event_date is null then 'since event: no AI contract announced by the session'
                else {{ return_null_reason('since event', 'event_base_date', 'event_base_close_usd') }}
            end
        ),
        ''
    ) as null_reasons,
    coalesce(
        total_return_null_reason,
        session_base_reason,
        month_base_reason,
        year_base_reason,
        event_base_reason
    ) as total_return_null_reason,
    greatest(
        known_at_utc,
        session_base_known_at_utc,
        month_base_known_at_utc,
        year_base_known_at_utc,
        event_base_known_at_utc,
        actions_known_at_utc
    ) as known_at_utc
from complete
order by instrument, session_date
