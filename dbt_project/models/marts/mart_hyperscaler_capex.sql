-- Capex by issuer and calendar quarter, cash and company basis side by side and never in one sum, with the guidance
-- for the quarter's calendar year that stood on the day the quarter became known.
with quarters as (

    select * from {{ ref('int_capex__quarter') }}

),

windowed as (

    select
        *,
        sum(capex_cash_usd_m) over last_year as ttm_usd_m,
        count(capex_cash_usd_m) over last_year as ttm_quarters,
        min(capex_cash_basis) over last_year as first_basis,
        max(capex_cash_basis) over last_year as last_basis,
        max(capex_cash_usd_m) over year_before as year_before_usd_m,
        max(capex_cash_basis) over year_before as year_before_basis,
        max(known_at_utc) over comparison as inputs_known_at_utc
    from quarters
    window
        last_year as (partition by issuer order by quarter_number range between 3 preceding and current row),
        year_before as (partition by issuer order by quarter_number range between 4 preceding and 4 preceding),
        comparison as (partition by issuer order by quarter_number range between 4 preceding and current row)

),

guidance as (

    select
        guided.issuer,
        guided.target_year,
        guided.low_usd_m,
        guided.high_usd_m,
        guided.announced_date,
        guided.known_at_utc
    from {{ ref('fct_capex_guidance') }} as guided
    inner join {{ ref('dim_issuer') }} as issuers on guided.issuer = issuers.issuer
    where
        guided.metric = 'capex'
        -- A fiscal year that ends with December is the calendar year.
        and (guided.target_basis = 'calendar' or issuers.fiscal_year_end = '12-31')

),

standing_guidance as (

    select
        quarters.issuer,
        quarters.calendar_quarter,
        guidance.target_year,
        guidance.low_usd_m,
        guidance.high_usd_m,
        guidance.announced_date,
        guidance.known_at_utc,
        row_number() over (
            partition by quarters.issuer, quarters.calendar_quarter
            order by guidance.announced_date desc, guidance.known_at_utc desc
        ) as position
    from quarters
    inner join guidance
        on
            quarters.issuer = guidance.issuer
            and quarters.calendar_year = guidance.target_year
            -- Guidance carries the end of its day, the quarter the minute of its filing: one day counts as one moment.
            and cast(guidance.known_at_utc as date) <= cast(quarters.known_at_utc as date)

)

select
    windowed.issuer,
    windowed.calendar_quarter,
    windowed.capex_cash_usd_m,
    windowed.capex_with_finance_leases_usd_m,
    case
        when windowed.ttm_quarters = 4 and windowed.first_basis = windowed.last_basis then windowed.ttm_usd_m
    end as capex_cash_ttm_usd_m,
    case
        when windowed.ttm_quarters < 4
            then concat('needs 4 consecutive quarters on the cash basis, ', windowed.ttm_quarters, ' known')
        when windowed.first_basis <> windowed.last_basis then 'the basis changes within the 4 quarters'
    end as capex_cash_ttm_null_reason,
    case
        when windowed.capex_cash_basis = windowed.year_before_basis
            then {{ pct_change('windowed.capex_cash_usd_m', 'nullif(windowed.year_before_usd_m, 0)') }}
    end as capex_cash_yoy_pct,
    4 * windowed.capex_cash_usd_m as capex_cash_run_rate_usd_m,
    standing_guidance.target_year as guidance_target_year,
    standing_guidance.low_usd_m as guidance_low_usd_m,
    standing_guidance.high_usd_m as guidance_high_usd_m,
    windowed.period_end_date,
    greatest(windowed.inputs_known_at_utc, standing_guidance.known_at_utc) as known_at_utc,
    windowed.period_start_date,
    windowed.capex_cash_basis,
    case
        when windowed.capex_cash_usd_m is null then 'no figure on the cash basis for the quarter'
        when windowed.year_before_usd_m is null then 'no figure on the cash basis for the quarter a year before'
        when windowed.capex_cash_basis <> windowed.year_before_basis then 'the basis changed within the year'
        when windowed.year_before_usd_m = 0 then 'the figure a year before is zero'
    end as capex_cash_yoy_null_reason,
    standing_guidance.announced_date as guidance_announced_date
from windowed
left join standing_guidance
    on
        windowed.issuer = standing_guidance.issuer
        and windowed.calendar_quarter = standing_guidance.calendar_quarter
        and standing_guidance.position = 1
order by windowed.issuer, windowed.calendar_quarter
