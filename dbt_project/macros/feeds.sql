{#- What providers are to each other: how far apart two may be, and which terms of use bind a row made of several. -#}

{#- Restraint of terms of use by number; what is not stated counts as no permission, though a refusal outranks it. -#}
{% macro redistribution_rank(terms) -%}
    case {{ terms }}
        when 'allowed' then 1
        when 'with_attribution' then 2
        when 'non_commercial' then 3
        when 'by_series' then 4
        when 'not_allowed' then 6
        else 5
    end
{%- endmacro %}

{#- The terms of a rank, so that max() of ranks gives the strictest terms. -#}
{% macro redistribution_of_rank(rank) -%}
    case {{ rank }}
        when 1 then 'allowed'
        when 2 then 'with_attribution'
        when 3 then 'non_commercial'
        when 4 then 'by_series'
        when 6 then 'not_allowed'
        else 'unknown'
    end
{%- endmacro %}

{#- Largest difference of two providers' values of a macro series: half a step of two decimals, or 1e-5 of the value. -#}
{% macro macro_tolerance(value) -%}
    greatest(0.005, 1e-5 * abs({{ value }}))
{%- endmacro %}

{#-
    Largest difference, in percent, of two figures of one network day. Providers end their day some minutes apart, and
    seven blocks are 5 % of a day's 144.
-#}
{% macro network_tolerance_pct() -%}
    {{ limit('hashrate_apart_pct') | float }}
{%- endmacro %}
