{{ config(meta={'dagster': {'ref': {'name': 'int_cashflow__quarter', 'package': 'hashwatt'}}}) }}
-- Wherever the four quarters of a fiscal year have numbers, they sum to what its annual report says, to the last unit.
with years as (

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        fiscal_year_start_date,
        sum(value) as quarters_value,
        max(case when fiscal_quarter = 4 then minuend_value end) as year_value
    from {{ ref('int_cashflow__quarter') }}
    group by issuer, metric, taxonomy, concept, unit, fiscal_year_start_date
    having
        count(value) = 4
        -- A quarter that only a filing's own figure gives was derived from no year-to-date numbers.
        and count(case when method = 'reported' and fiscal_quarter > 1 and reported_difference is null then 1 end) = 0

)

select *
from years
where quarters_value <> year_value or year_value is null
