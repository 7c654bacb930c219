with source as (
    select * from {{ source('raw', 'raw_network__day') }}
),

renamed as (
    select
        utc_date,
        provider,
        blocks,
        fees_btc,
        difficulty,
        hashrate_eh_s,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
