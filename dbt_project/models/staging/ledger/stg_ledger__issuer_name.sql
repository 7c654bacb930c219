with source as (
    select * from {{ source('raw', 'raw_ledger__issuer_name') }}
),

renamed as (
    select
        issuer,
        name,
        valid_from_date,
        valid_from_precision,
        citation,
        confidence,
        known_at_basis,
        note,
        source_line,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
