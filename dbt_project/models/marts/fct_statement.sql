select
    statement_id,
    said_by,
    issuer,
    about,
    said_date,
    said_precision,
    kind,
    measure,
    qualifier,
    value,
    value_high,
    unit,
    target_date,
    basis,
    note,
    citation,
    confidence,
    known_at_utc
from {{ as_of(source('raw', 'raw_ledger__statement'), ['statement_id']) }} as vintage
order by statement_id
