-- Every number of the quarters has its evidence once, with the value and unit that it is published with.
{{ config(meta={'dagster': {'ref': {'name': 'mart_number_evidence'}}}) }}

select
    quarters.issuer,
    quarters.metric,
    quarters.calendar_quarter,
    quarters.value,
    told.number_value,
    told.used
from {{ ref('fct_financial_quarter') }} as quarters
left join (
    select
        issuer,
        metric,
        calendar_quarter,
        max(number_value) as number_value,
        max(number_unit) as number_unit,
        sum(case when is_used and sign <> 0 then 1 else 0 end) as used
    from {{ ref('mart_number_evidence') }}
    group by issuer, metric, calendar_quarter
) as told
    on
        quarters.issuer = told.issuer
        and quarters.metric = told.metric
        and quarters.calendar_quarter = told.calendar_quarter
where
    told.issuer is null
    or coalesce(quarters.value <> told.number_value, (quarters.value is null) <> (told.number_value is null))
    or quarters.unit <> told.number_unit
    or (quarters.value is not null and told.used = 0)
