with issuers as (
    select * from {{ as_of(source('raw', 'raw_ledger__issuer'), ['issuer']) }} as vintage
),

current_names as (
    select * from {{ ref('dim_issuer_name') }}
    where is_current
),

current_tickers as (
    select * from {{ ref('dim_ticker') }}
    where is_current
)

select
    issuers.issuer,
    issuers.cik,
    issuers.sec_name,
    current_names.name as current_name,
    current_tickers.ticker as current_ticker,
    issuers.role,
    issuers.fiscal_year_end,
    issuers.taxonomy,
    issuers.reporting_currency,
    issuers.forms,
    issuers.business_start_date,
    issuers.business_start_precision,
    greatest(
        issuers.known_at_utc,
        coalesce(current_names.known_at_utc, issuers.known_at_utc),
        coalesce(current_tickers.known_at_utc, issuers.known_at_utc)
    ) as known_at_utc
from issuers
left join current_names on issuers.issuer = current_names.issuer
left join current_tickers on issuers.issuer = current_tickers.issuer
order by issuers.issuer
