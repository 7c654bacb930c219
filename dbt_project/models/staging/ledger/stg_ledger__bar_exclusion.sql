with source as (
    select * from {{ source('raw', 'raw_ledger__bar_exclusion') }}
),

renamed as (
    select
        instrument,
        session_date,
        provider,
        reason,
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
