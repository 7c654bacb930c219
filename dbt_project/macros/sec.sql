{#- How facts of EDGAR are read: which durations are quarters of a year, what a report for a year is, what a change is. -#}

{#-
    Days, both ends counted, of one to four quarters since a fiscal year began. The windows hold calendar quarters,
    13-week quarters and years of 52 or 53 weeks with their 14-week quarter; int_fiscal__quarter says what becomes of the rest.
-#}
{% macro quarters_spanned(first, last) -%}
    {%- set windows = {1: (80, 100), 2: (170, 195), 3: (260, 286), 4: (350, 378)} -%}
    case
        {%- for quarters, (shortest, longest) in windows.items() %}
        when {{ days_between(first, last) }} + 1 between {{ shortest }} and {{ longest }} then {{ quarters }}
        {%- endfor %}
    end
{%- endmacro %}

{#- Whole quarters from one end of a quarter to another, negative for an earlier one; null where they are not whole. -#}
{% macro quarters_apart(one, other) -%}
    case
        when
            abs({{ days_between(one, other) }} - 91.25 * round({{ days_between(one, other) }} / 91.25)) <= 28
            then cast(round({{ days_between(one, other) }} / 91.25) as int)
    end
{%- endmacro %}

{#- Predicate: the form reports a fiscal year, or the transition to another one. -#}
{% macro is_annual_report(form) -%}
    {{ form }} in ('10-K', '10-K/A', '10-K405', '10-KT', '10-KT/A', '20-F', '20-F/A', '20-FT', '40-F', '40-F/A')
{%- endmacro %}

{#- The end that a quarter of a fiscal year should have where no filing says: calendar months, or weeks. -#}
{% macro expected_quarter_end(year_start, quarter) -%}
    case
        when extract(day from {{ year_start }}) = 1
            then {{ add_days('cast(' ~ dbt.dateadd('month', '3 * ' ~ quarter, year_start) ~ ' as date)', -1) }}
        else {{ add_days(year_start, '91 * ' ~ quarter ~ ' - 1') }}
    end
{%- endmacro %}

{#-
    What a filing did to a number that an earlier one gave: nothing, turned its sign, moved it by thousands, wrote it on a
    coarser or finer grid (within one step of thousands, hundred thousands or millions, and within 1 %), or restated it.
    Null for the first filing.
-#}
{% macro change_kind(value, previous) -%}
    case
        when {{ previous }} is null then null
        when {{ value }} = {{ previous }} then 'unchanged'
        when {{ value }} = -{{ previous }} then 'sign'
        when {{ value }} in (1000 * {{ previous }}, 1000000 * {{ previous }}) then 'scale'
        when {{ previous }} in (1000 * {{ value }}, 1000000 * {{ value }}) then 'scale'
        {%- for grid in (1000, 100000, 1000000) %}
        when
            abs({{ value }} - {{ previous }}) < least({{ grid }}, 0.01 * abs({{ previous }}))
            and (
                {{ value }} = {{ grid }} * round({{ value }} / {{ grid }})
                or {{ previous }} = {{ grid }} * round({{ previous }} / {{ grid }})
            )
            then 'rounding'
        {%- endfor %}
        else 'restated'
    end
{%- endmacro %}

{#-
    Predicate: a number is so many times another that it is in thousands or millions too little. From half to twice of it:
    what a business does from one quarter to the next moves by less, and steeper ramps by other factors.
-#}
{% macro is_of_another_scale(ratio) -%}
    ({{ ratio }} between 500 and 2000 or {{ ratio }} between 500000 and 2000000)
{%- endmacro %}

{#- Predicate: filers leave the term out when it is nil, and no filing gives it, so it counts as zero. -#}
{% macro is_nil_term() -%}
    value is null and not is_required and null_reason like 'missing%'
{%- endmacro %}

{#- One text of the texts of a sum's terms: the common one, or all in the order of the terms. -#}
{% macro of_all_terms(text) -%}
    case
        when min({{ text }}) = max({{ text }}) then min({{ text }})
        else {{ listed(text, '; ', ['priority']) }}
    end
{%- endmacro %}

{#- The columns that tell one fiscal year of one concept, and predicate: they are the same in two relations. -#}
{% macro fiscal_year_of(relation) -%}
    {%- for name in ('issuer', 'taxonomy', 'concept', 'unit', 'fiscal_year_start_date') -%}
        {{ relation }}.{{ name }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro same_fiscal_year(a, b) -%}
    {%- for name in ('issuer', 'taxonomy', 'concept', 'unit', 'fiscal_year_start_date') -%}
        {{ a }}.{{ name }} = {{ b }}.{{ name }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The columns that tell one fact, and predicate: they are the same in two relations. -#}
{% macro same_fact(a, b) -%}
    {%- for name in (
        'issuer', 'taxonomy', 'concept', 'unit', 'period_type', 'period_start_date', 'period_end_date'
    ) -%}
        {{ a }}.{{ name }} = {{ b }}.{{ name }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
