{{ config(meta={'dagster': {'ref': {'name': 'mart_bond_issuance', 'package': 'hashwatt'}}}) }}
-- A deal's own columns are those of its tranches: their number, their principal, a coupon between the
-- lowest and highest.
select
    deal_id,
    count(*) as tranches,
    sum(principal_m) as principal_m,
    max(deal_principal_m) as deal_principal_m
from {{ ref('mart_bond_issuance') }}
group by deal_id
having
    count(*) <> max(deal_tranches)
    or count(*) <> min(deal_tranches)
    or abs(sum(principal_m) - max(deal_principal_m)) > 0.001
    or abs(sum(principal_m) - min(deal_principal_m)) > 0.001
    or max(deal_weighted_coupon_pct) > max(coupon_pct) + 0.000000001
    or min(deal_weighted_coupon_pct) < min(coupon_pct) - 0.000000001
