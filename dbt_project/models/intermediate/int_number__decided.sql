-- Each number that was read from a filing, with what a person decided about its passage. A decision is about one value:
-- where the document is read again and gives another, nothing is decided.
with decisions as (

    select
        *,
        row_number() over (
            partition by document_sha256, span_start, span_end, kind, field
            order by decided_at_utc desc, source_line desc
        ) as recency
    from {{ source('raw', 'raw_ledger__decision') }}
    where {{ known_by() }}

)

select
    concat(
        numbers.accession,
        '/',
        numbers.file_name,
        ' ',
        numbers.passage_id,
        ' ',
        numbers.record
    ) as number_key,
    numbers.passage_id,
    numbers.issuer,
    numbers.cik,
    numbers.accession,
    numbers.file_name,
    numbers.form,
    numbers.document_type,
    numbers.document_sha256,
    concat({{ filing_folder('numbers.cik', 'numbers.accession') }}, numbers.file_name) as document_url,
    numbers.kind,
    numbers.record,
    numbers.field,
    numbers.value,
    numbers.value_number,
    numbers.unit,
    numbers.period_start_date,
    numbers.period_end_date,
    numbers.span_start,
    numbers.span_end,
    numbers.quote,
    numbers.context,
    case
        when numbers.state = 'abstained' then 'abstained'
        when decisions.decision = 'rejected' and decisions.value = numbers.value then 'rejected'
        when numbers.source_rank > 2 then 'second_hand'
        when numbers.state = 'accepted' then 'accepted'
        when decisions.decision = 'accepted' and decisions.value = numbers.value then 'accepted'
        else 'review'
    end as status,
    numbers.reason,
    case
        when numbers.state = 'review' and decisions.decision = 'accepted' and decisions.value = numbers.value
            then decisions.confidence
        else numbers.confidence
    end as confidence,
    numbers.source_rank,
    decisions.decision,
    decisions.decided_by,
    decisions.decided_at_utc,
    coalesce(decisions.value <> numbers.value, false) as is_decided_of_another_value,
    numbers.parser_version,
    numbers.known_at_utc
from {{ source('raw', 'raw_extract__number') }} as numbers
left join decisions
    on
        numbers.document_sha256 = decisions.document_sha256
        and numbers.span_start = decisions.span_start
        and numbers.span_end = decisions.span_end
        and numbers.kind = decisions.kind
        and numbers.field = decisions.field
        and decisions.recency = 1
where {{ known_by('numbers.known_at_utc') }}
