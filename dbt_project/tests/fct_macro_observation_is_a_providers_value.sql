{{ config(meta={'dagster': {'ref': {'name': 'fct_macro_observation', 'package': 'hashwatt'}}}) }}
-- The value of a day is one that the named provider gave for it.
select
    observed.series,
    observed.observation_date,
    observed.provider,
    observed.value
from {{ ref('fct_macro_observation') }} as observed
left join {{ source('raw', 'raw_macro__observation') }} as given
    on
        observed.series = given.series
        and observed.provider = given.provider
        and observed.observation_date = given.observation_date
        and observed.value = given.value
        and {{ known_by('given.known_at_utc') }}
where given.series is null
