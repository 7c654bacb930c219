-- Bond tranches of the ledger, every vintage, and those that filings alone tell of.
with names as (
    select * from {{ ref('dim_issuer_name') }}
)

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
    use_of_proceeds,
    form,
    citation,
    confidence,
    note,
    known_at_utc,
    source_sha256
from {{ source('raw', 'raw_ledger__bond_tranche') }}

union all

select
    filed.tranche_id,
    filed.deal_id,
    filed.issuer,
    names.name as obligor,
    true as is_issuer_debt,
    'final' as status,
    filed.announced_date,
    'day' as announced_precision,
    filed.settled_date,
    filed.currency,
    filed.principal / 1e6 as principal_m,
    case
        when filed.coupon_pct is null then 'floating'
        when filed.coupon_pct = 0 then 'zero'
        else 'fixed'
    end as coupon_kind,
    filed.coupon_pct,
    filed.floating_index,
    filed.floating_margin_bp,
    filed.maturity_date,
    filed.maturity_precision,
    filed.spread_bp,
    filed.price_pct,
    filed.ytm_pct,
    cast(null as double) as peak_orders_m,
    cast(null as {{ dbt.type_string() }}) as peak_orders_currency,
    case when filed.is_convertible then 'registered_convertible' else 'sec_registered' end as registration,
    cast(null as double) as deal_headline_m,
    cast(null as {{ dbt.type_string() }}) as use_of_proceeds,
    filed.form,
    filed.document_url as citation,
    filed.confidence,
    'Read from the filing; `hashwatt evidence` shows the passages.' as note,
    greatest(filed.known_at_utc, names.known_at_utc) as known_at_utc,
    filed.document_sha256 as source_sha256
from {{ ref('int_tranche__filed') }} as filed
inner join names
    on
        filed.issuer = names.issuer
        and filed.announced_date >= names.valid_from_date
        and (names.valid_to_date is null or filed.announced_date < names.valid_to_date)
where filed.is_origin
