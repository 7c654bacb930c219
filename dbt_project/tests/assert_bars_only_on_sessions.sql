-- A share or fund has bars on the sessions of its exchange alone, none before its listing. An index is exempt:
-- the volatility index is also computed on holidays, from the night sessions of its options.
{{ config(meta={'dagster': {'ref': {'name': 'fct_market_price_daily'}}}) }}

select
    bars.instrument,
    bars.session_date,
    instruments.calendar,
    instruments.first_session_date
from {{ ref('fct_market_price_daily') }} as bars
inner join {{ ref('dim_instrument') }} as instruments on bars.instrument = instruments.instrument
left join {{ ref('dim_date') }} as days on bars.session_date = days.date_day
where
    (instruments.calendar = 'XNYS' and instruments.kind <> 'index' and not coalesce(days.is_xnys_session, false))
    or bars.session_date < instruments.first_session_date
