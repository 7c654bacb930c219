-- Weights of the pillars drawn at random, the same on each build and engine. A weight is an exponential variate times
-- the pillar's own; divided by their sum, equal ones spread evenly over all splits (Dirichlet, all parameters 1).
{%- set weights = var('convergence_weights', {'revenue': 1}) %}
{%- set draws = var('convergence_draws', 2000) | int(default=2000) %}
{%- set seed = var('convergence_seed', 1) | int(default=1) %}

with pillars as (
    {% for pillar in weights %}
        select
            '{{ pillar }}' as pillar,
            cast({{ weights[pillar] }} as double) as own_weight
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

numbers as (
    select * from ({{ uniform_numbers(seed, weights, draws) }}) as uniform_numbers
)

select
    numbers.draw,
    pillars.pillar,
    pillars.own_weight,
    -ln(numbers.uniform) * pillars.own_weight as weight
from numbers
inner join pillars on numbers.stream = pillars.pillar
