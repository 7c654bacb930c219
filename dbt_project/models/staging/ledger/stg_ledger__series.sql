with source as (
    select * from {{ source('raw', 'raw_ledger__series') }}
),

renamed as (
    select
        series,
        name,
        unit,
        frequency,
        publication_lag_days,
        is_revised,
        owner,
        redistribution,
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
