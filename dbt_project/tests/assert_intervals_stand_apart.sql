{{ config(meta={'dagster': {'ref': {'name': 'dim_issuer_name', 'package': 'hashwatt'}}}) }}
-- Of one owner no two dated intervals overlap.
{% set dimensions = {
    'dim_issuer_name': ['issuer'],
    'dim_ticker': ['issuer'],
    'dim_ownership': ['issuer', 'parent'],
    'dim_disclosure_regime': ['issuer', 'metric'],
} %}

{% for dimension, owner in dimensions.items() %}
    select
        '{{ dimension }}' as dimension,
        earlier.issuer,
        earlier.valid_from_date,
        earlier.valid_to_date,
        later.valid_from_date as next_from_date
    from {{ ref(dimension) }} as earlier
    inner join {{ ref(dimension) }} as later
        on
            earlier.valid_from_date < later.valid_from_date
            {% for name in owner %}
                and earlier.{{ name }} = later.{{ name }}
            {% endfor %}
    where earlier.valid_to_date is null or later.valid_from_date < earlier.valid_to_date
    {% if not loop.last %}union all{% endif %}
{% endfor %}
