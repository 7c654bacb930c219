select
    series,
    name,
    unit,
    frequency,
    publication_lag_days,
    is_revised,
    owner,
    redistribution,
    known_at_utc
from {{ as_of(source('raw', 'raw_ledger__series'), ['series']) }} as vintage
order by series
