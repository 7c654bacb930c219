{{ config(meta={'dagster': {'ref': {'name': 'mart_market_performance', 'package': 'hashwatt'}}}) }}
-- The close before, grown by the day's return, is the close: adjusted for splits, and with dividends put back.
select
    today.instrument,
    today.session_date,
    performance.return_1d_pct,
    performance.return_1d_total_pct
from {{ ref('mart_market_performance') }} as performance
inner join {{ ref('fct_market_price_daily') }} as today
    on performance.instrument = today.instrument and performance.session_date = today.session_date
left join {{ ref('fct_market_price_daily') }} as before
    on performance.instrument = before.instrument and performance.previous_session_date = before.session_date
where
    (
        performance.return_1d_pct is not null
        and not coalesce(
            abs(
                before.close_split_adjusted_usd * (1 + performance.return_1d_pct / 100)
                / today.close_split_adjusted_usd - 1
            ) <= 0.000000001,
            false
        )
    )
    or (
        performance.return_1d_total_pct is not null
        and not coalesce(
            abs(
                before.close_total_return_usd * (1 + performance.return_1d_total_pct / 100)
                / today.close_total_return_usd - 1
            ) <= 0.000000001,
            false
        )
    )
