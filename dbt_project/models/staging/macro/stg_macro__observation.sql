with source as (
    select * from {{ source('raw', 'raw_macro__observation') }}
),

renamed as (
    select
        series,
        observation_date,
        provider,
        value,
        known_at_basis,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
