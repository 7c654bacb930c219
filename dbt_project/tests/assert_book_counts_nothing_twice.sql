-- No running total stands in the book beside a deal it names, nor beside a second running total of its programme.
{{ config(meta={'dagster': {'ref': {'name': 'fct_ai_deal'}}}) }}

with in_book as (
    select
        deals.deal_id,
        deals.issuer,
        deals.programme,
        deals.value_kind,
        ledger.value_includes
    from {{ ref('fct_ai_deal') }} as deals
    inner join {{ as_of(ref('int_ai_deal__known'), ['deal_id']) }} as ledger
        on deals.deal_id = ledger.deal_id
    where deals.is_in_book
)

select
    total.deal_id as running_total,
    part.deal_id as counted_beside_it
from in_book as total
inner join in_book as part
    on total.issuer = part.issuer and total.deal_id <> part.deal_id
where
    total.value_kind = 'cumulative'
    and (
        {{ is_in_list('part.deal_id', 'total.value_includes') }}
        or (part.value_kind = 'cumulative' and part.programme = total.programme)
    )
