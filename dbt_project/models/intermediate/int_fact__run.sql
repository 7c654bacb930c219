-- The numbers that each flow has had, one row per number: from the filing that brought it to the last that repeated it.
-- What a later filing took back to the number before, and a sign or scale that the next one set right, were slips.

with words as (

    select filed.*
    from {{ ref('int_fact__filed') }} as filed
    inner join (
        select distinct
            issuer,
            taxonomy,
            concept,
            unit
        from {{ ref('int_concept__mapped') }}
        where period_type = 'duration'
    ) as mapped
        on
            filed.issuer = mapped.issuer
            and filed.taxonomy = mapped.taxonomy
            and filed.concept = mapped.concept
            and filed.unit = mapped.unit
    where filed.period_type = 'duration'

),

spans as (

    select
        issuer,
        taxonomy,
        concept,
        unit,
        period_start_date,
        period_end_date,
        value,
        min(filing_number) as first_number,
        max(filing_number) as last_number
    from words
    group by issuer, taxonomy, concept, unit, period_start_date, period_end_date, value

),

lasting as (

    select
        words.issuer,
        words.taxonomy,
        words.concept,
        words.unit,
        words.period_start_date,
        words.period_end_date,
        words.value,
        words.accession,
        words.filing_number,
        words.known_at_utc
    from words
    left join spans
        on
            words.issuer = spans.issuer
            and words.taxonomy = spans.taxonomy
            and words.concept = spans.concept
            and words.unit = spans.unit
            and words.period_start_date = spans.period_start_date
            and words.period_end_date = spans.period_end_date
            and words.value <> spans.value
            and words.filing_number > spans.first_number
            and words.filing_number < spans.last_number
    where spans.issuer is null

),

placed as (

    select
        *,
        row_number() over (
            partition by issuer, taxonomy, concept, unit, period_start_date, period_end_date, value
            order by filing_number
        ) as place
    from lasting

),

runs as (

    select
        issuer,
        taxonomy,
        concept,
        unit,
        period_start_date,
        period_end_date,
        value,
        min(filing_number) as first_number,
        max(case when place = 1 then accession end) as accession,
        min(known_at_utc) as known_at_utc,
        max(known_at_utc) as last_known_at_utc
    from placed
    group by issuer, taxonomy, concept, unit, period_start_date, period_end_date, value

),

followed as (

    select
        *,
        lead(value) over (
            partition by issuer, taxonomy, concept, unit, period_start_date, period_end_date
            order by first_number
        ) as next_value
    from runs

),

meant as (

    select
        *,
        lag(value) over facts as previous_value,
        lag(last_known_at_utc) over facts as previous_last_known_at_utc,
        row_number() over facts as run_number
    from followed
    where coalesce({{ change_kind('next_value', 'value') }} not in ('sign', 'scale'), true)
    window
        facts as (
            partition by issuer, taxonomy, concept, unit, period_start_date, period_end_date
            order by first_number
        )

)

select
    issuer,
    taxonomy,
    concept,
    unit,
    period_start_date,
    period_end_date,
    cast(run_number as bigint) as run_number,
    value,
    accession,
    known_at_utc,
    last_known_at_utc,
    previous_last_known_at_utc,
    {{ change_kind('value', 'previous_value') }} as change_kind
from meant
