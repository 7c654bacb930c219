with source as (
    select * from {{ source('raw', 'raw_sec__filing') }}
),

renamed as (
    select
        issuer,
        cik,
        accession,
        form,
        items,
        filed_date,
        report_date,
        acceptance_text,
        acceptance_zone,
        acceptance_zone_later,
        primary_document,
        primary_description,
        is_xbrl,
        size_bytes,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
