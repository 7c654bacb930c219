-- The difficulty of every epoch of 2016 blocks, and by how much each retarget changed it.
with epochs as (
    select * from {{ as_of(source('raw', 'raw_network__epoch'), ['epoch']) }} as vintage
)

select
    epoch,
    first_height,
    began_at_utc,
    time_basis,
    bits,
    difficulty,
    {{ pct_change('difficulty', 'lag(difficulty) over (order by epoch)') }} as change_pct,
    {{ hashrate_implied_eh_s('difficulty') }} as hashrate_eh_s,
    known_at_utc
from epochs
order by epoch
