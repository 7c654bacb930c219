{{ config(meta={'dagster': {'ref': {'name': 'mart_restatement', 'package': 'hashwatt'}}}) }}
-- Every changed number of fct_financial_xbrl is a row, and nothing else is.
{%- set fact = [
    'issuer', 'taxonomy', 'concept', 'unit', 'period_type', 'period_start_date', 'period_end_date',
] %}
with changed as (

    select *
    from {{ ref('fct_financial_xbrl') }}
    where change_kind <> 'unchanged'

)

select
    {%- for name in fact %}
        coalesce(changed.{{ name }}, told.{{ name }}) as {{ name }},
    {%- endfor %}
    changed.accession,
    told.to_accession
from changed
full outer join {{ ref('mart_restatement') }} as told
    on
        changed.accession = told.to_accession
        {% for name in fact %}
            and changed.{{ name }} = told.{{ name }}
        {% endfor %}
where changed.issuer is null or told.issuer is null
