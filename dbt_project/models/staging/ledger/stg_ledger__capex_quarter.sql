with source as (
    select * from {{ source('raw', 'raw_ledger__capex_quarter') }}
),

renamed as (
    select
        issuer,
        metric,
        period_start_date,
        period_end_date,
        case when unit = 'USD million' then value end as value_usd_m,
        unit,
        basis,
        xbrl_concept,
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
