-- The pairs whose co-movement is followed: bitcoin and its fund against markets, gold against stocks, and each miner's
-- share against bitcoin's fund and the Nasdaq 100 fund.
with coins as (

    select
        a.instrument as instrument_a,
        b.instrument as instrument_b
    from {{ ref('dim_instrument') }} as a
    inner join {{ ref('dim_instrument') }} as b on b.instrument in ('SPY', 'QQQ', 'GLD', 'NVDA', 'WGMI')
    where a.instrument in ('BTC-USD', 'IBIT')

),

gold as (

    select
        a.instrument as instrument_a,
        b.instrument as instrument_b
    from {{ ref('dim_instrument') }} as a
    inner join {{ ref('dim_instrument') }} as b on b.instrument = 'SPY'
    where a.instrument = 'GLD'

),

miners as (

    select
        a.instrument as instrument_a,
        b.instrument as instrument_b
    from {{ ref('dim_instrument') }} as a
    inner join {{ ref('dim_issuer') }} as issuers on a.issuer = issuers.issuer
    inner join {{ ref('dim_instrument') }} as b on b.instrument in ('IBIT', 'QQQ')
    where a.kind = 'equity' and issuers.role in ('miner', 'ai_landlord')

),

pairs as (

    select * from coins
    union all
    select * from gold
    union all
    select * from miners

)

select
    pairs.instrument_a,
    pairs.instrument_b,
    -- A pair has a session where its scarcer calendar has one.
    case when a.calendar = 'XNYS' or b.calendar = 'XNYS' then 'XNYS' else 'UTC' end as calendar,
    case when a.close_convention = b.close_convention then 'same_close' else 'mixed_close' end as close_alignment,
    case when a.close_convention <> b.close_convention then same_close.instrument end as same_close_alternative
from pairs
inner join {{ ref('dim_instrument') }} as a on pairs.instrument_a = a.instrument
inner join {{ ref('dim_instrument') }} as b on pairs.instrument_b = b.instrument
-- The fund that holds the coin and closes with b.
left join {{ ref('dim_instrument') }} as same_close
    on pairs.instrument_a = 'BTC-USD' and same_close.instrument = 'IBIT'
