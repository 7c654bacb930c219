with tranches as (
    select
        vintage.*,
        coalesce(vintage.settled_date, vintage.announced_date) as tenor_from_date,
        issuers.cik as issuer_cik
    from {{ as_of(ref('int_bond_tranche__priced'), ['tranche_id']) }} as vintage
    left join {{ ref('dim_issuer') }} as issuers on vintage.issuer = issuers.issuer
)

select
    tranches.tranche_id,
    tranches.deal_id,
    tranches.issuer,
    tranches.obligor,
    tranches.is_issuer_debt,
    tranches.status,
    tranches.announced_date,
    tranches.announced_precision,
    tranches.settled_date,
    tranches.currency,
    tranches.principal_m,
    tranches.principal_usd_m,
    tranches.principal_usd_null_reason,
    tranches.fx_usd_per_unit,
    tranches.fx_date,
    tranches.coupon_kind,
    tranches.coupon_pct,
    tranches.floating_index,
    tranches.floating_margin_bp,
    tranches.maturity_date,
    tranches.maturity_precision,
    case
        when tranches.maturity_precision = 'day'
            then {{ days_between('tranches.tenor_from_date', 'tranches.maturity_date') }} / 365.25e0
        when tranches.maturity_precision = 'year'
            then cast(extract(year from tranches.maturity_date) - extract(year from tranches.tenor_from_date) as double)
    end as tenor_years,
    tranches.spread_bp,
    tranches.price_pct,
    tranches.ytm_pct,
    tranches.peak_orders_m,
    tranches.peak_orders_currency,
    tranches.registration,
    tranches.deal_headline_m,
    tranches.use_of_proceeds,
    tranches.form,
    tranches.note,
    tranches.citation,
    {{ citation_page('tranches.citation', 'tranches.issuer_cik') }} as citation_page,
    tranches.confidence,
    tranches.known_at_utc
from tranches
order by tranches.tranche_id
