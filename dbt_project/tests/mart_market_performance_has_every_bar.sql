{{ config(meta={'dagster': {'ref': {'name': 'mart_market_performance', 'package': 'hashwatt'}}}) }}
-- A row for every bar and no other, with the bar's own close.
select
    coalesce(bars.instrument, performance.instrument) as instrument,
    coalesce(bars.session_date, performance.session_date) as session_date,
    bars.close_usd as close_of_bar,
    performance.close_usd as close_in_mart
from {{ ref('fct_market_price_daily') }} as bars
full outer join {{ ref('mart_market_performance') }} as performance
    on bars.instrument = performance.instrument and bars.session_date = performance.session_date
where bars.close_usd is distinct from performance.close_usd
