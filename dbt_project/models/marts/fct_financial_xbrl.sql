-- Every filing's word on every fact that a metric is made of, operands outside the concept's own dates included.
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

)

select
    filed.issuer,
    filed.taxonomy,
    filed.concept,
    filed.unit,
    filed.period_type,
    filed.period_start_date,
    filed.period_end_date,
    filed.accession,
    filed.value,
    mapped.metrics,
    filed.form,
    filed.filed_date,
    cast(filed.filing_number as bigint) as filing_number,
    filed.filing_number = filed.filings as is_latest,
    filed.change_kind,
    filed.known_at_basis,
    filed.known_at_utc
from {{ ref('int_fact__filed') }} as filed
inner join mapped
    on
        filed.issuer = mapped.issuer
        and filed.taxonomy = mapped.taxonomy
        and filed.concept = mapped.concept
        and filed.unit = mapped.unit
        and filed.period_type = mapped.period_type
order by
    filed.issuer, filed.taxonomy, filed.concept, filed.unit, filed.period_type,
    filed.period_start_date, filed.period_end_date, filed.accession
