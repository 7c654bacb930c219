{{ config(meta={'dagster': {'ref': {'name': 'mart_contracted_ai_book', 'package': 'hashwatt'}}}) }}
-- The issuers' books together are the deals in the book, and no announcement of a contract is lost.
with facts as (

    select
        count(*) as announcements,
        coalesce(sum(case when is_in_book then value_usd_m end), 0) as value_usd_m,
        coalesce(sum(case when is_in_book then value_attributable_usd_m end), 0) as value_attributable_usd_m,
        coalesce(sum(case when is_in_book and mw_basis in ('critical_it', 'both') then critical_it_mw end), 0)
            as critical_it_mw,
        coalesce(sum(backstop_usd_m), 0) as backstop_usd_m
    from {{ ref('fct_ai_deal') }}
    where deal_kind = 'contract'

),

mart as (

    select
        coalesce(sum(announcements), 0) as announcements,
        coalesce(sum(value_usd_m), 0) as value_usd_m,
        coalesce(sum(value_attributable_usd_m), 0) as value_attributable_usd_m,
        coalesce(sum(critical_it_mw), 0) as critical_it_mw,
        coalesce(sum(backstop_usd_m), 0) as backstop_usd_m
    from {{ ref('mart_contracted_ai_book') }}

)

select
    facts.announcements as announcements_in_facts,
    mart.announcements as announcements_in_mart,
    facts.value_usd_m as value_in_facts,
    mart.value_usd_m as value_in_mart,
    facts.critical_it_mw as critical_in_facts,
    mart.critical_it_mw as critical_in_mart
from facts
cross join mart
where
    facts.announcements <> mart.announcements
    or abs(facts.value_usd_m - mart.value_usd_m) > 0.001
    or abs(facts.value_attributable_usd_m - mart.value_attributable_usd_m) > 0.001
    or abs(facts.critical_it_mw - mart.critical_it_mw) > 0.001
    or abs(facts.backstop_usd_m - mart.backstop_usd_m) > 0.001
