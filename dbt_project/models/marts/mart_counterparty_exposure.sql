{% set parts = {'tenant': 'counterparty', 'end_user': 'end_user', 'guarantor': 'backstop_party'} %}

-- Who stands behind the contracted book: each counterparty by what it is in the deals. These are not added: one deal
-- has a tenant, often a user behind it, and sometimes a guarantor.
with deals as (
    select
        *,
        case when mw_basis in ('critical_it', 'both') then critical_it_mw end as stated_critical_mw
    from {{ ref('fct_ai_deal') }}
    where deal_kind = 'contract'
),

parties as (
    {% for exposure, column in parts.items() %}
        select
            deal_id,
            '{{ exposure }}' as exposure,
            {{ column }} as party
        from deals
        where {{ column }} is not null
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (
    select
        parties.party as counterparty,
        parties.exposure,
        count(distinct deals.issuer) as issuers_count,
        count(*) as announcements_count,
        sum(case when deals.is_in_book then deals.value_usd_m end) as value_usd_m,
        sum(case when deals.is_in_book then deals.value_attributable_usd_m end) as value_attributable_usd_m,
        sum(case when deals.is_in_book then deals.stated_critical_mw end) as critical_it_mw,
        -- The guarantee of a deal is stated for that deal alone, so it stays when a running total replaces the value.
        sum(deals.backstop_usd_m) as backstop_usd_m,
        max(deals.known_at_utc) as known_at_utc
    from parties
    inner join deals on parties.deal_id = deals.deal_id
    group by parties.party, parties.exposure
),

book as (
    select
        sum(value_usd_m) as value_usd_m,
        max(known_at_utc) as known_at_utc
    from deals
    where is_in_book
)

select
    summed.counterparty,
    summed.exposure,
    register.role,
    register.parent,
    register.rating_class,
    cast(summed.issuers_count as bigint) as issuers_count,
    cast(summed.announcements_count as bigint) as announcements_count,
    summed.value_usd_m,
    summed.value_attributable_usd_m,
    100.0 * summed.value_usd_m / book.value_usd_m as of_book_pct,
    summed.critical_it_mw,
    summed.backstop_usd_m,
    case
        when summed.exposure = 'tenant' then summed.value_usd_m - coalesce(summed.backstop_usd_m, 0)
    end as value_without_backstop_usd_m,
    greatest(
        summed.known_at_utc,
        coalesce(register.known_at_utc, summed.known_at_utc),
        coalesce(book.known_at_utc, summed.known_at_utc)
    ) as known_at_utc
from summed
cross join book
left join {{ ref('dim_counterparty') }} as register on summed.counterparty = register.counterparty
order by summed.exposure, summed.counterparty
