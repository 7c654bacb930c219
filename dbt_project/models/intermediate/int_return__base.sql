-- For every bar the sessions that its returns are measured from, as dates of the instrument's own calendar.
-- Whether those sessions have a bar is not asked here.

with bars as (

    select
        prices.instrument,
        prices.session_date,
        prices.close_usd,
        prices.close_split_adjusted_usd,
        prices.close_total_return_usd,
        prices.total_return_null_reason,
        prices.known_at_utc,
        instruments.calendar,
        instruments.issuer,
        instruments.first_session_date as listed_date
    from {{ ref('fct_market_price_daily') }} as prices
    inner join {{ ref('dim_instrument') }} as instruments on prices.instrument = instruments.instrument

),

anchored as (

    select
        *,
        -- Month-end safe: a month before 31 March is the last day of February.
        cast({{ dbt.dateadd('month', -1, 'session_date') }} as date) as month_anchor_date,
        cast({{ dbt.dateadd('day', -1, dbt.date_trunc('year', 'session_date')) }} as date) as year_anchor_date
    from bars

)

select
    anchored.instrument,
    anchored.session_date,
    anchored.close_usd,
    anchored.close_split_adjusted_usd,
    anchored.close_total_return_usd,
    anchored.total_return_null_reason,
    anchored.issuer,
    anchored.listed_date,
    windows.first_session_date as window_first_date,
    same_day.previous_session_date,
    month_before.session_on_or_before_date as month_base_date,
    year_before.session_on_or_before_date as year_base_date,
    events.deal_id as event_deal_id,
    events.event_date,
    event_day.previous_session_date as event_base_date,
    greatest(anchored.known_at_utc, events.known_at_utc) as known_at_utc
from anchored
left join {{ ref('int_market__window') }} as windows
    on
        anchored.instrument = windows.instrument
        and windows.content = 'price'
        and anchored.session_date between windows.first_session_date and windows.last_session_date
left join {{ ref('int_session__calendar') }} as same_day
    on anchored.calendar = same_day.calendar and anchored.session_date = same_day.date_day
left join {{ ref('int_session__calendar') }} as month_before
    on anchored.calendar = month_before.calendar and anchored.month_anchor_date = month_before.date_day
left join {{ ref('int_session__calendar') }} as year_before
    on anchored.calendar = year_before.calendar and anchored.year_anchor_date = year_before.date_day
left join {{ ref('int_ai_deal__event') }} as events
    on
        anchored.issuer = events.issuer
        and anchored.session_date >= events.event_date
        and anchored.session_date < coalesce(events.next_event_date, cast('9999-12-31' as date))
left join {{ ref('int_session__calendar') }} as event_day
    on anchored.calendar = event_day.calendar and events.event_date = event_day.date_day
