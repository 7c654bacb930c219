select
    instrument,
    session_date,
    open_usd,
    high_usd,
    low_usd,
    close_usd,
    volume,
    provider,
    known_at_utc
from {{ as_of(ref('stg_market__bar'), ['instrument', 'session_date']) }} as vintage
order by instrument, session_date
