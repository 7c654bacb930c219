-- One row per fact: as first filed, and as of T. A number filed again unchanged keeps the moment it became known.

select
    issuer,
    taxonomy,
    concept,
    unit,
    period_type,
    period_start_date,
    period_end_date,
    max(case when filing_number = filings then value end) as value,
    max(case when filing_number = value_filing_number then accession end) as accession,
    max(case when filing_number = value_filing_number then known_at_utc end) as known_at_utc,
    max(case when filing_number = 1 then value end) as first_value,
    max(case when filing_number = 1 then accession end) as first_accession,
    min(known_at_utc) as first_known_at_utc,
    max(case when filing_number = filings then accession end) as last_accession,
    max(known_at_utc) as last_known_at_utc,
    cast(count(*) as bigint) as filings,
    cast(max(restatements) as bigint) as restatements,
    max(case when change_kind in ('sign', 'scale', 'restated') then known_at_utc end) as restated_at_utc,
    max(case when {{ is_annual_report('form') }} then 1 else 0 end) = 1 as is_in_annual_report
from {{ ref('int_fact__filed') }}
group by issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date
