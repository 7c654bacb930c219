select
    instrument,
    ex_date,
    action,
    split_ratio,
    dividend_usd,
    provider,
    providers_count,
    known_at_utc
from {{ ref('int_action__chosen') }}
order by instrument, ex_date, action
