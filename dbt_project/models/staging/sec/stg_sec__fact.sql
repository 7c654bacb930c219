with source as (
    select * from {{ source('raw', 'raw_sec__fact') }}
),

renamed as (
    select
        issuer,
        cik,
        taxonomy,
        concept,
        unit,
        period_type,
        period_start_date,
        period_end_date,
        accession,
        value,
        fiscal_year,
        fiscal_period,
        form,
        filed_date,
        frame,
        known_at_basis,
        known_at_utc,
        ingested_at_utc,
        source,
        source_sha256,
        parser_version
    from source
)

select * from renamed
