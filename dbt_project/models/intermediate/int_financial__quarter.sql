-- Metrics by fiscal quarter as XBRL gives them: the sum of their terms, with what was added and subtracted. A term that
-- filers leave out when it is nil counts as zero where it is missing; any other term without a number leaves none.

with terms as (

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        priority,
        is_required,
        basis,
        confidence,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        value,
        method,
        minuend_value,
        minuend_accession,
        minuend_latest_value,
        subtrahend_value,
        subtrahend_accession,
        reported_value,
        reported_accession,
        reported_difference,
        first_value,
        first_known_at_utc,
        null_reason,
        known_at_utc,
        fiscal_quarter - 1 as subtracted_quarter
    from {{ ref('int_cashflow__quarter') }}

    union all

    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        priority,
        is_required,
        basis,
        confidence,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        value,
        method,
        value as minuend_value,
        accession as minuend_accession,
        value as minuend_latest_value,
        null as subtrahend_value,
        null as subtrahend_accession,
        null as reported_value,
        null as reported_accession,
        null as reported_difference,
        first_value,
        first_known_at_utc,
        null_reason,
        known_at_utc,
        fiscal_quarter as subtracted_quarter
    from {{ ref('int_financial__instant') }}

),

-- A number made of one that is of another scale than its neighbours is not to be relied on.
doubted as (

    select distinct
        terms.issuer,
        terms.metric,
        terms.fiscal_year_start_date,
        terms.fiscal_quarter
    from terms
    inner join {{ ref('int_fact__slip') }} as slips
        on
            terms.issuer = slips.issuer
            and terms.metric = slips.metric
            and terms.taxonomy = slips.taxonomy
            and terms.concept = slips.concept
            and terms.unit = slips.unit
            and terms.fiscal_year_start_date = slips.fiscal_year_start_date
            and slips.fiscal_quarter in (terms.fiscal_quarter, terms.subtracted_quarter)

),

judged as (

    select
        *,
        value is null and not ({{ is_nil_term() }}) as is_blocking,
        {{ is_nil_term() }} as is_nil,
        case when not ({{ is_nil_term() }}) then concat(taxonomy, ':', concept) end as spoken_concept
    from terms

),

weighed as (

    select
        judged.*,
        doubted.issuer is not null as is_doubted
    from judged
    left join doubted
        on
            judged.issuer = doubted.issuer
            and judged.metric = doubted.metric
            and judged.fiscal_year_start_date = doubted.fiscal_year_start_date
            and judged.fiscal_quarter = doubted.fiscal_quarter

),

summed as (

    select
        issuer,
        metric,
        fiscal_year_start_date,
        fiscal_quarter,
        period_start_date,
        period_end_date,
        max(case when is_blocking then 1 else 0 end) = 1 as is_blocked,
        min(case when is_blocking then null_reason end) as null_reason,
        sum(coalesce(value, 0)) as value,
        max(case when method = 'ytd_difference' then 1 else 0 end) as differences,
        min(unit) as unit,
        min(basis) as basis,
        max(taxonomy) as taxonomy,
        {{ listed('spoken_concept', ' + ', ['priority']) }} as concept,
        min(
            case
                when is_doubted then 0
                when confidence = 'high' then 2
                when confidence = 'medium' then 1
                else 0
            end
        ) as least_confidence,
        sum(minuend_value) as minuend_value,
        {{ of_all_terms('minuend_accession') }} as minuend_accession,
        sum(minuend_latest_value) as minuend_latest_value,
        sum(subtrahend_value) as subtrahend_value,
        {{ of_all_terms('subtrahend_accession') }} as subtrahend_accession,
        sum(reported_value) as reported_value,
        {{ of_all_terms('reported_accession') }} as reported_accession,
        max(abs(reported_difference)) as largest_reported_difference,
        case
            when min(case when is_nil or first_value is not null then 1 else 0 end) = 1 then sum(first_value)
        end as first_value,
        max(first_known_at_utc) as first_known_at_utc,
        max(case when not is_nil then known_at_utc end) as known_at_utc
    from weighed
    group by issuer, metric, fiscal_year_start_date, fiscal_quarter, period_start_date, period_end_date

),

labelled as (

    select
        *,
        {{ quarter_label(date_midpoint('period_start_date', 'period_end_date')) }} as calendar_quarter
    from summed

),

-- Two fiscal quarters share a calendar quarter where the year end moved: the one with a number stands, else the later.
placed as (

    select
        *,
        row_number() over (
            partition by issuer, metric, calendar_quarter
            order by case when is_blocked then 1 else 0 end, period_end_date desc, period_start_date desc
        ) as place
    from labelled

)

select
    issuer,
    case when metric = 'digital_assets' then 'digital_assets_usd_m' else metric end as metric,
    basis,
    calendar_quarter,
    fiscal_year_start_date,
    fiscal_quarter,
    period_start_date,
    period_end_date,
    case when not is_blocked then value end as value,
    unit,
    case
        when is_blocked then 'not_derived'
        when differences = 1 then 'ytd_difference'
        else 'reported'
    end as method,
    case when is_blocked then null_reason end as null_reason,
    taxonomy,
    concept,
    case least_confidence when 2 then 'high' when 1 then 'medium' else 'low' end as confidence,
    minuend_value,
    minuend_accession,
    minuend_latest_value,
    subtrahend_value,
    subtrahend_accession,
    reported_value,
    reported_accession,
    largest_reported_difference,
    first_value,
    case when first_value is not null then first_known_at_utc end as first_known_at_utc,
    known_at_utc
from placed
where place = 1
