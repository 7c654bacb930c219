-- Who is asked and preferred in which order, as known at T; of symbols that followed each other the last one counts.
select
    domain,
    subject,
    provider,
    priority,
    known_at_utc
from (
    select
        feeds.*,
        row_number() over (
            partition by feeds.domain, feeds.subject, feeds.provider
            order by feeds.valid_from_date desc
        ) as recency
    from {{ as_of(source('raw', 'raw_ledger__feed'), ['domain', 'subject', 'provider', 'valid_from_date']) }} as feeds
    where feeds.valid_from_date <= {{ as_of_date() }}
) as symbols
where recency = 1
