-- Where the ledger and a filing differ about the same figure, what waits for a person, and decisions that meet nothing.
with numbers as (
    select * from {{ ref('fct_extracted_number') }}
),

differing as (
    select
        *,
        row_number() over (partition by check_subject order by known_at_utc desc, number_key asc) as recency
    from (
        select
            case kind when 'metric' then published_key else concat(published_key, ' ', field) end as check_subject,
            number_key,
            value_number as value,
            published_value as expected,
            unit,
            known_at_utc
        from numbers
        where number_use = 'differs_from_ledger'
    ) as said
),

waiting as (
    select
        issuer as check_subject,
        'all' as period,
        concat('numbers_', status) as finding,
        case status when 'review' then 'warning' else 'info' end as severity,
        cast(count(*) as double) as value,
        max(known_at_utc) as known_at_utc
    from numbers
    where status in ('review', 'abstained', 'second_hand')
    group by issuer, status
),

idle as (
    select
        decisions.issuer as check_subject,
        'all' as period,
        case
            when max(case when numbers.passage_id is null then 1 else 0 end) = 1 then 'decision_of_no_passage'
            else 'decision_of_another_value'
        end as finding,
        'warning' as severity,
        cast(count(*) as double) as value,
        max(decisions.known_at_utc) as known_at_utc
    from {{ source('raw', 'raw_ledger__decision') }} as decisions
    left join numbers
        on
            decisions.document_sha256 = numbers.document_sha256
            and decisions.span_start = numbers.span_start
            and decisions.span_end = numbers.span_end
            and decisions.kind = numbers.kind
            and decisions.field = numbers.field
    where
        {{ known_by('decisions.known_at_utc') }}
        and (numbers.passage_id is null or numbers.is_decided_of_another_value)
    group by decisions.issuer
)

select
    check_subject,
    'raw_extract__number' as source,
    'all' as period,
    'ledger_and_filing_differ' as finding,
    'warning' as severity,
    value,
    expected,
    unit,
    known_at_utc
from differing
where recency = 1

union all

select
    check_subject,
    'raw_extract__number' as source,
    period,
    finding,
    severity,
    value,
    cast(null as double) as expected,
    'numbers' as unit,
    known_at_utc
from waiting

union all

select
    check_subject,
    'raw_ledger__decision' as source,
    period,
    finding,
    severity,
    value,
    cast(null as double) as expected,
    'decisions' as unit,
    known_at_utc
from idle
