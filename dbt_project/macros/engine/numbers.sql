{#- Arithmetic that engines spell differently. -#}

{#- Product of `factor` over the rows of the named window up to the current one; nulls are left out, as in sums. -#}
{% macro running_product(factor, window_name) -%}
    {{ adapter.dispatch('running_product', 'hashwatt')(factor, window_name) }}
{%- endmacro %}

{#- Right for factors above zero, to about fifteen digits. -#}
{% macro default__running_product(factor, window_name) -%}
    exp(sum(ln({{ factor }})) over {{ window_name }})
{%- endmacro %}

{% macro duckdb__running_product(factor, window_name) -%}
    product({{ factor }}) over {{ window_name }}
{%- endmacro %}
