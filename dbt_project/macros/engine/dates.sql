{#- Date arithmetic on whole days. The shapes follow dbt's own cross-database macros; what they lack is dispatched here. -#}

{#- Whole days from `first` to `last`, both dates. -#}
{% macro days_between(first, last) -%}
    {{ adapter.dispatch('days_between', 'hashwatt')(first, last) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    {{ dbt.datediff(first, last, 'day') }}
{%- endmacro %}

{#- dbt-spark's own words name each date three times, and of a sum nine: one within another, and Spark plans for minutes. -#}
{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    timestampadd({{ datepart }}, cast({{ interval }} as int), {{ from_date_or_timestamp }})
{%- endmacro %}

{#- `date` plus a whole number of days, as a date. -#}
{% macro add_days(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}

{#- The day halfway from first to last; the earlier one of two. -#}
{% macro date_midpoint(first, last) -%}
    {{ adapter.dispatch('date_midpoint', 'hashwatt')(first, last) }}
{%- endmacro %}

{% macro default__date_midpoint(first, last) -%}
    {{ add_days(first, 'cast(floor((' ~ days_between(first, last) ~ ') / 2.0) as integer)') }}
{%- endmacro %}

{#- '2025Q3' of a date. -#}
{% macro quarter_label(date) -%}
    concat(extract(year from {{ date }}), 'Q', extract(quarter from {{ date }}))
{%- endmacro %}

{#- First day of the date's month, as a date. -#}
{% macro month_start(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{#- One row per day from `first` to `last`, both inclusive; an expression for the SELECT list, alone in it. -#}
{% macro each_day(first, last) -%}
    {{ adapter.dispatch('each_day', 'hashwatt')(first, last) }}
{%- endmacro %}

{% macro default__each_day(first, last) -%}
    {{ exceptions.raise_compiler_error('no series of days is written down for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__each_day(first, last) -%}
    cast(unnest(generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval 1 day)) as date)
{%- endmacro %}

{% macro spark__each_day(first, last) -%}
    explode(sequence({{ first }}, {{ last }}, interval 1 day))
{%- endmacro %}
