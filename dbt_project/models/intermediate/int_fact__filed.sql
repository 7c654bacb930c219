-- Each fact as each filing gave it, known by T, beside what the filing before it said. Filings from before the present
-- business took over the registrant describe another one and stay out; mart_data_quality counts them.

with facts as (

    select facts.*
    from {{ source('raw', 'raw_sec__fact') }} as facts
    inner join {{ ref('dim_issuer') }} as issuers on facts.issuer = issuers.issuer
    where
        {{ known_by('facts.known_at_utc') }}
        and (issuers.business_start_date is null or facts.filed_date >= issuers.business_start_date)

),

numbered as (

    select
        issuer,
        taxonomy,
        concept,
        unit,
        period_type,
        period_start_date,
        period_end_date,
        accession,
        form,
        filed_date,
        value,
        known_at_basis,
        known_at_utc,
        row_number() over filings as filing_number,
        count(*) over (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
        ) as filings,
        lag(value) over filings as previous_value,
        lag(accession) over filings as previous_accession,
        lag(form) over filings as previous_form,
        lag(known_at_utc) over filings as previous_known_at_utc
    from facts
    window
        filings as (
            partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
            order by known_at_utc, accession
        )

),

changed as (

    select
        *,
        {{ change_kind('value', 'previous_value') }} as change_kind
    from numbered

)

select
    *,
    sum(case when change_kind in ('sign', 'scale', 'restated') then 1 else 0 end) over (
        partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
        order by filing_number
        rows between unbounded preceding and current row
    ) as restatements,
    max(case when coalesce(change_kind, 'first') <> 'unchanged' then filing_number end) over (
        partition by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
    ) as value_filing_number
from changed
