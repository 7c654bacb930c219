-- AI deals of the ledger, every vintage, and those that filings alone tell of. Each of these counts for itself: a
-- running total of the ledger that contains one has to name the ledger's own row of it.
with names as (
    select * from {{ ref('dim_issuer_name') }}
)

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
    note,
    known_at_utc,
    source_sha256
from {{ source('raw', 'raw_ledger__ai_deal') }}

union all

select
    filed.deal_id,
    filed.issuer,
    names.name as issuer_name_at_time,
    'contract' as deal_kind,
    filed.tenant as counterparty,
    cast(null as {{ dbt.type_string() }}) as end_user,
    cast(null as {{ dbt.type_string() }}) as backstop_party,
    cast(null as double) as backstop_usd_m,
    filed.announced_date,
    'day' as announced_precision,
    cast(null as {{ dbt.type_string() }}) as service_model,
    cast(null as {{ dbt.type_string() }}) as site,
    filed.deal_id as programme,
    'increment' as value_kind,
    filed.value_usd / 1e6 as value_usd_m,
    'contracted revenue, as the filing tells it' as value_basis,
    cast(null as {{ dbt.type_string() }}) as value_includes,
    filed.value_with_extensions_usd / 1e6 as value_with_extensions_usd_m,
    filed.critical_it_mw,
    coalesce(filed.gross_mw, case when filed.critical_it_mw is null then filed.unspecified_mw end) as gross_mw,
    case
        when filed.critical_it_mw is not null and filed.gross_mw is not null then 'both'
        when filed.critical_it_mw is not null then 'critical_it'
        when filed.gross_mw is not null then 'gross'
        when filed.unspecified_mw is not null then 'unknown'
        else 'none'
    end as mw_basis,
    filed.term_years,
    filed.issuer_share_pct,
    cast(null as {{ dbt.type_string() }}) as delivery,
    filed.form,
    filed.document_url as citation,
    filed.confidence,
    'Read from the filing; `hashwatt evidence` shows the passages.' as note,
    greatest(filed.known_at_utc, names.known_at_utc) as known_at_utc,
    filed.document_sha256 as source_sha256
from {{ ref('int_deal__filed') }} as filed
inner join names
    on
        filed.issuer = names.issuer
        and filed.announced_date >= names.valid_from_date
        and (names.valid_to_date is null or filed.announced_date < names.valid_to_date)
where filed.is_origin
