{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_quarter', 'package': 'hashwatt'}}}) }}
-- Each quarter of the ledger known by T has its row, with the ledger's own figure and last day in it whichever source
-- gave the number, and so has each one of XBRL.
with known as (

    select
        issuer,
        metric,
        {{ quarter_label(date_midpoint('period_start_date', 'period_end_date')) }} as calendar_quarter,
        period_end_date as ledger_period_end_date,
        value_usd_m as ledger_value_usd_m
    from {{ as_of(ref('stg_ledger__capex_quarter'), ['issuer', 'metric', 'period_end_date']) }} as vintages

    union all

    select
        issuer,
        metric,
        calendar_quarter,
        null as ledger_period_end_date,
        null as ledger_value_usd_m
    from {{ ref('int_financial__quarter') }}

)

select known.*
from known
left join {{ ref('fct_financial_quarter') }} as facts
    on
        known.issuer = facts.issuer
        and known.metric = facts.metric
        and known.calendar_quarter = facts.calendar_quarter
where
    facts.issuer is null
    or facts.ledger_period_end_date <> known.ledger_period_end_date
    or (known.ledger_period_end_date is not null and facts.ledger_period_end_date is null)
    or facts.ledger_value_usd_m <> known.ledger_value_usd_m
