{{ config(meta={'dagster': {'ref': {'name': 'fct_market_action', 'package': 'hashwatt'}}}) }}
-- A split or dividend that a provider told stands once: under its own or a near date, not twice under two providers.
with told as (

    select distinct
        instrument,
        action,
        ex_date
    from {{ source('raw', 'raw_market__action') }}
    where {{ known_by() }}

)

select
    told.instrument,
    told.action,
    told.ex_date,
    'lost' as what
from told
left join {{ ref('fct_market_action') }} as kept
    on
        told.instrument = kept.instrument
        and told.action = kept.action
        and abs({{ days_between('told.ex_date', 'kept.ex_date') }}) <= 5
where kept.instrument is null

union all

select
    one.instrument,
    one.action,
    one.ex_date,
    'told twice' as what
from {{ ref('fct_market_action') }} as one
inner join {{ ref('fct_market_action') }} as another
    on
        one.instrument = another.instrument
        and one.action = another.action
        and one.provider <> another.provider
        and {{ days_between('one.ex_date', 'another.ex_date') }} between 1 and 5
where
    abs(coalesce(another.split_ratio / one.split_ratio, another.dividend_usd / one.dividend_usd) - 1) <= 0.01
