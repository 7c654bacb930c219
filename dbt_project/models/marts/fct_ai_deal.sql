with deals as (
    select * from {{ as_of(source('raw', 'raw_ledger__ai_deal'), ['deal_id']) }} as vintage
),

booked as (
    select * from {{ ref('int_ai_deal__booked') }}
)

select
    deals.deal_id,
    deals.issuer,
    deals.issuer_name_at_time,
    deals.counterparty,
    deals.end_user,
    deals.backstop_party,
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
    deals.confidence,
    booked.known_at_utc
from deals
inner join booked on deals.deal_id = booked.deal_id
order by deals.deal_id
