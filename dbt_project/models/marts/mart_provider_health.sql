{#- A subject counts as answered by whoever gave a whole answer, even one without rows: there was nothing to give. -#}
with questions as (
    select
        *,
        row_number() over (
            partition by provider, domain, asked_date
            order by asked_at_utc desc, subject desc, first_date desc
        ) as place_from_last,
        row_number() over (
            partition by provider, domain, asked_date, case when problem is null then 0 else 1 end
            order by asked_at_utc, subject, first_date
        ) as place_of_problem
    from {{ source('raw', 'raw_feed__request') }}
    where {{ known_by() }}
),

subjects as (
    select
        provider,
        domain,
        subject,
        asked_date,
        min(priority) as priority,
        max(case when outcome in ('answered', 'empty') then 1 else 0 end) as is_answered
    from questions
    group by provider, domain, subject, asked_date
),

replaced as (
    select
        provider,
        domain,
        asked_date,
        sum(case when is_answered = 0 and last_answering_priority > priority then 1 else 0 end) as fail_overs
    from (
        select
            *,
            max(case when is_answered = 1 then priority end) over (
                partition by domain, subject, asked_date
            ) as last_answering_priority
        from subjects
    ) as answered
    group by provider, domain, asked_date
),

days as (
    select
        provider,
        domain,
        asked_date,
        count(*) as questions,
        {% for outcome in ['answered', 'empty', 'unknown_subject', 'quota_exceeded', 'failed', 'skipped'] %}
            sum(case when outcome = '{{ outcome }}' then 1 else 0 end) as {{ outcome }},
        {% endfor %}
        max(case when place_from_last = 1 then outcome end) in ('skipped', 'quota_exceeded') as is_circuit_open,
        sum(requests) as requests,
        sum(seconds) as seconds,
        max(case when problem is not null and place_of_problem = 1 then problem end) as first_problem,
        max(known_at_utc) as known_at_utc
    from questions
    group by provider, domain, asked_date
)

select
    days.provider,
    days.domain,
    days.asked_date,
    cast(days.questions as bigint) as questions,
    {% for outcome in ['answered', 'empty', 'unknown_subject', 'quota_exceeded', 'failed', 'skipped'] %}
        cast(days.{{ outcome }} as bigint) as {{ outcome }},
    {% endfor %}
    cast(replaced.fail_overs as bigint) as fail_overs,
    days.is_circuit_open,
    cast(coalesce(days.requests, 0) as bigint) as requests,
    coalesce(days.seconds, 0) as seconds,
    days.first_problem,
    days.known_at_utc
from days
inner join replaced
    on
        days.provider = replaced.provider
        and days.domain = replaced.domain
        and days.asked_date = replaced.asked_date
order by days.provider, days.domain, days.asked_date
