{#- Which rows could be known at T, the variable `as_of`, and which vintage of a key counts at T. Nothing here reads a clock. -#}

{#- T as (comparison, timestamp text): a date means the end of that UTC day, so everything before the next midnight. -#}
{% macro as_of_bound() -%}
    {%- set text = var('as_of') | string | trim | replace('T', ' ') -%}
    {%- set datetime = modules.datetime.datetime -%}
    {%- if modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', text) -%}
        {%- set next_midnight = datetime.strptime(text, '%Y-%m-%d') + modules.datetime.timedelta(days=1) -%}
        {{ return({'operator': '<', 'timestamp': next_midnight.isoformat(' '), 'date': text}) }}
    {%- elif modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}', text) -%}
        {%- set moment = datetime.strptime(text, '%Y-%m-%d %H:%M:%S') -%}
        {{ return({'operator': '<=', 'timestamp': text, 'date': moment.date().isoformat()}) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error("as_of is '" ~ text ~ "'; give a UTC date (2025-09-30) or timestamp (2025-09-30 16:00:00)") }}
{%- endmacro %}

{#- Predicate: the row could be known at T. -#}
{% macro known_by(column='known_at_utc') -%}
    {%- set bound = as_of_bound() -%}
    {{ column }} {{ bound.operator }} cast('{{ bound.timestamp }}' as timestamp)
{%- endmacro %}

{#- The UTC day of T, to tell what is in force. -#}
{% macro as_of_date() -%}
    cast('{{ as_of_bound().date }}' as date)
{%- endmacro %}

{#-
    Place of a vintage among those of its key, 1 for the one that counts: the greatest known_at_utc, ties by source_sha256. `key` is a
    list of columns of `relation`; of others, such as the month that the vintages were known by, with the relation's name before.
-#}
{% macro newest_vintage_first(key, relation) -%}
    row_number() over (
        partition by
            {% for column in key %}{{ column if '.' in column else relation ~ '.' ~ column }}{{ ', ' if not loop.last }}{% endfor %}
        order by {{ relation }}.known_at_utc desc, {{ relation }}.source_sha256 desc
    )
{%- endmacro %}

{#-
    The vintage of each key that counts at T.
    `relation` keeps every vintage and has both columns; `key` is a list of columns. Use it as a table in FROM.
-#}
{% macro as_of(relation, key) -%}
    (
        select known.*
        from (
            select
                vintages.*,
                {{ newest_vintage_first(key, 'vintages') }} as vintage_rank
            from {{ relation }} as vintages
            where {{ known_by('vintages.known_at_utc') }}
        ) as known
        where known.vintage_rank = 1
    )
{%- endmacro %}

{#-
    What held from when to when, as known at T: the vintage of each dated event, ended where the next event of the same
    `key` begins. Adds `valid_to_date` (exclusive, null while it lasts), `is_current` (in force on the UTC day of T) and
    `interval_known_at_utc`, when both ends could be known.
-#}
{% macro as_intervals(relation, key) -%}
    (
        select
            bounded.*,
            bounded.valid_from_date <= {{ as_of_date() }}
            and coalesce(bounded.valid_to_date > {{ as_of_date() }}, true) as is_current,
            greatest(
                bounded.known_at_utc, coalesce(bounded.end_known_at_utc, bounded.known_at_utc)
            ) as interval_known_at_utc
        from (
            select
                events.*,
                lead(events.valid_from_date) over next_event as valid_to_date,
                lead(events.known_at_utc) over next_event as end_known_at_utc
            from {{ as_of(relation, key + ['valid_from_date']) }} as events
            window next_event as (
                partition by {% for column in key %}events.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
                order by events.valid_from_date
            )
        ) as bounded
    )
{%- endmacro %}

{#- Predicate: an interval of `relation` made by as_intervals holds on `date`. -#}
{% macro in_force(relation, date) -%}
    ({{ relation }}.valid_from_date <= {{ date }} and coalesce({{ relation }}.valid_to_date > {{ date }}, true))
{%- endmacro %}
