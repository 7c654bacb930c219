with source as (
    select * from {{ source('raw', 'raw_feed__request') }}
),

renamed as (
    select
        asked_date,
        asked_at_utc,
        domain,
        subject,
        provider,
        priority,
        first_date,
        last_date,
        outcome,
        problem,
        requests,
        seconds,
        answer_sha256,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
