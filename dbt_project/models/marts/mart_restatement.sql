-- Each time a filing gave another number for a fact than the filing before it.
select
    facts.issuer,
    facts.taxonomy,
    facts.concept,
    facts.unit,
    facts.period_type,
    facts.period_start_date,
    facts.period_end_date,
    cast(
        row_number() over (
            partition by
                facts.issuer, facts.taxonomy, facts.concept, facts.unit, facts.period_type,
                facts.period_start_date, facts.period_end_date
            order by facts.filing_number
        ) as bigint
    ) as revision_number,
    facts.metrics,
    facts.change_kind,
    previous.value as from_value,
    facts.value as to_value,
    facts.value - previous.value as change,
    case when previous.value <> 0 then 100.0 * (facts.value - previous.value) / abs(previous.value) end as change_pct,
    previous.accession as from_accession,
    previous.form as from_form,
    previous.known_at_utc as from_known_at_utc,
    facts.accession as to_accession,
    facts.form as to_form,
    facts.known_at_utc
from {{ ref('fct_financial_xbrl') }} as facts
inner join {{ ref('fct_financial_xbrl') }} as previous
    on
        facts.issuer = previous.issuer
        and facts.taxonomy = previous.taxonomy
        and facts.concept = previous.concept
        and facts.unit = previous.unit
        and facts.period_type = previous.period_type
        and facts.period_start_date = previous.period_start_date
        and facts.period_end_date = previous.period_end_date
        and facts.filing_number = previous.filing_number + 1
where facts.change_kind in ('sign', 'scale', 'rounding', 'restated')
order by
    facts.issuer, facts.taxonomy, facts.concept, facts.unit, facts.period_type,
    facts.period_start_date, facts.period_end_date, facts.filing_number
