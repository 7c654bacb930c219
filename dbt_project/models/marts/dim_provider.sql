select
    provider,
    name,
    access,
    licence,
    redistribution,
    attribution,
    known_at_utc
from {{ as_of(ref('stg_ledger__provider'), ['provider']) }} as vintage
order by provider
