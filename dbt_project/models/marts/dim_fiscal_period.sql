-- Fiscal quarters of issuers as their figures have them. Where figures of one quarter differ in their days, those of
-- flows at EDGAR come first. The place in the fiscal year is EDGAR's, else follows from the month in which the year
-- ends: a week before its last day a quarter is always in the month that it belongs to.
with told as (
    select
        quarters.issuer,
        quarters.calendar_quarter,
        quarters.period_start_date,
        quarters.period_end_date,
        quarters.fiscal_year_start_date,
        quarters.fiscal_quarter,
        case
            when issuers.fiscal_year_end like '__-__%' then cast(substring(issuers.fiscal_year_end, 1, 2) as integer)
        end as year_end_month,
        extract(month from {{ add_days('quarters.period_end_date', -7) }}) as quarter_end_month,
        {{ days_between('quarters.period_start_date', 'quarters.period_end_date') }} + 1 as days_count,
        greatest(quarters.known_at_utc, issuers.known_at_utc) as known_at_utc,
        row_number() over (
            partition by quarters.issuer, quarters.calendar_quarter
            order by
                case when quarters.fiscal_quarter is null then 1 else 0 end,
                case
                    when quarters.metric in ('cash', 'debt', 'finance_leases', 'digital_assets_usd_m', 'shares') then 1
                    else 0
                end,
                quarters.known_at_utc,
                quarters.metric
        ) as choice
    from {{ ref('fct_financial_quarter') }} as quarters
    inner join {{ ref('dim_issuer') }} as issuers on quarters.issuer = issuers.issuer
    where quarters.period_start_date is not null
)

select
    issuer,
    calendar_quarter,
    period_start_date,
    period_end_date,
    cast(
        coalesce(fiscal_quarter, 4 - floor(((year_end_month - quarter_end_month + 12) % 12) / 3.0)) as bigint
    ) as fiscal_quarter,
    fiscal_year_start_date,
    cast(days_count as bigint) as days_count,
    days_count between 97 and 99 as is_14_weeks,
    known_at_utc
from told
where choice = 1
order by issuer, calendar_quarter
