{{ config(meta={'dagster': {'ref': {'name': 'mart_market_gap', 'package': 'hashwatt'}}}) }}
-- Every session between two bars of an instrument that lies in a span asked for has a bar or is a gap, and a gap is
-- what it says: missing everywhere without a bar, missing at a provider with another's.
with spans as (

    select
        instrument,
        min(session_date) as first_date,
        max(session_date) as last_date
    from {{ ref('fct_market_price_daily') }}
    group by instrument

),

asked as (

    select distinct
        coverage.instrument,
        days.date_day as session_date
    from {{ source('raw', 'raw_market__coverage') }} as coverage
    inner join {{ ref('dim_instrument') }} as instruments on coverage.instrument = instruments.instrument
    inner join spans on coverage.instrument = spans.instrument
    inner join {{ ref('dim_date') }} as days
        on
            days.date_day between coverage.first_session_date and coverage.last_session_date
            and days.date_day between spans.first_date and spans.last_date
    where
        {{ known_by('coverage.known_at_utc') }}
        and (instruments.calendar = 'UTC' or days.is_xnys_session)

)

select
    asked.instrument,
    asked.session_date,
    'untold' as what
from asked
left join {{ ref('fct_market_price_daily') }} as bars
    on asked.instrument = bars.instrument and asked.session_date = bars.session_date
left join {{ ref('mart_market_gap') }} as gaps
    on asked.instrument = gaps.instrument and asked.session_date = gaps.session_date
where bars.instrument is null and gaps.instrument is null

union all

select
    gaps.instrument,
    gaps.session_date,
    gaps.gap as what
from {{ ref('mart_market_gap') }} as gaps
left join {{ ref('fct_market_price_daily') }} as bars
    on gaps.instrument = bars.instrument and gaps.session_date = bars.session_date
where (gaps.gap = 'missing_at_provider') <> (bars.instrument is not null)
