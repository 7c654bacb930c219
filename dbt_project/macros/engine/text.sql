{#- Text in lists. -#}

{#- Predicate: `item` is one of the names in `list`, a text separated by semicolons; blanks around names do not matter. -#}
{% macro is_in_list(item, list) -%}
    {{ adapter.dispatch('is_in_list', 'hashwatt')(item, list) }}
{%- endmacro %}

{#- Wrapped in separators, so that a name never matches inside a longer one. -#}
{% macro default__is_in_list(item, list) -%}
    concat(';', replace({{ list }}, ' ', ''), ';') like concat('%;', {{ item }}, ';%')
{%- endmacro %}

{% macro duckdb__is_in_list(item, list) -%}
    contains(concat(';', replace({{ list }}, ' ', ''), ';'), concat(';', {{ item }}, ';'))
{%- endmacro %}
