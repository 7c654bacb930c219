with source as (
    select * from {{ source('raw', 'raw_ledger__production') }}
),

renamed as (
    select
        issuer,
        period_start_date,
        period_end_date,
        btc_produced,
        btc_sold,
        btc_held,
        btc_restricted,
        hashrate_energized_eh_s,
        hashrate_operating_eh_s,
        fleet_efficiency_j_per_th,
        electricity_cost_usd_per_btc,
        power_cost_usd_per_kwh,
        revenue_usd_per_btc,
        definition_version,
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
