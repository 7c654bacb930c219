{#- Moments of returns. -#}

{#-
    A term plus twice each weighted neighbour before it in the named window, with the weights of Bartlett: 1 - l / (lags + 1) at
    distance l, as Newey and West (1987) have them. Where there is no neighbour it counts as nil.
-#}
{% macro with_weighted_neighbours(term, lags, window_name) -%}
    {{ term }}
    {%- for lag in range(1, lags + 1) %}
    + {{ 2 * (lags + 1 - lag) }} * coalesce(lag({{ term }}, {{ lag }}) over {{ window_name }}, 0.0) / {{ lags + 1 }}
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

{#-
    Uniform numbers between 0 and 1, the same on each build and engine; a query with the columns draw (from 0), stream (one of
    `streams`) and uniform, up to 10,000 draws. They come from the minimal standard generator of Park and Miller with the
    multiplier of 1993, x <- 48271 x mod (2^31 - 1): number n is the seed times 48271^n, so each digit of n has a factor and no
    row waits for another. A draw takes one number for each stream, in their order.
-#}
{% macro uniform_numbers(seed, streams, draws) -%}
    {%- set modulus = 2147483647 %}
    {%- set state = namespace(step=1) %}
    {%- set firsts = [] %}
    {%- for stream in streams %}
        {%- set state.step = state.step * 48271 % modulus %}
        {%- do firsts.append((stream, seed * state.step % modulus)) %}
    {%- endfor %}
    {#- The factor of digit d at 10^j is step^(d 10^j), where a step goes over the numbers of one draw. -#}
    {%- set places = [] %}
    {%- for name in ['ones', 'tens', 'hundreds', 'thousands'] %}
        {%- set factors = [1] %}
        {%- for digit in range(10) %}
            {%- do factors.append(factors[-1] * state.step % modulus) %}
        {%- endfor %}
        {%- do places.append((name, factors)) %}
        {%- set state.step = factors[10] %}
    {%- endfor %}
    with digits as (
        {% for digit in range(10) %}
            select
                {% for name, factors in places %}
                    cast({{ factors[digit] }} as bigint) as {{ name }},
                {% endfor %}
                {{ digit }} as digit
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    ),

    jumps as (
        select
            cast(
                ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as bigint
            ) as draw,
            ones.ones * tens.tens % {{ modulus }} * hundreds.hundreds % {{ modulus }}
            * thousands.thousands % {{ modulus }} as jump
        from digits as ones
        cross join digits as tens
        cross join digits as hundreds
        cross join digits as thousands
    ),

    firsts as (
        {% for stream, first_number in firsts %}
            select
                '{{ stream }}' as stream,
                cast({{ first_number }} as bigint) as first_number
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
    )

    select
        jumps.draw,
        firsts.stream,
        firsts.first_number * jumps.jump % {{ modulus }} / {{ modulus }}.0e0 as uniform
    from jumps
    cross join firsts
    where jumps.draw < {{ draws }}
{%- endmacro %}

{#- Sum of doubles to ten decimals. Added as decimals, it does not depend on their order, which joins and threads change. -#}
{% macro steady_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 10))) as double)
{%- endmacro %}
