-- What each provider says of a UTC day as known at T, one figure a row, and its place among the providers that have it.
{% set measures = ['blocks', 'fees_btc', 'difficulty', 'hashrate_eh_s'] %}

with days as (
    select * from {{ as_of(source('raw', 'raw_network__day'), ['utc_date', 'provider']) }} as vintage
),

said as (
    {% for measure in measures %}
        select
            utc_date,
            '{{ measure }}' as measure,
            provider,
            cast({{ measure }} as double) as value,
            known_at_utc
        from days
        where {{ measure }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked as (
    select
        said.*,
        coalesce(priorities.priority, 99) as priority
    from said
    left join {{ ref('int_feed__priority') }} as priorities
        on
            priorities.domain = 'network'
            and priorities.subject = 'BTC'
            and said.provider = priorities.provider
)

select
    utc_date,
    measure,
    provider,
    value,
    priority,
    row_number() over (partition by utc_date, measure order by priority, provider) as place,
    count(*) over same_figure as providers_count,
    100.0 * (max(value) over same_figure - min(value) over same_figure)
    / nullif(max(value) over same_figure, 0) as max_difference_pct,
    known_at_utc
from ranked
window same_figure as (partition by utc_date, measure)
