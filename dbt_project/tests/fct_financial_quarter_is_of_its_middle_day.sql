{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_quarter', 'package': 'hashwatt'}}}) }}
-- The calendar quarter of a row is the one that the middle day of its period lies in.
select
    issuer,
    metric,
    calendar_quarter,
    period_start_date,
    period_end_date
from {{ ref('fct_financial_quarter') }}
where calendar_quarter is distinct from {{ quarter_label(date_midpoint('period_start_date', 'period_end_date')) }}
