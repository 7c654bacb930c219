with quarters as (
    select
        vintage.*,
        {{ date_midpoint('vintage.period_start_date', 'vintage.period_end_date') }} as period_midpoint_date
    from {{ as_of(ref('stg_ledger__capex_quarter'), ['issuer', 'metric', 'period_end_date']) }} as vintage
)

select
    issuer,
    metric,
    basis,
    {{ quarter_label('period_midpoint_date') }} as calendar_quarter,
    value_usd_m,
    'ledger' as method,
    period_start_date,
    period_end_date,
    xbrl_concept,
    citation,
    confidence,
    case when value_usd_m is null then 'unit_not_understood' end as null_reason,
    known_at_utc
from quarters
order by issuer, metric, calendar_quarter
