-- What each metric means, by version: those of int_metric__version, and those that have one version for all: figures of
-- statements and of miners by their names, what claims are held against by its page, the metrics layer by itself.
with of_all as (
    {% for metric, definition in statement_metrics().items() %}
        select
            '{{ metric }}' as metric,
            'statements' as standard,
            '{{ 'shares' if metric == 'shares' else 'USD million' }}' as unit,
            '{{ definition }}' as definition
        union all
    {% endfor %}
    {% for metric, (unit, definition) in miner_metrics().items() %}
        select
            '{{ metric }}' as metric,
            'miners' as standard,
            '{{ unit }}' as unit,
            '{{ definition }}' as definition
        union all
    {% endfor %}
    {% if execute %}
        {% for metric in graph.metrics.values() | sort(attribute='name') %}
            select
                '{{ metric.name }}' as metric,
                'metrics layer' as standard,
                '{{ metric.config.meta.unit }}' as unit,
                '{{ metric.description | replace("'", "''") }}' as definition
            union all
        {% endfor %}
    {% endif %}
    {% for metric, relation in claim_metrics().items() %}
        select
            '{{ metric }}' as metric,
            'claims' as standard,
            'of the claim' as unit,
            'computed from {{ relation }}, see the page on claims' as definition
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    metric,
    '*' as defined_by,
    standard,
    cast(1 as bigint) as definition_version,
    unit,
    definition,
    cast(null as date) as valid_from_date,
    cast('2020-01-01' as timestamp) as known_at_utc
from of_all

union all

select
    metric,
    defined_by,
    standard,
    cast(definition_version as bigint) as definition_version,
    unit,
    definition,
    valid_from_date,
    known_at_utc
from {{ ref('int_metric__version') }}
order by metric, defined_by, standard, definition_version
