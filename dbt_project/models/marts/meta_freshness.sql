{#-
    Rows per raw table that could be known at T, and the span they describe.
    Which column dates a table stands here; a span of coverage counts by its first session, since its end may lie after T.
-#}
{% set dated_by = {
    'calendar__session': 'session_date',
    'extract__number': 'known_at_utc',
    'feed__request': 'asked_date',
    'ledger__ai_deal': 'announced_date',
    'ledger__bar_exclusion': 'session_date',
    'ledger__bond_tranche': 'announced_date',
    'ledger__capex_guidance': 'announced_date',
    'ledger__capex_quarter': 'period_end_date',
    'ledger__capacity': 'as_of_date',
    'ledger__claim': 'article_date',
    'ledger__concept': 'valid_from_date',
    'ledger__counterparty': 'known_at_utc',
    'ledger__data_center': 'as_of_date',
    'ledger__decision': 'decided_at_utc',
    'ledger__disclosure_regime': 'valid_from_date',
    'ledger__electricity': 'known_at_utc',
    'ledger__event': 'event_date',
    'ledger__feed': 'valid_from_date',
    'ledger__instrument': 'first_session_date',
    'ledger__issuer': 'business_start_date',
    'ledger__issuer_name': 'valid_from_date',
    'ledger__ownership': 'valid_from_date',
    'ledger__production': 'period_end_date',
    'ledger__provider': 'known_at_utc',
    'ledger__purchase_commitment': 'as_of_date',
    'ledger__rating': 'valid_from_date',
    'ledger__segment': 'period_end_date',
    'ledger__series': 'known_at_utc',
    'ledger__statement': 'said_date',
    'ledger__ticker': 'valid_from_date',
    'macro__observation': 'observation_date',
    'market__action': 'ex_date',
    'market__bar': 'session_date',
    'market__coverage': 'first_session_date',
    'network__day': 'utc_date',
    'network__epoch': 'began_at_utc',
    'sec__document': 'known_at_utc',
    'sec__fact': 'period_end_date',
    'sec__filing': 'filed_date',
} %}

{% for table, dating_column in dated_by.items() %}
    select
        'raw_{{ table }}' as source_table,
        cast(count(*) as bigint) as rows,
        cast(min({{ dating_column }}) as date) as first_date,
        cast(max({{ dating_column }}) as date) as last_date,
        max(known_at_utc) as last_known_at_utc
    from {{ source('raw', 'raw_' ~ table) }}
    where {{ known_by() }}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
order by source_table
