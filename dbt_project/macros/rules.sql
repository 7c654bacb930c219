{#- The rules of a row, as the generic test rows_hold is given them. -#}

{#-
    Text: the names of the rules that do not hold of a row, separated by semicolons; empty where all hold. A rule that is
    null does not hold.
-#}
{% macro rules_not_held(unique, known_at_or_before_as_of, filled, values, rules) -%}
    {%- set held = {} -%}
    {%- if unique -%}
        {%- set key = unique | join(', ') -%}
        {%- do held.update({key ~ ' is unique': 'count(*) over (partition by ' ~ key ~ ') = 1'}) -%}
    {%- endif -%}
    {%- if known_at_or_before_as_of -%}
        {%- do held.update({'known_at_or_before_as_of': 'known_at_utc is null or ' ~ known_by()}) -%}
    {%- endif -%}
    {%- for column in filled -%}
        {%- do held.update({column ~ ' is filled': column ~ ' is not null'}) -%}
    {%- endfor -%}
    {%- for column, accepted in values.items() -%}
        {%- set literals = [] -%}
        {%- for value in accepted -%}
            {%- do literals.append("'" ~ value | replace("'", "''") ~ "'" if value is string else value) -%}
        {%- endfor -%}
        {%- set is_accepted = column ~ ' in (' ~ literals | join(', ') ~ ')' -%}
        {%- do held.update({column ~ ' is one of its values': column ~ ' is null or ' ~ is_accepted}) -%}
    {%- endfor -%}
    {%- do held.update(rules) -%}
    {%- if not held -%}
        {{ exceptions.raise_compiler_error('a test rows_hold was given nothing to hold') }}
    {%- endif -%}
    concat_ws(
        '; '
        {%- for name, expression in held.items() %},
        case when not coalesce({{ expression }}, false) then '{{ name }}' end
        {%- endfor %}
    )
{%- endmacro %}
