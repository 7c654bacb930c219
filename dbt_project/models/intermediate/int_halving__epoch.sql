{#- The first UTC day of each epoch and what a block of it pays. The halving block fell inside that day. -#}
{% set epochs = [
    ('2009-01-03', 50.0),
    ('2012-11-28', 25.0),
    ('2016-07-09', 12.5),
    ('2020-05-11', 6.25),
    ('2024-04-20', 3.125),
] %}

with epochs as (
    {% for first_day, subsidy_btc in epochs %}
        select
            cast('{{ first_day }}' as date) as valid_from_date,
            cast({{ subsidy_btc }} as double) as block_subsidy_btc
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    valid_from_date,
    lead(valid_from_date) over (order by valid_from_date) as valid_to_date,
    block_subsidy_btc
from epochs
