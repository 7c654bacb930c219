{{ config(meta={'dagster': {'ref': {'name': 'fct_ai_deal', 'package': 'hashwatt'}}}) }}
-- A contract of an issuer is in no book of the parent that consolidates it, too: same customer, same days.
select
    held.deal_id,
    parents.deal_id as deal_of_parent_id
from {{ ref('dim_ownership') }} as ownership
inner join {{ ref('fct_ai_deal') }} as held
    on ownership.issuer = held.issuer and {{ in_force('ownership', 'held.announced_date') }}
inner join {{ ref('fct_ai_deal') }} as parents
    on
        ownership.parent = parents.issuer
        and held.counterparty = parents.counterparty
        and abs({{ days_between('held.announced_date', 'parents.announced_date') }}) <= 7
where ownership.is_consolidated and held.is_in_book and parents.is_in_book
