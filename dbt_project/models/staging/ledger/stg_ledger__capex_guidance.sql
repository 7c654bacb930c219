with source as (
    select * from {{ source('raw', 'raw_ledger__capex_guidance') }}
),

renamed as (
    select
        issuer,
        metric,
        target_year,
        target_basis,
        case when unit = 'USD million' then low end as low_usd_m,
        case when unit = 'USD million' then high end as high_usd_m,
        unit,
        announced_date,
        announced_precision,
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
