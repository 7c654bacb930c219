-- Flows of single quarters, one row per term of a metric and expected quarter. Filings give them since the start of the
-- fiscal year, so a later quarter is a difference, within one concept, unit, start of year and vintage or not at all.

with terms as (

    select * from {{ ref('int_concept__mapped') }}
    where period_type = 'duration'

),

points as (

    select
        terms.metric,
        vintages.issuer,
        vintages.taxonomy,
        vintages.concept,
        vintages.unit,
        vintages.period_start_date,
        vintages.period_end_date,
        vintages.value,
        vintages.accession,
        vintages.known_at_utc,
        vintages.first_value,
        vintages.first_known_at_utc
    from {{ ref('int_fact__vintage') }} as vintages
    inner join (
        select distinct
            issuer,
            metric,
            taxonomy,
            concept,
            unit
        from terms
    ) as terms
        on
            vintages.issuer = terms.issuer
            and vintages.taxonomy = terms.taxonomy
            and vintages.concept = terms.concept
            and vintages.unit = terms.unit
    where vintages.period_type = 'duration'

),

-- What any concept of a term says, to tell a switch of concepts from a silence. The other terms of a sum say nothing
-- of it.
spoken as (

    select distinct
        points.issuer,
        points.metric,
        terms.priority,
        points.period_start_date,
        points.period_end_date
    from points
    inner join terms
        on
            points.issuer = terms.issuer
            and points.metric = terms.metric
            and points.taxonomy = terms.taxonomy
            and points.concept = terms.concept
            and points.unit = terms.unit

),

expected as (

    select
        quarters.issuer,
        terms.metric,
        terms.taxonomy,
        terms.concept,
        terms.unit,
        terms.priority,
        terms.is_required,
        terms.basis,
        terms.confidence,
        quarters.fiscal_year_start_date,
        quarters.fiscal_quarter,
        quarters.period_start_date,
        quarters.period_end_date,
        {{ add_days('quarters.period_start_date', -1) }} as before_date,
        quarters.year_kind,
        quarters.known_at_utc,
        coalesce({{ quarters_spanned('quarters.period_start_date', 'quarters.period_end_date') }}, 0) = 1 as is_quarter
    from {{ ref('int_fiscal__quarter') }} as quarters
    inner join terms
        on
            quarters.issuer = terms.issuer
            and quarters.period_end_date >= terms.valid_from_date
            and (terms.valid_to_date is null or quarters.period_end_date < terms.valid_to_date)
    inner join (
        select distinct
            issuer,
            metric,
            period_start_date
        from spoken
    ) as years
        on
            quarters.issuer = years.issuer
            and terms.metric = years.metric
            and quarters.fiscal_year_start_date = years.period_start_date

),

operands as (

    select
        expected.*,
        coalesce(chosen.minuend_value, minuends.value) as minuend_value,
        coalesce(chosen.minuend_accession, minuends.accession) as minuend_accession,
        minuends.value as minuend_latest_value,
        minuends.known_at_utc as minuend_known_at_utc,
        minuends.first_value as minuend_first_value,
        minuends.first_known_at_utc as minuend_first_known_at_utc,
        coalesce(chosen.subtrahend_value, subtrahends.value) as subtrahend_value,
        coalesce(chosen.subtrahend_accession, subtrahends.accession) as subtrahend_accession,
        subtrahends.known_at_utc as subtrahend_known_at_utc,
        subtrahends.first_value as subtrahend_first_value,
        subtrahends.first_known_at_utc as subtrahend_first_known_at_utc,
        chosen.issuer is not null as is_one_vintage,
        chosen.known_at_utc as chosen_known_at_utc,
        reported.value as reported_value,
        reported.accession as reported_accession,
        reported.known_at_utc as reported_known_at_utc,
        reported.first_value as reported_first_value,
        reported.first_known_at_utc as reported_first_known_at_utc,
        spoken_at_end.issuer is not null as is_end_spoken_of,
        spoken_before.issuer is not null as is_before_spoken_of
    from expected
    left join {{ ref('int_fiscal__operand') }} as chosen
        on
            expected.issuer = chosen.issuer
            and expected.taxonomy = chosen.taxonomy
            and expected.concept = chosen.concept
            and expected.unit = chosen.unit
            and expected.fiscal_year_start_date = chosen.fiscal_year_start_date
            and expected.fiscal_quarter = chosen.fiscal_quarter
    left join points as minuends
        on
            expected.issuer = minuends.issuer
            and expected.metric = minuends.metric
            and expected.taxonomy = minuends.taxonomy
            and expected.concept = minuends.concept
            and expected.unit = minuends.unit
            and expected.fiscal_year_start_date = minuends.period_start_date
            and expected.period_end_date = minuends.period_end_date
    left join points as subtrahends
        on
            expected.issuer = subtrahends.issuer
            and expected.metric = subtrahends.metric
            and expected.taxonomy = subtrahends.taxonomy
            and expected.concept = subtrahends.concept
            and expected.unit = subtrahends.unit
            and expected.fiscal_year_start_date = subtrahends.period_start_date
            and case when expected.fiscal_quarter > 1 then expected.before_date end = subtrahends.period_end_date
    left join points as reported
        on
            expected.issuer = reported.issuer
            and expected.metric = reported.metric
            and expected.taxonomy = reported.taxonomy
            and expected.concept = reported.concept
            and expected.unit = reported.unit
            and expected.period_start_date = reported.period_start_date
            and case when expected.fiscal_quarter > 1 then expected.period_end_date end = reported.period_end_date
    left join spoken as spoken_at_end
        on
            expected.issuer = spoken_at_end.issuer
            and expected.metric = spoken_at_end.metric
            and expected.priority = spoken_at_end.priority
            and expected.fiscal_year_start_date = spoken_at_end.period_start_date
            and expected.period_end_date = spoken_at_end.period_end_date
    left join spoken as spoken_before
        on
            expected.issuer = spoken_before.issuer
            and expected.metric = spoken_before.metric
            and expected.priority = spoken_before.priority
            and expected.fiscal_year_start_date = spoken_before.period_start_date
            and expected.before_date = spoken_before.period_end_date

),

