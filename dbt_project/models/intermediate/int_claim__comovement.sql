-- Correlation and beta of bitcoin against the subject, over as many sessions as the basis begins with. Bitcoin closes
-- at midnight UTC; on a basis of the same close its fund stands for it.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('correlation', 'beta')

)

select
    {{ claim_question('asked') }},
    case asked.metric when 'beta' then measured.beta else measured.correlation end as value,
    concat(
        measured.instrument_a,
        ' and ',
        measured.instrument_b,
        ' over ',
        cast(measured.window_sessions as {{ dbt.type_string() }}),
        ' sessions to ',
        cast(measured.session_date as {{ dbt.type_string() }})
    ) as evidence,
    measured.known_at_utc
from asked
inner join {{ ref('mart_correlation') }} as measured
    on
        asked.subject = measured.instrument_b
        and asked.day = measured.session_date
        and case when asked.basis like '%_same_close' then 'IBIT' else 'BTC-USD' end = measured.instrument_a
        and asked.basis in (
            concat(cast(measured.window_sessions as {{ dbt.type_string() }}), '_sessions'),
            concat(cast(measured.window_sessions as {{ dbt.type_string() }}), '_sessions_same_close')
        )
where case asked.metric when 'beta' then measured.beta else measured.correlation end is not null
