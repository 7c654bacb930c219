{{ config(meta={'dagster': {'ref': {'name': 'mart_provider_health', 'package': 'hashwatt'}}}) }}
-- Questions and answers taken are those of the record of questions, with nothing left over.
with asked as (

    select
        provider,
        domain,
        asked_date,
        count(*) as questions,
        coalesce(sum(requests), 0) as requests
    from {{ source('raw', 'raw_feed__request') }}
    where {{ known_by() }}
    group by provider, domain, asked_date

)

select
    coalesce(health.provider, asked.provider) as provider,
    coalesce(health.domain, asked.domain) as domain,
    coalesce(health.asked_date, asked.asked_date) as asked_date,
    health.questions,
    asked.questions as asked_questions,
    health.requests,
    asked.requests as asked_requests
from {{ ref('mart_provider_health') }} as health
full outer join asked
    on health.provider = asked.provider and health.domain = asked.domain and health.asked_date = asked.asked_date
where health.questions is distinct from asked.questions or health.requests is distinct from asked.requests
