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

{#- The texts of a group as one, in the order of the columns `order_by`; nulls are left out, and null where all are. -#}
{% macro listed(text, separator, order_by) -%}
    {{ adapter.dispatch('listed', 'hashwatt')(text, separator, order_by) }}
{%- endmacro %}

{% macro default__listed(text, separator, order_by) -%}
    {{ dbt.listagg(text, "'" ~ separator ~ "'", 'order by ' ~ order_by | join(', ')) }}
{%- endmacro %}

{#- dbt's own for Spark leaves the order to chance, and makes an empty text of no texts. -#}
{% macro spark__listed(text, separator, order_by) -%}
    case
        when count({{ text }}) > 0
            then array_join(
                transform(
                    array_sort(
                        collect_list(
                            case
                                when {{ text }} is not null
                                    then struct({{ order_by | join(', ') }}, {{ text }} as listed_text)
                            end
                        )
                    ),
                    one -> one.listed_text
                ),
                '{{ separator }}'
            )
    end
{%- endmacro %}

{#- One row per name in `list`, a text separated by semicolons; an expression for the SELECT list, the only one of its kind. -#}
{% macro each_item(list) -%}
    {{ adapter.dispatch('each_item', 'hashwatt')(list) }}
{%- endmacro %}

{% macro default__each_item(list) -%}
    {{ exceptions.raise_compiler_error('no way to take a list apart is written down for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__each_item(list) -%}
    unnest(string_split({{ list }}, ';'))
{%- endmacro %}

{% macro spark__each_item(list) -%}
    explode(split({{ list }}, ';'))
{%- endmacro %}

{#- A double as text, such as 1746000000.0 or 0.0004; Spark by itself writes 1.746E9 from ten millions on, and 4.0E-4. -#}
{% macro number_text(number) -%}
    {{ adapter.dispatch('number_text', 'hashwatt')(number) }}
{%- endmacro %}

{% macro default__number_text(number) -%}
    cast({{ number }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro spark__number_text(number) -%}
    case
        when abs({{ number }}) >= 10000000 and abs({{ number }}) < 1e15 and {{ number }} = round({{ number }})
            then concat(cast(cast({{ number }} as bigint) as string), '.0')
        when abs({{ number }}) >= 0.0001 and abs({{ number }}) < 0.001
            then trim(trailing '0' from cast(cast({{ number }} as decimal(38, 20)) as string))
        else cast({{ number }} as string)
    end
{%- endmacro %}
