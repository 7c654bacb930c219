-- Final tranches with the roll-ups of their deal and of their issuer's month beside them.
with tranches as (

    select
        *,
        case when announced_precision in ('day', 'month') then date_trunc('month', announced_date) end as issue_month,
        case when coupon_kind in ('fixed', 'zero') and coupon_pct is not null then principal_m end as coupon_principal_m
    from {{ ref('fct_bond_tranche') }}
    where status = 'final' and coalesce(registration, '') <> 'loan'

),

deals as (

    select
        deal_id,
        cast(count(*) as bigint) as deal_tranches,
        case when count(principal_m) = count(*) then sum(principal_m) end as deal_principal_m,
        case when count(principal_usd_m) = count(*) then sum(principal_usd_m) end as deal_principal_usd_m,
        sum(coupon_principal_m * coupon_pct) / nullif(sum(coupon_principal_m), 0) as deal_weighted_coupon_pct,
        max(deal_headline_m) as deal_headline_m,
        max(peak_orders_m) as peak_orders_m,
        max(peak_orders_currency) as peak_orders_currency,
        max(currency) as currency,
        max(known_at_utc) as known_at_utc
    from tranches
    group by deal_id

),

issuer_months as (

    select
        issuer,
        issue_month,
        sum(principal_usd_m) as principal_usd_m,
        cast(sum(case when principal_usd_m is null then 1 else 0 end) as bigint) as tranches_without_usd,
        max(known_at_utc) as known_at_utc
    from tranches
    where is_issuer_debt and issue_month is not null
    group by issuer, issue_month

)

select
    tranches.tranche_id,
    tranches.deal_id,
    tranches.issuer,
    tranches.obligor,
    tranches.is_issuer_debt,
    tranches.announced_date,
    tranches.announced_precision,
    tranches.settled_date,
    tranches.currency,
    tranches.principal_m,
    tranches.principal_usd_m,
    tranches.principal_usd_null_reason,
    tranches.coupon_kind,
    tranches.coupon_pct,
    tranches.floating_index,
    tranches.floating_margin_bp,
    tranches.maturity_date,
    tranches.maturity_precision,
    tranches.tenor_years,
    tranches.spread_bp,
    tranches.price_pct,
    tranches.ytm_pct,
    deals.peak_orders_m,
    deals.peak_orders_currency,
    tranches.registration,
    tranches.form,
    tranches.citation,
    tranches.citation_page,
    tranches.confidence,
    deals.deal_principal_m,
    deals.deal_principal_usd_m,
    deals.deal_weighted_coupon_pct,
    deals.deal_tranches,
    deals.deal_headline_m,
    deals.deal_principal_m - deals.deal_headline_m as deal_headline_difference_m,
    issuer_months.principal_usd_m as issuer_month_principal_usd_m,
    issuer_months.tranches_without_usd as issuer_month_tranches_without_usd,
    case
        when deals.peak_orders_currency = deals.currency then deals.peak_orders_m / nullif(deals.deal_principal_m, 0)
    end as demand_cover,
    greatest(tranches.known_at_utc, deals.known_at_utc, issuer_months.known_at_utc) as known_at_utc
from tranches
inner join deals on tranches.deal_id = deals.deal_id
left join issuer_months
    on
        tranches.issuer = issuer_months.issuer
        and tranches.issue_month = issuer_months.issue_month
order by tranches.tranche_id
