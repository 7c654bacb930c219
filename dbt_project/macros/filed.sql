{#- What numbers of filings and of the ledger are to each other. -#}

{#- Whether two figures are one: they differ by no more than the last bit of a double. -#}
{% macro agrees(one, other) -%}
    abs({{ one }} - {{ other }}) <= 1e-9 * abs({{ one }})
{%- endmacro %}

{#- Whether a text is one of a few names. -#}
{% macro is_one_of(text, names) -%}
    {{ text }} in ('{{ names | join("', '") }}')
{%- endmacro %}
