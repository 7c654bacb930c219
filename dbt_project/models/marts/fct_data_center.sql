select
    data_center,
    as_of_date,
    country,
    owner,
    owner_certainty,
    users,
    power_mw,
    h100_equivalents,
    capital_cost_usd_m,
    note,
    citation,
    confidence,
    known_at_utc
from {{ as_of(source('raw', 'raw_ledger__data_center'), ['data_center', 'as_of_date']) }} as vintage
order by data_center, as_of_date
