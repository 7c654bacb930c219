with source as (
    select * from {{ source('raw', 'raw_ledger__bond_tranche') }}
),

renamed as (
    select
        tranche_id,
        deal_id,
        issuer,
        obligor,
        is_issuer_debt,
        status,
        announced_date,
        announced_precision,
        settled_date,
        currency,
        principal_m,
        coupon_kind,
        coupon_pct,
        floating_index,
        floating_margin_bp,
        maturity_date,
        maturity_precision,
        spread_bp,
        price_pct,
        ytm_pct,
        peak_orders_m,
        peak_orders_currency,
        registration,
        deal_headline_m,
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