derived as (

    select
        *,
        case
            when not is_quarter then null
            when fiscal_quarter = 1 then minuend_value
            when is_one_vintage then minuend_value - subtrahend_value
        end as derived_value
    from operands

),

chosen as (

    select
        *,
        case
            when derived_value is not null and derived_value = reported_value then 'reported'
            when derived_value is not null and fiscal_quarter = 1 then 'reported'
            when derived_value is not null then 'ytd_difference'
            -- Beside operands of two vintages a quarter given by itself is of one of them and fits no year.
            when is_quarter and reported_value is not null and (minuend_value is null or subtrahend_value is null)
                then 'reported'
            else 'not_derived'
        end as method
    from derived

)

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
    case when method <> 'not_derived' then coalesce(derived_value, reported_value) end as value,
    method,
    minuend_value,
    minuend_accession,
    minuend_latest_value,
    subtrahend_value,
    subtrahend_accession,
    reported_value,
    reported_accession,
    reported_value - derived_value as reported_difference,
    case
        when not is_quarter then null
        when fiscal_quarter = 1 then minuend_first_value
        else coalesce(minuend_first_value - subtrahend_first_value, reported_first_value)
    end as first_value,
    case
        when not is_quarter then null
        when fiscal_quarter = 1 then minuend_first_known_at_utc
        when minuend_first_value is not null and subtrahend_first_value is not null
            then greatest(minuend_first_known_at_utc, subtrahend_first_known_at_utc)
        else reported_first_known_at_utc
    end as first_known_at_utc,
    case
        when method <> 'not_derived' then null
        when not is_quarter and year_kind = 'transition' then 'transition_period'
        when not is_quarter then 'irregular_period'
        when minuend_value is null and is_end_spoken_of then 'concept_switched'
        when minuend_value is null and fiscal_quarter = 1 then 'missing_3m'
        when minuend_value is null and fiscal_quarter = 2 then 'missing_6m'
        when minuend_value is null and fiscal_quarter = 3 then 'missing_9m'
        when minuend_value is null then 'missing_year'
        when subtrahend_value is null and is_before_spoken_of then 'concept_switched'
        when subtrahend_value is null and fiscal_quarter = 2 then 'missing_3m'
        when subtrahend_value is null and fiscal_quarter = 3 then 'missing_6m'
        when subtrahend_value is null then 'missing_9m'
        else 'mixed_vintages'
    end as null_reason,
    case
        when derived_value = reported_value then least(chosen_known_at_utc, reported_known_at_utc)
        when derived_value is not null then chosen_known_at_utc
        when method = 'reported' then reported_known_at_utc
        else greatest(known_at_utc, minuend_known_at_utc, subtrahend_known_at_utc)
    end as known_at_utc
from chosen
