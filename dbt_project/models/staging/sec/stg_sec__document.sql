with source as (
    select * from {{ source('raw', 'raw_sec__document') }}
),

renamed as (
    select
        issuer,
        cik,
        accession,
        sequence,
        document_type,
        file_name,
        description,
        size_bytes,
        sha256,
        text_sha256,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
