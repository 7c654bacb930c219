with source as (
    select * from {{ source('raw', 'raw_ledger__instrument') }}
),

renamed as (
    select
        instrument,
        name,
        kind,
        issuer,
        calendar,
        currency,
        close_convention,
        first_session_date,
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
