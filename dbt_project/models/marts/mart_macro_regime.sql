-- Each session of the exchange in its regime: stocks (SPY) at a record while fear (VIX) rose, gold (GLD) with them, and
-- the growth of money and of the central bank's balance over a year, by the observations known when the session had
-- closed. A record is a close above all before it on record; over a session without a close nobody can tell.
{%- set counts = {
    'records': 'is_stocks_record and is_vix_up is not null',
    'records_with_fear': 'is_stocks_record and is_vix_up',
    'vix_moves': 'is_vix_up is not null',
    'vix_up': 'is_vix_up',
    'up_days': 'is_stocks_up and is_vix_up is not null',
    'up_days_with_fear': 'is_stocks_up and is_vix_up',
    'gold_with_stocks': 'is_gold_up = is_stocks_up',
    'gold_moves': 'is_gold_up is not null and is_stocks_up is not null',
} %}

with sessions as (

    select
        date_day as session_date,
        previous_session_date,
        complete_at_utc
    from {{ ref('int_session__calendar') }}
    where calendar = 'XNYS' and is_session

),

splits as (

    select
        instrument,
        max(known_at_utc) as known_at_utc
    from {{ ref('fct_market_action') }}
    where action = 'split'
    group by instrument

),

closes as (

    select
        prices.instrument,
        prices.session_date,
        prices.close_split_adjusted_usd as close_value,
        greatest(prices.known_at_utc, coalesce(splits.known_at_utc, prices.known_at_utc)) as known_at_utc
    from {{ ref('fct_market_price_daily') }} as prices
    left join splits on prices.instrument = splits.instrument
    where prices.instrument in ('SPY', 'GLD', 'VIX')

),

begun as (

    select min(session_date) as first_session_date
    from closes
    where instrument = 'SPY'

),

days as (

    select
        sessions.session_date,
        sessions.previous_session_date,
        sessions.complete_at_utc,
        begun.first_session_date,
        stocks.close_value as stocks_close_usd,
        vix.close_value as vix_close,
        gold.close_value as gold_close_usd,
        greatest(
            stocks.known_at_utc,
            coalesce(vix.known_at_utc, stocks.known_at_utc),
            coalesce(gold.known_at_utc, stocks.known_at_utc)
        ) as known_at_utc
    from begun
    inner join sessions on begun.first_session_date <= sessions.session_date
    left join closes as stocks on stocks.instrument = 'SPY' and sessions.session_date = stocks.session_date
    left join closes as vix on vix.instrument = 'VIX' and sessions.session_date = vix.session_date
    left join closes as gold on gold.instrument = 'GLD' and sessions.session_date = gold.session_date

),

compared as (

    select
        *,
        lag(stocks_close_usd) over (order by session_date) as previous_stocks_close_usd,
        lag(vix_close) over (order by session_date) as previous_vix_close,
        lag(gold_close_usd) over (order by session_date) as previous_gold_close_usd,
        max(stocks_close_usd) over before as stocks_high_before_usd,
        max(gold_close_usd) over before as gold_high_before_usd,
        sum(case when stocks_close_usd is null then 1 else 0 end) over before as stocks_missing_before,
        sum(case when gold_close_usd is null then 1 else 0 end) over before as gold_missing_before,
        max(known_at_utc) over (
            order by session_date rows between unbounded preceding and current row
        ) as all_known_at_utc
    from days
    window before as (order by session_date rows between unbounded preceding and 1 preceding)

),

marked as (

    select
        *,
        case
            when stocks_close_usd <= stocks_high_before_usd then false
            when stocks_missing_before = 0 then stocks_close_usd > stocks_high_before_usd
        end as is_stocks_record,
        case
            when gold_close_usd <= gold_high_before_usd then false
            when gold_missing_before = 0 then gold_close_usd > gold_high_before_usd
        end as is_gold_record,
        stocks_close_usd > previous_stocks_close_usd as is_stocks_up,
        vix_close > previous_vix_close as is_vix_up,
        gold_close_usd > previous_gold_close_usd as is_gold_up
    from compared
    where stocks_close_usd is not null

),

counted as (

    select
        *
        {% for name, condition in counts.items() %}
            ,
            sum(case when {{ condition }} then 1 else 0 end) over this_year as {{ name }}_ytd
        {% endfor %}
    from marked
    window
        this_year as (
            partition by extract(year from session_date)
            order by session_date
            rows between unbounded preceding and current row
        )

),

