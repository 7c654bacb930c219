{{ config(meta={'dagster': {'ref': {'name': 'fct_capex_guidance', 'package': 'hashwatt'}}}) }}
-- Revisions of one guidance are numbered from one without a gap, and exactly the last of them is the latest.
select
    issuer,
    metric,
    target_year,
    target_basis,
    count(*) as revisions,
    max(revision_number) as highest
from {{ ref('fct_capex_guidance') }}
group by issuer, metric, target_year, target_basis
having
    min(revision_number) <> 1
    or max(revision_number) <> count(*)
    or sum(case when is_latest then 1 else 0 end) <> 1
    or max(announced_date) is distinct from max(case when is_latest then announced_date end)
