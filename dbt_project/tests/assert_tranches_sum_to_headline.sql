-- The final tranches of a deal add up to the principal that headlines state, to the unit of the headline.
select
    deal_id,
    sum(principal_m) as tranches_m,
    min(deal_headline_m) as lowest_headline_m,
    max(deal_headline_m) as highest_headline_m
from {{ ref('fct_bond_tranche') }}
where status = 'final'
group by deal_id
having
    max(deal_headline_m) is not null
    and (abs(sum(principal_m) - max(deal_headline_m)) > 0.5 or min(deal_headline_m) <> max(deal_headline_m))