liquidity as (

    select
        series,
        observation_date,
        value,
        known_at_utc
    from {{ ref('fct_macro_observation') }}
    where series in ('M2', 'FED_BALANCE_SHEET')

),

-- The newest observation that the session's evening knew, and the one a year before it: on the same day of a monthly
-- series, at most six days earlier of a weekly one.
newest as (

    select
        days.session_date,
        liquidity.series,
        max(liquidity.observation_date) as observation_date
    from days
    inner join liquidity on days.complete_at_utc >= liquidity.known_at_utc
    group by days.session_date, liquidity.series

),

grown as (

    select
        newest.session_date,
        newest.series,
        newest.observation_date,
        {{ pct_change('latest.value', 'year_before.value') }} as yoy_pct,
        greatest(latest.known_at_utc, year_before.known_at_utc) as known_at_utc,
        row_number() over (
            partition by newest.session_date, newest.series order by year_before.observation_date desc
        ) as position
    from newest
    inner join liquidity as latest
        on newest.series = latest.series and newest.observation_date = latest.observation_date
    inner join liquidity as year_before
        on
            newest.series = year_before.series
            and cast({{ dbt.dateadd('year', -1, 'newest.observation_date') }} as date) >= year_before.observation_date
            and {{ add_days('cast(' ~ dbt.dateadd('year', -1, 'newest.observation_date') ~ ' as date)', -6) }}
            <= year_before.observation_date

),

co_moves as (

    select
        session_date,
        correlation,
        known_at_utc
    from {{ ref('mart_correlation') }}
    where instrument_a = 'GLD' and instrument_b = 'SPY' and window_sessions = 60

)

select
    counted.session_date,
    counted.stocks_close_usd,
    {{ pct_change('counted.stocks_close_usd', 'counted.previous_stocks_close_usd') }} as stocks_return_1d_pct,
    counted.is_stocks_record,
    counted.first_session_date as record_since_date,
    counted.vix_close,
    counted.vix_close - counted.previous_vix_close as vix_change,
    counted.is_stocks_record and counted.is_vix_up as is_record_with_fear,
    cast(counted.records_ytd as bigint) as records_ytd,
    cast(counted.records_with_fear_ytd as bigint) as records_with_fear_ytd,
    100 * cast(counted.records_with_fear_ytd as double) / nullif(counted.records_ytd, 0) as records_with_fear_ytd_pct,
    100 * cast(counted.vix_up_ytd as double) / nullif(counted.vix_moves_ytd, 0) as vix_up_ytd_pct,
    100 * cast(counted.up_days_with_fear_ytd as double) / nullif(counted.up_days_ytd, 0) as up_days_with_fear_ytd_pct,
    counted.gold_close_usd,
    counted.is_gold_record,
    100 * cast(counted.gold_with_stocks_ytd as double) / nullif(counted.gold_moves_ytd, 0) as gold_with_stocks_ytd_pct,
    co_moves.correlation as gold_stocks_correlation_60,
    m2.yoy_pct as m2_yoy_pct,
    m2.observation_date as m2_observation_date,
    fed.yoy_pct as fed_balance_sheet_yoy_pct,
    fed.observation_date as fed_balance_sheet_observation_date,
    nullif(
        concat_ws(
            '; ',
            case
                when counted.is_stocks_record is null and counted.stocks_high_before_usd is null
                    then 'record: no close before'
                when counted.is_stocks_record is null then 'record: a session before has no close of SPY'
            end,
            case when counted.is_vix_up is null then 'VIX: no close on the session or the one before' end,
            case when counted.gold_close_usd is null then 'gold: no close of GLD' end,
            case when m2.yoy_pct is null then 'M2: no observation of it and of a year before was known' end,
            case
                when fed.yoy_pct is null
                    then 'balance of the Federal Reserve: no observation of it and of a year before was known'
            end
        ),
        ''
    ) as null_reasons,
    greatest(
        counted.all_known_at_utc,
        coalesce(co_moves.known_at_utc, counted.all_known_at_utc),
        coalesce(m2.known_at_utc, counted.all_known_at_utc),
        coalesce(fed.known_at_utc, counted.all_known_at_utc)
    ) as known_at_utc
from counted
left join co_moves on counted.session_date = co_moves.session_date
left join grown as m2 on counted.session_date = m2.session_date and m2.series = 'M2' and m2.position = 1
left join grown as fed
    on counted.session_date = fed.session_date and fed.series = 'FED_BALANCE_SHEET' and fed.position = 1
order by counted.session_date
