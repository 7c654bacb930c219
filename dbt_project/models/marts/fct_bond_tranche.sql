with tranches as (
    select
        vintage.*,
        coalesce(vintage.settled_date, vintage.announced_date) as tenor_from_date,
        issuers.cik as issuer_cik
    from {{ as_of(ref('int_bond_tranche__known'), ['tranche_id']) }} as vintage
    left join {{ ref('dim_issuer') }} as issuers on vintage.issuer = issuers.issuer
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
    case when currency = 'USD' then principal_m end as principal_usd_m,
    case
        when principal_m is null then 'no_principal'
        when currency is null then 'no_currency'
        when currency <> 'USD' then 'no_fx_rate'
    end as principal_usd_null_reason,
    coupon_kind,
    coupon_pct,
    floating_index,
    floating_margin_bp,
    maturity_date,
    maturity_precision,
    case
        when maturity_precision = 'day'
            then {{ days_between('tenor_from_date', 'maturity_date') }} / 365.25e0
        when maturity_precision = 'year'
            then cast(extract(year from maturity_date) - extract(year from tenor_from_date) as double)
    end as tenor_years,
    spread_bp,
    price_pct,
    ytm_pct,
    peak_orders_m,
    peak_orders_currency,
    registration,
    deal_headline_m,
    use_of_proceeds,
    form,
    note,
    citation,
    {{ citation_page('citation', 'issuer_cik') }} as citation_page,
    confidence,
    known_at_utc
from tranches
order by tranche_id
