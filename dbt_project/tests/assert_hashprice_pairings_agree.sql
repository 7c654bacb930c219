-- Realized hashrate with the day's own blocks gives the hashprice that implied hashrate gives with 144.
with recomputed as (
    select
        utc_date,
        hashprice_usd_ph_day,
        {{
            hashprice_usd_ph_day(
                'block_subsidy_btc', 'fees_btc', 'blocks', 'blocks', 'hashrate_realized_eh_s', 'btc_close_usd'
            )
        }} as realized_hashprice_usd_ph_day
    from {{ ref('fct_network_daily') }}
    where hashprice_usd_ph_day is not null
)

select *
from recomputed
where not coalesce(abs(realized_hashprice_usd_ph_day / hashprice_usd_ph_day - 1) <= 1e-9, false)
