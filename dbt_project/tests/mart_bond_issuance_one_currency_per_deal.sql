{{ config(meta={'dagster': {'ref': {'name': 'mart_bond_issuance', 'package': 'hashwatt'}}}) }}
-- A deal in two currencies has no principal: its tranches are two deals.
select
    deal_id,
    count(distinct currency) as currencies
from {{ ref('mart_bond_issuance') }}
group by deal_id
having count(distinct currency) > 1
