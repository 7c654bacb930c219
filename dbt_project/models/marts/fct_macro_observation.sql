{#- The preferred provider's value as known at T, held against the others'. A day without a value has no row. -#}
with said as (
    select
        vintage.series,
        vintage.observation_date,
        vintage.value,
        vintage.provider,
        vintage.known_at_basis,
        vintage.known_at_utc,
        coalesce(priorities.priority, 99) as priority
    from {{ as_of(source('raw', 'raw_macro__observation'), ['series', 'observation_date', 'provider']) }} as vintage
    left join {{ ref('int_feed__priority') }} as priorities
        on
            priorities.domain = 'macro'
            and vintage.series = priorities.subject
            and vintage.provider = priorities.provider
),

compared as (
    select
        said.*,
        row_number() over (
            partition by said.series, said.observation_date
            order by said.priority, said.provider
        ) as place,
        count(*) over same_day as providers_count,
        max(said.value) over same_day - min(said.value) over same_day as value_range,
        max(said.known_at_utc) over same_day as all_known_at_utc
    from said
    window same_day as (partition by said.series, said.observation_date)
)

select
    compared.series,
    compared.observation_date,
    compared.value,
    series.unit,
    compared.provider,
    {{
        redistribution_of_rank(
            'greatest('
            ~ redistribution_rank('series.redistribution')
            ~ ", case when providers.redistribution = 'by_series' then 1 else "
            ~ redistribution_rank('providers.redistribution')
            ~ ' end)'
        )
    }} as redistribution,
    compared.providers_count,
    case when compared.providers_count > 1 then compared.value_range end as max_difference,
    case
        when compared.providers_count = 1 then 'single'
        when compared.value_range <= {{ macro_tolerance('compared.value') }} then 'agrees'
        else 'differs'
    end as agreement,
    compared.known_at_basis,
    compared.all_known_at_utc as known_at_utc
from compared
left join {{ ref('dim_series') }} as series on compared.series = series.series
left join {{ ref('dim_provider') }} as providers on compared.provider = providers.provider
where compared.place = 1
order by compared.series, compared.observation_date
