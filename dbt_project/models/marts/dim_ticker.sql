select
    issuer,
    ticker,
    valid_from_date,
    valid_from_precision,
    valid_to_date,
    is_current,
    interval_known_at_utc as known_at_utc
from {{ as_intervals(source('raw', 'raw_ledger__ticker'), ['issuer']) }} as intervals
where event = 'listed'
order by issuer, valid_from_date
