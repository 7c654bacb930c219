{#- Hashprice is the implied pairing: 144 blocks a day over the hashrate that difficulty implies. -#}
with days as (
    select * from {{ as_of(ref('stg_network__day'), ['utc_date']) }} as vintage
),

btc_closes as (
    select * from {{ ref('fct_market_price_daily') }}
    where instrument = 'BTC-USD'
),

joined as (
    select
        days.utc_date,
        days.blocks,
        days.fees_btc,
        days.difficulty,
        {{ hashrate_implied_eh_s('days.difficulty') }} as hashrate_eh_s,
        epochs.block_subsidy_btc,
        btc_closes.close_usd as btc_close_usd,
        {{ hashrate_realized_eh_s('days.difficulty', 'days.blocks') }} as hashrate_realized_eh_s,
        greatest(days.known_at_utc, coalesce(btc_closes.known_at_utc, days.known_at_utc)) as known_at_utc
    from days
    left join {{ ref('int_halving__epoch') }} as epochs
        on
            days.utc_date >= epochs.valid_from_date
            and (epochs.valid_to_date is null or days.utc_date < epochs.valid_to_date)
    left join btc_closes on days.utc_date = btc_closes.session_date
)

select
    utc_date,
    blocks,
    fees_btc,
    difficulty,
    hashrate_eh_s,
    {{ hashprice_usd_ph_day('block_subsidy_btc', 'fees_btc', 'blocks', 144, 'hashrate_eh_s', 'btc_close_usd') }}
        as hashprice_usd_ph_day,
    block_subsidy_btc,
    btc_close_usd,
    hashrate_realized_eh_s,
    case when btc_close_usd is null then 'no_btc_close' end as hashprice_null_reason,
    known_at_utc
from joined
order by utc_date
