with deals as (
    select * from {{ as_of(ref('int_ai_deal__known'), ['deal_id']) }} as vintage
),

booked as (
    select * from {{ ref('int_ai_deal__booked') }}
),

-- A name that the register does not know yet at T stands for itself.
register as (
    select * from {{ as_of(source('raw', 'raw_ledger__counterparty'), ['spelling']) }} as vintage
)

select
    deals.deal_id,
    deals.issuer,
    deals.issuer_name_at_time,
    coalesce(tenant.counterparty, deals.counterparty) as counterparty,
    coalesce(served.counterparty, deals.end_user) as end_user,
    coalesce(guarantor.counterparty, deals.backstop_party) as backstop_party,
    deals.backstop_usd_m,
    deals.announced_date,
    deals.announced_precision,
    deals.deal_kind,
    deals.service_model,
    deals.site,
    deals.programme,
    deals.value_kind,
    deals.value_usd_m,
    deals.value_basis,
    deals.value_with_extensions_usd_m,
    deals.critical_it_mw,
    deals.gross_mw,
    deals.mw_basis,
    deals.term_years,
    deals.issuer_share_pct,
    deals.value_usd_m * deals.issuer_share_pct / 100 as value_attributable_usd_m,
    booked.is_in_book,
    booked.book_exclusion_reason,
    booked.replaced_by_deal_id,
    deals.value_usd_m / deals.critical_it_mw / deals.term_years as usd_m_per_critical_mw_year,
    case
        when deals.value_usd_m is null then 'no_value'
        when deals.critical_it_mw is null then 'no_critical_mw'
        when deals.term_years is null then 'no_term'
    end as usd_m_per_critical_mw_year_null_reason,
    deals.delivery,
    deals.form,
    deals.note,
    deals.citation,
    {{ citation_page('deals.citation', 'issuers.cik') }} as citation_page,
    deals.confidence,
    greatest(
        booked.known_at_utc,
        coalesce(tenant.known_at_utc, booked.known_at_utc),
        coalesce(served.known_at_utc, booked.known_at_utc),
        coalesce(guarantor.known_at_utc, booked.known_at_utc)
    ) as known_at_utc
from deals
inner join booked on deals.deal_id = booked.deal_id
left join {{ ref('dim_issuer') }} as issuers on deals.issuer = issuers.issuer
left join register as tenant on deals.counterparty = tenant.spelling
left join register as served on deals.end_user = served.spelling
left join register as guarantor on deals.backstop_party = guarantor.spelling
order by deals.deal_id
