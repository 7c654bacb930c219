{#- Percent change from one price to another. -#}
{% macro pct_change(last, first) -%}
    100.0 * ({{ last }} / {{ first }} - 1.0)
{%- endmacro %}

{#-
    Why a return has no base: the instrument was not listed on the base session, or nothing was fetched for it,
    or the bar is absent inside the fetched span. NULL where the return exists.
-#}
{% macro return_null_reason(label, base_date, base_close) -%}
    case
        when {{ base_close }} is not null then null
        when {{ base_date }} < listed_date or (listed_date = session_date and {{ base_date }} is null)
            then '{{ label }}: listed on ' || cast(listed_date as {{ dbt.type_string() }})
        when window_first_date is null then '{{ label }}: the session lies outside every fetched span'
        when {{ base_date }} is null or {{ base_date }} < window_first_date
            then '{{ label }}: base before the first fetched session ' || cast(window_first_date as {{ dbt.type_string() }})
        else '{{ label }}: no bar on ' || cast({{ base_date }} as {{ dbt.type_string() }})
    end
{%- endmacro %}
