{{ config(meta={'dagster': {'ref': {'name': 'dim_issuer', 'package': 'hashwatt'}}}) }}
-- Each key that could be known at T in a raw table stands in the model made of it. The facts of the ledger and of
-- bars are in assert_facts_lose_no_key.
{% set models = {
    'dim_issuer': ('raw_ledger__issuer', {'issuer': 'issuer'}, 'true'),
    'dim_issuer_name': (
        'raw_ledger__issuer_name', {'issuer': 'issuer', 'valid_from_date': 'valid_from_date'}, 'true'
    ),
    'dim_ticker': (
        'raw_ledger__ticker', {'issuer': 'issuer', 'valid_from_date': 'valid_from_date'}, "told.event = 'listed'"
    ),
    'dim_disclosure_regime': (
        'raw_ledger__disclosure_regime',
        {'issuer': 'issuer', 'metric': 'metric', 'valid_from_date': 'valid_from_date'},
        'true',
    ),
    'dim_instrument': ('raw_ledger__instrument', {'instrument': 'instrument'}, 'true'),
    'dim_date': ('raw_calendar__session', {'session_date': 'date_day'}, 'true'),
    'dim_counterparty': (
        'raw_ledger__counterparty', {'counterparty': 'counterparty'}, 'told.spelling = told.counterparty'
    ),
    'dim_ownership': (
        'raw_ledger__ownership',
        {'issuer': 'issuer', 'parent': 'parent', 'valid_from_date': 'valid_from_date'},
        'true',
    ),
    'dim_provider': ('raw_ledger__provider', {'provider': 'provider'}, 'true'),
    'dim_series': ('raw_ledger__series', {'series': 'series'}, 'true'),
    'fct_event': ('raw_ledger__event', {'event_id': 'event_id'}, 'true'),
    'fct_macro_observation': (
        'raw_macro__observation', {'series': 'series', 'observation_date': 'observation_date'}, 'true'
    ),
} %}

{% for model, (raw, key, only) in models.items() %}
    select
        '{{ model }}' as model,
        count(*) as lost
    from {{ source('raw', raw) }} as told
    left join {{ ref(model) }} as held
        on
            true
            {% for here, there in key.items() %}
                and told.{{ here }} = held.{{ there }}
            {% endfor %}
    where {{ known_by('told.known_at_utc') }} and {{ only }} and held.{{ key.values() | first }} is null
    having count(*) > 0
    {% if not loop.last %}union all{% endif %}
{% endfor %}
