{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_quarter', 'package': 'hashwatt'}}}) }}
-- Each quarter of the ledger known by T has its row, whichever source gave the number, and so has each one of XBRL.
with known as (

    select
        issuer,
        metric,
        {{ quarter_label(date_midpoint('period_start_date', 'period_end_date')) }} as calendar_quarter
    from {{ ref('stg_ledger__capex_quarter') }}
    where {{ known_by() }}

    union

    select
        issuer,
        metric,
        calendar_quarter
    from {{ ref('int_financial__quarter') }}

)

select known.*
from known
left join {{ ref('fct_financial_quarter') }} as facts
    on
        known.issuer = facts.issuer
        and known.metric = facts.metric
        and known.calendar_quarter = facts.calendar_quarter
where facts.issuer is null
