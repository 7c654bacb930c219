-- The name a deal gives its issuer is the name in force on the day of the announcement, where that day is known.
{{ config(meta={'dagster': {'ref': {'name': 'fct_ai_deal'}}}) }}

select
    deals.deal_id,
    deals.issuer_name_at_time,
    names.name as name_in_force
from {{ ref('fct_ai_deal') }} as deals
inner join {{ ref('dim_issuer_name') }} as names
    on
        deals.issuer = names.issuer
        and deals.announced_date >= names.valid_from_date
        and (names.valid_to_date is null or deals.announced_date < names.valid_to_date)
where deals.announced_precision = 'day' and deals.issuer_name_at_time <> names.name
