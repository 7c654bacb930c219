with source as (
    select * from {{ source('raw', 'raw_ledger__concept') }}
),

renamed as (
    select
        issuer,
        metric,
        taxonomy,
        concept,
        unit,
        period_type,
        priority,
        is_required,
        basis,
        valid_from_date,
        valid_to_date,
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
