{{ config(meta={'dagster': {'ref': {'name': 'fct_network_daily', 'package': 'hashwatt'}}}) }}
-- The subsidy of a block halves and never rises.
with days as (

    select
        utc_date,
        block_subsidy_btc,
        lag(block_subsidy_btc) over (order by utc_date) as previous_subsidy_btc
    from {{ ref('fct_network_daily') }}

)

select *
from days
where block_subsidy_btc > previous_subsidy_btc
