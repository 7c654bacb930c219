{#- Moments of returns. -#}

{#-
    A term plus twice each weighted neighbour of it on one side of the named window (`lag` or `lead`), with the weights of Bartlett:
    1 - l / (lags + 1) at distance l, as Newey and West (1987) have them. Where there is no neighbour it counts as nil.
-#}
{% macro with_weighted_neighbours(term, side, lags, window_name) -%}
    {{ term }}
    {%- for lag in range(1, lags + 1) %}
    + {{ 2 * (lags + 1 - lag) }} * coalesce({{ side }}({{ term }}, {{ lag }}) over {{ window_name }}, 0.0) / {{ lags + 1 }}
    {%- endfor -%}
{%- endmacro %}
