-- The months of the convergence index: of everyone who mines, lets to AI or holds coins, each month that has closed. A
-- month has closed once the first day of the next is on record.
select
    issuers.issuer,
    cast({{ dbt.dateadd('month', -1, 'days.date_day') }} as date) as period_start_date,
    {{ add_days('days.date_day', -1) }} as period_end_date,
    cast(days.date_day as timestamp) as closes_at_utc,
    greatest(cast(days.date_day as timestamp), issuers.known_at_utc) as known_at_utc
from {{ ref('dim_date') }} as days
cross join {{ as_of(source('raw', 'raw_ledger__issuer'), ['issuer']) }} as issuers
where
    days.date_day = days.month_start_date
    and issuers.role in ('miner', 'ai_landlord', 'treasury')
