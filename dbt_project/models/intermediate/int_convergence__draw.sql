-- Weights of the pillars drawn at random, the same on each build and engine. Numbers come from the minimal standard
-- generator of Park and Miller with the multiplier of 1993, x <- 48271 x mod (2^31 - 1): number n is the seed times
-- 48271^n, so each digit of n has a factor and no row waits for another. A weight is an exponential variate times the
-- pillar's own weight; divided by their sum, equal ones spread evenly over all splits (Dirichlet, all parameters 1).
{%- set modulus = 2147483647 %}
{%- set weights = var('convergence_weights', {'revenue': 1}) %}
{%- set draws = var('convergence_draws', 2000) | int(default=2000) %}
{%- set state = namespace(step=1, place=1) %}
{%- set pillars = [] %}
{%- for pillar in weights %}
    {%- set state.step = state.step * 48271 % modulus %}
    {%- do pillars.append((pillar, state.step)) %}
{%- endfor %}

with digits as (
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
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit as draw,
        ones.ones * tens.tens % {{ modulus }} * hundreds.hundreds % {{ modulus }}
        * thousands.thousands % {{ modulus }} as jump
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
),

pillars as (
    {% for pillar, factor in pillars %}
        select
            '{{ pillar }}' as pillar,
            cast({{ weights[pillar] }} as double) as own_weight,
            cast({{ var('convergence_seed', 1) | int(default=1) * factor % modulus }} as bigint) as first_number
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cast(jumps.draw as bigint) as draw,
    pillars.pillar,
    pillars.own_weight,
    -ln(pillars.first_number * jumps.jump % {{ modulus }} / {{ modulus }}.0e0) * pillars.own_weight as weight
from jumps
cross join pillars
where jumps.draw < {{ draws }}
