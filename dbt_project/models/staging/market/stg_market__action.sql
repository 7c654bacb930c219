with source as (
    select * from {{ source('raw', 'raw_market__action') }}
),

renamed as (
    select
        instrument,
        ex_date,
        action,
        provider,
        split_ratio,
        dividend_usd,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
