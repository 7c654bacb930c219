{{ config(meta={'dagster': {'ref': {'name': 'mart_miner_scorecard', 'package': 'hashwatt'}}}) }}
-- In the last month, an issuer whose contracts were all known by then has the book of mart_contracted_ai_book.
with last_months as (

    select
        issuer,
        period_end_date,
        contracted_ai_value_usd_m,
        contracted_ai_critical_mw,
        row_number() over (partition by issuer order by period_end_date desc) as position
    from {{ ref('mart_miner_scorecard') }}

)

select
    last_months.issuer,
    last_months.contracted_ai_value_usd_m,
    book.value_usd_m,
    last_months.contracted_ai_critical_mw,
    book.critical_it_mw
from last_months
inner join {{ ref('mart_contracted_ai_book') }} as book on last_months.issuer = book.issuer
where
    last_months.position = 1
    and not exists (
        select 1
        from {{ ref('fct_ai_deal') }} as deals
        where
            deals.issuer = last_months.issuer
            and deals.is_in_book
            and (
                deals.announced_date > last_months.period_end_date
                or cast(deals.known_at_utc as date) > last_months.period_end_date
            )
    )
    and (
        last_months.contracted_ai_value_usd_m is distinct from book.value_usd_m
        or last_months.contracted_ai_critical_mw is distinct from book.critical_it_mw
    )
