-- Which deals count in an issuer's contracted book as of T. A running total replaces the deals it names, and the
-- newest running total of a programme replaces the older ones, so nothing is counted twice.
with deals as (
    select * from {{ as_of(ref('int_ai_deal__known'), ['deal_id']) }} as vintage
),

contracts_with_value as (
    select * from deals
    where deal_kind = 'contract' and value_usd_m is not null
),

running_totals as (
    select
        deal_id,
        issuer,
        programme,
        value_includes,
        known_at_utc,
        row_number() over (
            partition by issuer, programme
            order by announced_date desc, known_at_utc desc, deal_id desc
        ) as newest_first
    from contracts_with_value
    where value_kind = 'cumulative'
),

replaced as (
    select
        part.deal_id,
        total.deal_id as replaced_by_deal_id,
        total.known_at_utc,
        row_number() over (partition by part.deal_id order by total.newest_first) as choice
    from contracts_with_value as part
    inner join running_totals as total
        on
            part.issuer = total.issuer
            and part.programme = total.programme
            and part.deal_id <> total.deal_id
    left join running_totals as own_total on part.deal_id = own_total.deal_id
    where
        {{ is_in_list('part.deal_id', 'total.value_includes') }}
        or own_total.newest_first > total.newest_first
)

select
    deals.deal_id,
    replaced.replaced_by_deal_id,
    case
        when deals.deal_kind <> 'contract' then 'not_a_contract'
        when deals.value_usd_m is null then 'no_value'
        when replaced.deal_id is not null then 'in_running_total'
    end as book_exclusion_reason,
    coalesce(
        deals.deal_kind = 'contract' and deals.value_usd_m is not null and replaced.deal_id is null,
        false
    ) as is_in_book,
    greatest(deals.known_at_utc, coalesce(replaced.known_at_utc, deals.known_at_utc)) as known_at_utc
from deals
left join replaced on deals.deal_id = replaced.deal_id and replaced.choice = 1
