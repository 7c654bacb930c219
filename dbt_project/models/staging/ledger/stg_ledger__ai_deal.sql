with source as (
    select * from {{ source('raw', 'raw_ledger__ai_deal') }}
),

renamed as (
    select
        deal_id,
        issuer,
        issuer_name_at_time,
        deal_kind,
        counterparty,
        end_user,
        backstop_party,
        backstop_usd_m,
        announced_date,
        announced_precision,
        service_model,
        site,
        programme,
        value_kind,
        value_usd_m,
        value_basis,
        value_includes,
        value_with_extensions_usd_m,
        critical_it_mw,
        gross_mw,
        mw_basis,
        term_years,
        issuer_share_pct,
        delivery,
        form,
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
