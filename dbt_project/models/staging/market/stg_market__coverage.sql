with source as (
    select * from {{ source('raw', 'raw_market__coverage') }}
),

renamed as (
    select
        instrument,
        provider,
        first_session_date,
        last_session_date,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
