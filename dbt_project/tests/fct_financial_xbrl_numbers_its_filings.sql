{{ config(meta={'dagster': {'ref': {'name': 'fct_financial_xbrl', 'package': 'hashwatt'}}}) }}
-- The filings of a fact are numbered from one without a gap, each known no earlier than the one before, and the last
-- one alone is the latest.
{%- set fact = 'issuer, taxonomy, concept, unit, period_type, period_start_date, period_end_date' %}
with filings as (

    select
        {{ fact }},
        filing_number,
        is_latest,
        known_at_utc,
        lag(known_at_utc) over (partition by {{ fact }} order by filing_number) as previous_known_at_utc
    from {{ ref('fct_financial_xbrl') }}

)

select
    {{ fact }},
    count(*) as filings
from filings
group by {{ fact }}
having
    min(filing_number) <> 1
    or max(filing_number) <> count(*)
    or sum(case when is_latest then 1 else 0 end) <> 1
    or max(case when is_latest then filing_number end) <> count(*)
    or sum(case when known_at_utc < previous_known_at_utc then 1 else 0 end) > 0
