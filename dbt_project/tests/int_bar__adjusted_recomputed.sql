{{ config(meta={'dagster': {'ref': {'name': 'fct_market_price_daily', 'package': 'hashwatt'}}}) }}
-- The adjustment told differently, from one session to the next: growth of the price is the close on the shares of the
-- day before, over the close before; growth in total is the close over the close before less the day's dividend.
with days as (

    select
        today.instrument,
        today.session_date,
        today.close_usd,
        yesterday.close_usd as close_before_usd,
        today.close_split_adjusted_usd / yesterday.close_split_adjusted_usd as price_growth,
        today.close_total_return_usd / yesterday.close_total_return_usd as total_growth,
        coalesce(splits.split_ratio, 1.0) as split_ratio,
        coalesce(dividends.dividend_usd, 0.0) as dividend_usd
    from {{ ref('mart_market_performance') }} as performance
    inner join {{ ref('fct_market_price_daily') }} as today
        on performance.instrument = today.instrument and performance.session_date = today.session_date
    inner join {{ ref('fct_market_price_daily') }} as yesterday
        on performance.instrument = yesterday.instrument and performance.previous_session_date = yesterday.session_date
    left join {{ ref('fct_market_action') }} as splits
        on today.instrument = splits.instrument and today.session_date = splits.ex_date and splits.action = 'split'
    left join {{ ref('fct_market_action') }} as dividends
        on
            today.instrument = dividends.instrument
            and today.session_date = dividends.ex_date
            and dividends.action = 'dividend'

)

select *
from days
where
    abs(price_growth * close_before_usd / (close_usd * split_ratio) - 1) > 0.000001
    or abs(total_growth * (close_before_usd / split_ratio - dividend_usd) / close_usd - 1) > 0.000001
