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

{#- Sum over a group of the products of two columns, each less its mean; the sum of squares where they are one. -#}
{% macro centred_sum(one, other) -%}
    sum({{ one }} * {{ other }}) - sum({{ one }}) * sum({{ other }}) / count(*)
{%- endmacro %}

{#-
    Least squares of y on x and z with a constant, from the centred sums of the normal equations in columns centred_xx, centred_zz,
    centred_xz, centred_xy and centred_zy: their determinant, null where a factor stood still or both are one (correlation above
    0.9999995 in size), and the two betas, null with it.
-#}
{% macro factors_determinant(observations) -%}
    case
        when
            centred_xx > 1e-12 * {{ observations }}
            and centred_zz > 1e-12 * {{ observations }}
            and centred_xx * centred_zz - centred_xz * centred_xz > 1e-6 * centred_xx * centred_zz
            then centred_xx * centred_zz - centred_xz * centred_xz
    end
{%- endmacro %}

{% macro beta_on_x(determinant) -%}
    (centred_zz * centred_xy - centred_xz * centred_zy) / {{ determinant }}
{%- endmacro %}

{% macro beta_on_z(determinant) -%}
    (centred_xx * centred_zy - centred_xz * centred_xy) / {{ determinant }}
{%- endmacro %}
