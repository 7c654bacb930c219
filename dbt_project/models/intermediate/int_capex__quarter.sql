-- Hyperscaler capex by calendar quarter with both bases in columns. Quarters are numbered so that a frame over four of
-- them spans a year and nothing else.
with quarters as (

    select
        financials.issuer,
        financials.calendar_quarter,
        cast(substring(financials.calendar_quarter, 1, 4) as bigint) as calendar_year,
        cast(substring(financials.calendar_quarter, 1, 4) as bigint) * 4
        + cast(substring(financials.calendar_quarter, 6, 1) as bigint) as quarter_number,
        financials.metric,
        financials.basis,
        financials.value_usd_m,
        financials.period_start_date,
        financials.period_end_date,
        greatest(financials.known_at_utc, issuers.known_at_utc) as known_at_utc
    from {{ ref('fct_financial_quarter') }} as financials
    inner join {{ ref('dim_issuer') }} as issuers on financials.issuer = issuers.issuer
    where
        issuers.role = 'hyperscaler'
        and financials.metric in ('capex_cash', 'capex_with_finance_leases')
        and financials.value_usd_m is not null

)

select
    issuer,
    calendar_quarter,
    calendar_year,
    quarter_number,
    max(case when metric = 'capex_cash' then value_usd_m end) as capex_cash_usd_m,
    max(case when metric = 'capex_cash' then basis end) as capex_cash_basis,
    max(case when metric = 'capex_with_finance_leases' then value_usd_m end) as capex_with_finance_leases_usd_m,
    min(period_start_date) as period_start_date,
    max(period_end_date) as period_end_date,
    max(known_at_utc) as known_at_utc
from quarters
group by issuer, calendar_quarter, calendar_year, quarter_number
