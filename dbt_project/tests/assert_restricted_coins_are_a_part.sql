-- Pledged and loaned coins are a part of the coins held, never more than them.
select
    restricted.issuer,
    restricted.period_start_date,
    restricted.value as btc_restricted,
    held.value as btc_held
from {{ ref('fct_miner_operating') }} as restricted
left join {{ ref('fct_miner_operating') }} as held
    on
        restricted.issuer = held.issuer
        and restricted.period_start_date = held.period_start_date
        and restricted.period_end_date = held.period_end_date
        and held.metric = 'btc_held'
where restricted.metric = 'btc_restricted' and not coalesce(restricted.value <= held.value, false)
