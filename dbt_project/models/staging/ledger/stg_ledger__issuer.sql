with source as (
    select * from {{ source('raw', 'raw_ledger__issuer') }}
),

renamed as (
    select
        issuer,
        cik,
        sec_name,
        role,
        fiscal_year_end,
        taxonomy,
        reporting_currency,
        forms,
        business_start_date,
        business_start_precision,
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
