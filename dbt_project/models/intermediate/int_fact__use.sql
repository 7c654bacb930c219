-- What became of each fact that a metric is made of: it stands in a number, or why it does not. One row per fact.

with mapped as (

    select
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        {{ listed('metric', '; ', ['metric']) }} as metrics
    from (
        select distinct
            issuer,
            metric,
            taxonomy,
            concept,
            unit,
            period_type
        from {{ ref('int_concept__mapped') }}
    ) as terms
    group by issuer, taxonomy, concept, unit, period_type

),

terms as (

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        'duration' as period_type,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        fiscal_year_start_date as first_date,
        period_end_date as last_date,
        value
    from {{ ref('int_cashflow__quarter') }}

    union all

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        'instant' as period_type,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        balance_date as first_date,
        balance_date as last_date,
        value
    from {{ ref('int_financial__instant') }}

),

-- The days that a term's facts are looked for under: since the start of the year, the same up to its eve, and alone.
places as (

    select *
    from terms

    union all

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        period_type,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        fiscal_year_start_date as first_date,
        {{ add_days('period_start_date', -1) }} as last_date,
        value
    from terms
    where period_type = 'duration' and fiscal_quarter > 1

    union all

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        period_type,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        period_start_date as first_date,
        period_end_date as last_date,
        value
    from terms
    where period_type = 'duration' and fiscal_quarter > 1

),

placed as (

    select
        places.issuer,
        places.taxonomy,
        places.concept,
        places.unit,
        places.period_type,
        places.first_date,
        places.last_date,
        max(
            case
                when numbers.value is not null then 3
                when numbers.issuer is null and places.value is not null then 2
                else 1
            end
        ) as standing
    from places
    left join {{ ref('int_financial__quarter') }} as numbers
        on
            places.issuer = numbers.issuer
            and places.metric = replace(numbers.metric, 'digital_assets_usd_m', 'digital_assets')
            and places.fiscal_year_start_date = numbers.fiscal_year_start_date
            and places.period_start_date = numbers.period_start_date
            and places.period_end_date = numbers.period_end_date
    group by
        places.issuer,
        places.taxonomy,
        places.concept,
        places.unit,
        places.period_type,
        places.first_date,
        places.last_date

),

-- Days that would be a term's, whatever the concept.
spans as (

    select
        issuer,
        fiscal_year_start_date as first_date,
        period_end_date as last_date
    from {{ ref('int_fiscal__quarter') }}

    union

    select
        issuer,
        period_start_date as first_date,
        period_end_date as last_date
    from {{ ref('int_fiscal__quarter') }}

    union

    select
        issuer,
        period_end_date as first_date,
        period_end_date as last_date
    from {{ ref('int_fiscal__quarter') }}

),

-- The facts of a metric whose end lies in some fiscal quarter of the issuer.
covered as (

    select distinct
        vintages.issuer,
        vintages.period_end_date
    from {{ ref('int_fact__vintage') }} as vintages
    inner join {{ ref('int_fiscal__quarter') }} as quarters
        on
            vintages.issuer = quarters.issuer
            and vintages.period_end_date >= quarters.period_start_date
            and vintages.period_end_date <= quarters.period_end_date

)

select
    vintages.issuer,
    vintages.taxonomy,
    vintages.concept,
    vintages.unit,
    vintages.period_type,
    vintages.period_start_date,
    vintages.period_end_date,
    mapped.metrics,
    vintages.filings,
    case
        when mapped.issuer is null then 'of_no_metric'
        when placed.standing = 3 then 'in_a_number'
        when placed.standing = 2 then 'of_replaced_quarter'
        when placed.standing = 1 then 'of_quarter_without_number'
        when spans.issuer is not null then 'beside_the_concept'
        when covered.issuer is not null then 'of_no_fiscal_quarter'
        else 'of_no_fiscal_year'
    end as fact_use,
    vintages.last_known_at_utc as known_at_utc
from {{ ref('int_fact__vintage') }} as vintages
left join mapped
    on
        vintages.issuer = mapped.issuer
        and vintages.taxonomy = mapped.taxonomy
        and vintages.concept = mapped.concept
        and vintages.unit = mapped.unit
        and vintages.period_type = mapped.period_type
left join placed
    on
        vintages.issuer = placed.issuer
        and vintages.taxonomy = placed.taxonomy
        and vintages.concept = placed.concept
        and vintages.unit = placed.unit
        and vintages.period_type = placed.period_type
        and vintages.period_start_date = placed.first_date
        and vintages.period_end_date = placed.last_date
left join spans
    on
        vintages.issuer = spans.issuer
        and vintages.period_start_date = spans.first_date
        and vintages.period_end_date = spans.last_date
left join covered
    on vintages.issuer = covered.issuer and vintages.period_end_date = covered.period_end_date
