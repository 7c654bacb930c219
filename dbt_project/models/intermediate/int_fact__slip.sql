-- Numbers a thousand or a million times too small or too large beside the numbers of the same concept before and after
-- them, by the day for flows: a filer's slip of scale. At an end of a series the next two are asked. A ramp is steep on
-- one side only, and a slip that a later filing set right is no number of int_fact__run any more.

with numbers as (

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        coalesce(minuend_value, reported_value) as value,
        coalesce(minuend_value, reported_value) / (
            {{
                days_between(
                    'case when minuend_value is null then period_start_date else fiscal_year_start_date end',
                    'period_end_date'
                )
            }}
            + 1
        ) as rate,
        known_at_utc
    from {{ ref('int_cashflow__quarter') }}

    union all

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        value,
        value as rate,
        known_at_utc
    from {{ ref('int_financial__instant') }}

),

neighbours as (

    select
        *,
        abs(lag(rate, 1) over series / rate) as before_ratio,
        abs(lag(rate, 2) over series / rate) as second_before_ratio,
        abs(lead(rate, 1) over series / rate) as after_ratio,
        abs(lead(rate, 2) over series / rate) as second_after_ratio,
        lag(known_at_utc, 1) over series as before_known_at_utc,
        lag(known_at_utc, 2) over series as second_before_known_at_utc,
        lead(known_at_utc, 1) over series as after_known_at_utc,
        lead(known_at_utc, 2) over series as second_after_known_at_utc
    from numbers
    where rate <> 0
    window series as (partition by issuer, metric, taxonomy, concept, unit order by period_end_date)

),

paired as (

    select
        *,
        coalesce(before_ratio, second_after_ratio) as one_ratio,
        coalesce(after_ratio, second_before_ratio) as other_ratio,
        coalesce(before_known_at_utc, second_after_known_at_utc) as one_known_at_utc,
        coalesce(after_known_at_utc, second_before_known_at_utc) as other_known_at_utc
    from neighbours

)

select
    issuer,
    metric,
    taxonomy,
    concept,
    unit,
    fiscal_year_start_date,
    fiscal_quarter,
    period_start_date,
    period_end_date,
    value,
    value * one_ratio as expected_value,
    greatest(known_at_utc, one_known_at_utc, other_known_at_utc) as known_at_utc
from paired
where
    ({{ is_of_another_scale('one_ratio') }} and {{ is_of_another_scale('other_ratio') }})
    or ({{ is_of_another_scale('1 / one_ratio') }} and {{ is_of_another_scale('1 / other_ratio') }})
