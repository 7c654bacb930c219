-- US dollars for one unit of a currency by day, from the reference rates that the ECB fixes for the euro, known at T.
with rates as (

    select
        observation_date as rate_date,
        value,
        known_at_utc,
        {{ dbt.split_part('unit', "' '", 1) }} as currency
    from {{ ref('fct_macro_observation') }}
    where unit like '___ per EUR'

),

dollars as (

    select * from rates
    where currency = 'USD'

)

select
    'EUR' as currency,
    rate_date,
    value as usd_per_unit,
    known_at_utc
from dollars

union all

select
    rates.currency,
    rates.rate_date,
    dollars.value / rates.value as usd_per_unit,
    greatest(dollars.known_at_utc, rates.known_at_utc) as known_at_utc
from rates
inner join dollars on rates.rate_date = dollars.rate_date
where rates.currency <> 'USD'
