select
    issuer,
    name,
    valid_from_date,
    valid_from_precision,
    valid_to_date,
    is_current,
    interval_known_at_utc as known_at_utc
from {{ as_intervals(source('raw', 'raw_ledger__issuer_name'), ['issuer']) }} as intervals
order by issuer, valid_from_date
