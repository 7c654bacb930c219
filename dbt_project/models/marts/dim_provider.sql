select
    provider,
    name,
    access,
    licence,
    redistribution,
    attribution,
    known_at_utc
from {{ as_of(source('raw', 'raw_ledger__provider'), ['provider']) }} as vintage
order by provider
