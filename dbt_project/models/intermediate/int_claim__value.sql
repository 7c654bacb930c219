-- What the facts answer: one value per figure of a claim, basis and day, with what it rests on. A family of metrics
-- is a model of its own. What has no value has no row.

{% set families = ['price', 'comovement', 'bond', 'capex', 'network'] %}
{% set families_with_citations = ['deal', 'series', 'event', 'statement', 'segment'] %}

{% for family in families %}
    select
        claim_id,
        figure_number,
        basis,
        day,
        cast(value as double) as value,
        evidence,
        cast(null as {{ dbt.type_string() }}) as citation,
        known_at_utc
    from {{ ref('int_claim__' ~ family) }}
    union all
{% endfor %}
{% for family in families_with_citations %}
    select
        claim_id,
        figure_number,
        basis,
        day,
        cast(value as double) as value,
        evidence,
        citation,
        known_at_utc
    from {{ ref('int_claim__' ~ family) }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
