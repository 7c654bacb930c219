{#- Hashprice is the implied pairing: 144 blocks a day over the hashrate that difficulty implies. -#}
with btc_closes as (
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
        greatest(days.known_at_utc, coalesce(btc_closes.known_at_utc, days.known_at_utc)) as known_at_utc,
        days.provider,
        {{
            redistribution_of_rank(
                'greatest('
                ~ redistribution_rank('days.redistribution')
                ~ ', case when btc_closes.close_usd is null then 1 else '
                ~ redistribution_rank('btc_closes.redistribution')
                ~ ' end)'
            )
        }} as redistribution,
        days.hashrate_provider_eh_s,
        days.hashrate_provider
    from {{ ref('int_network__compared') }} as days
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
    case
        when difficulty is null then 'no_difficulty'
        when blocks is null then 'no_blocks'
        when fees_btc is null then 'no_fees'
        when btc_close_usd is null then 'no_btc_close'
    end as hashprice_null_reason,
    known_at_utc,
    provider,
    redistribution,
    hashrate_provider_eh_s,
    hashrate_provider,
    {{ pct_change('hashrate_provider_eh_s', 'hashrate_realized_eh_s') }} as hashrate_difference_pct
from joined
order by utc_date
