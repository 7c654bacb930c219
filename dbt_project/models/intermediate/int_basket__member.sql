-- Which instruments make up the baskets between which money is followed. Each belongs to one; hosts, funds of coins,
-- gold and volatility belong to none.
with placed as (

    select
        instruments.instrument,
        instruments.calendar,
        case
            when instruments.instrument in ('BTC-USD', 'ETH-USD') then 'coins'
            when instruments.kind = 'crypto' then 'altcoins'
            when instruments.instrument in ('SPY', 'QQQ') then 'index_funds'
            -- Strategy, a reference among the issuers, holds coins and neither mines nor lets.
            when instruments.instrument = 'MSTR' or issuers.role = 'treasury' then 'treasury_stocks'
            when issuers.role in ('miner', 'ai_landlord') then 'miners'
            when issuers.role in ('hyperscaler', 'neocloud', 'supplier') then 'ai'
        end as basket,
        greatest(instruments.known_at_utc, coalesce(issuers.known_at_utc, instruments.known_at_utc)) as known_at_utc
    from {{ ref('dim_instrument') }} as instruments
    left join {{ ref('dim_issuer') }} as issuers on instruments.issuer = issuers.issuer
    where instruments.kind in ('crypto', 'equity', 'etf')

)

select *
from placed
where basket is not null
