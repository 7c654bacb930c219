{{ config(meta={'dagster': {'ref': {'name': 'mart_contracted_ai_book', 'package': 'hashwatt'}}}) }}
-- Each issuer's book is the sum over its own deals in the book.
with facts as (

    select
        issuer,
        sum(value_usd_m) as value_usd_m,
        sum(value_attributable_usd_m) as value_attributable_usd_m
    from {{ ref('fct_ai_deal') }}
    where is_in_book
    group by issuer

)

select
    coalesce(book.issuer, facts.issuer) as issuer,
    book.value_usd_m as in_mart,
    facts.value_usd_m as in_facts
from {{ ref('mart_contracted_ai_book') }} as book
full outer join facts on book.issuer = facts.issuer
where
    abs(coalesce(book.value_usd_m, 0) - coalesce(facts.value_usd_m, 0)) > 0.001
    or abs(coalesce(book.value_attributable_usd_m, 0) - coalesce(facts.value_attributable_usd_m, 0)) > 0.001
