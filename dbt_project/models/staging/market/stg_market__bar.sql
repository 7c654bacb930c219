with source as (
    select * from {{ source('raw', 'raw_market__bar') }}
),

renamed as (
    select
        instrument,
        session_date,
        provider,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
