{{ config(meta={'dagster': {'ref': {'name': 'fct_miner_operating', 'package': 'hashwatt'}}}) }}
-- Each metric has one unit.
select
    metric,
    count(distinct unit) as units
from {{ ref('fct_miner_operating') }}
group by metric
having count(distinct unit) > 1
