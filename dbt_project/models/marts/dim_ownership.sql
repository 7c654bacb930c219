select
    issuer,
    parent,
    valid_from_date,
    valid_from_precision,
    valid_to_date,
    is_current,
    is_consolidated,
    share_pct,
    share_null_reason,
    citation,
    confidence,
    interval_known_at_utc as known_at_utc
from {{ as_intervals(source('raw', 'raw_ledger__ownership'), ['issuer', 'parent']) }} as intervals
order by issuer, parent, valid_from_date
