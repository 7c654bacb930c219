{{ config(meta={'dagster': {'ref': {'name': 'mart_bond_issuance', 'package': 'hashwatt'}}}) }}
-- Principal by currency is that of the priced tranches, and issuer-months together are the dollar debt of the issuers.
with facts as (

    select
        currency,
        count(*) as tranches,
        sum(principal_m) as principal_m
    from {{ ref('fct_bond_tranche') }}
    where status = 'final' and registration <> 'loan'
    group by currency

),

mart as (

    select
        currency,
        count(*) as tranches,
        sum(principal_m) as principal_m
    from {{ ref('mart_bond_issuance') }}
    group by currency

),

fact_dollars as (

    select coalesce(sum(principal_usd_m), 0) as principal_usd_m
    from {{ ref('fct_bond_tranche') }}
    where status = 'final' and registration <> 'loan' and is_issuer_debt and announced_precision in ('day', 'month')

),

issuer_months as (

    select
        issuer,
        {{ month_start('announced_date') }} as issue_month,
        max(issuer_month_principal_usd_m) as principal_usd_m
    from {{ ref('mart_bond_issuance') }}
    where is_issuer_debt and announced_precision in ('day', 'month')
    group by issuer, {{ month_start('announced_date') }}

),

mart_dollars as (

    select coalesce(sum(principal_usd_m), 0) as principal_usd_m
    from issuer_months

)

select
    'principal in ' || coalesce(facts.currency, mart.currency) as what,
    facts.principal_m as in_facts,
    mart.principal_m as in_mart
from facts
full outer join mart on facts.currency = mart.currency
where
    coalesce(facts.tranches, 0) <> coalesce(mart.tranches, 0)
    or abs(coalesce(facts.principal_m, 0) - coalesce(mart.principal_m, 0)) > 0.001

union all

select
    'dollar debt of the issuers over all months' as what,
    fact_dollars.principal_usd_m as in_facts,
    mart_dollars.principal_usd_m as in_mart
from fact_dollars
cross join mart_dollars
where abs(fact_dollars.principal_usd_m - mart_dollars.principal_usd_m) > 0.001
