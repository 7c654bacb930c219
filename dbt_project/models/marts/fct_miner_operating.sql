select
    issuer,
    period_start_date,
    period_end_date,
    metric,
    value,
    unit,
    definition_version,
    citation,
    confidence,
    known_at_utc
from {{ as_of(ref('int_production__unpivoted'), ['issuer', 'period_start_date', 'metric']) }} as vintage
order by issuer, period_start_date, metric
