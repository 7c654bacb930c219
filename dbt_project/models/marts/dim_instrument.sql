select
    instrument,
    name,
    kind,
    issuer,
    calendar,
    currency,
    close_convention,
    first_session_date,
    known_at_utc
from {{ as_of(source('raw', 'raw_ledger__instrument'), ['instrument']) }} as vintage
order by instrument
