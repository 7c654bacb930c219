select
    issuer,
    metric,
    cadence,
    valid_from_date,
    valid_to_date,
    label,
    interval_known_at_utc as known_at_utc
from {{ as_intervals(source('raw', 'raw_ledger__disclosure_regime'), ['issuer', 'metric']) }} as intervals
order by issuer, metric, valid_from_date
