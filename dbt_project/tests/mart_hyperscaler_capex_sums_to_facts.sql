{{ config(meta={'dagster': {'ref': {'name': 'mart_hyperscaler_capex', 'package': 'hashwatt'}}}) }}
-- Each basis adds up to its facts, and a fourth quarter's trailing year is the calendar year of the facts.
with facts as (

    select
        financials.issuer,
        financials.calendar_quarter,
        financials.metric,
        financials.value_usd_m
    from {{ ref('fct_financial_quarter') }} as financials
    inner join {{ ref('dim_issuer') }} as issuers on financials.issuer = issuers.issuer
    where
        issuers.role = 'hyperscaler'
        and financials.metric in ('capex_cash', 'capex_with_finance_leases')
        and financials.value_usd_m is not null

),

mart as (

    select
        issuer,
        calendar_quarter,
        'capex_cash' as metric,
        capex_cash_usd_m as value_usd_m
    from {{ ref('mart_hyperscaler_capex') }}
    where capex_cash_usd_m is not null

    union all

    select
        issuer,
        calendar_quarter,
        'capex_with_finance_leases' as metric,
        capex_with_finance_leases_usd_m as value_usd_m
    from {{ ref('mart_hyperscaler_capex') }}
    where capex_with_finance_leases_usd_m is not null

),

years as (

    select
        issuer,
        substring(calendar_quarter, 1, 4) as calendar_year,
        sum(value_usd_m) as value_usd_m
    from facts
    where metric = 'capex_cash'
    group by issuer, substring(calendar_quarter, 1, 4)
    having count(value_usd_m) = 4

)

select
    coalesce(facts.issuer, mart.issuer) as issuer,
    coalesce(facts.calendar_quarter, mart.calendar_quarter) as period,
    coalesce(facts.metric, mart.metric) as metric,
    facts.value_usd_m as in_facts,
    mart.value_usd_m as in_mart
from facts
full outer join mart
    on
        facts.issuer = mart.issuer
        and facts.calendar_quarter = mart.calendar_quarter
        and facts.metric = mart.metric
where facts.value_usd_m is distinct from mart.value_usd_m

union all

select
    years.issuer,
    years.calendar_year as period,
    'trailing year at its fourth quarter' as metric,
    years.value_usd_m as in_facts,
    fourth_quarters.capex_cash_ttm_usd_m as in_mart
from years
left join {{ ref('mart_hyperscaler_capex') }} as fourth_quarters
    on
        years.issuer = fourth_quarters.issuer
        and concat(years.calendar_year, 'Q4') = fourth_quarters.calendar_quarter
where
    coalesce(abs(years.value_usd_m - fourth_quarters.capex_cash_ttm_usd_m), 1) > 0.001
    -- A change of basis inside the year forbids the sum.
    and coalesce(fourth_quarters.capex_cash_ttm_null_reason, '') <> 'the basis changes within the 4 quarters'
