{#- Names of types. -#}

{#- Contracts name types as DuckDB does; a text without a length is another word in Spark. -#}
{% macro spark__cast(field, type) -%}
    cast({{ field }} as {{ 'string' if type | lower == 'varchar' else type }})
{%- endmacro %}
