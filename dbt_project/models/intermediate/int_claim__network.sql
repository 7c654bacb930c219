-- What the bitcoin network says to claims: changes of subsidy and hashprice, and what a megawatt mined earns against
-- one that is let. A megawatt at E J/TH is 1,000 / E PH/s; power of a megawatt-year is 8.76 million kWh.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('block_subsidy_change_pct', 'hashprice_change_pct', 'mining_to_hosting_pct')

),

days as (

    select
        utc_date,
        block_subsidy_btc,
        hashprice_usd_ph_day,
        case when count(hashprice_usd_ph_day) over month = 30 then avg(hashprice_usd_ph_day) over month end
            as month_hashprice_usd_ph_day,
        known_at_utc,
        max(known_at_utc) over month as month_known_at_utc
    from {{ ref('fct_network_daily') }}
    window month as (order by utc_date rows between 29 preceding and current row)

),

changes as (

    select
        {{ claim_question('asked') }},
        case
            when asked.metric = 'block_subsidy_change_pct' and asked.basis = 'since'
                then {{ pct_change('last_day.block_subsidy_btc', 'first_day.block_subsidy_btc') }}
            when asked.metric = 'hashprice_change_pct' and asked.basis = 'since'
                then {{ pct_change('last_day.hashprice_usd_ph_day', 'first_day.hashprice_usd_ph_day') }}
            when asked.metric = 'hashprice_change_pct' and asked.basis = 'months_of_30_days'
                then {{
                    pct_change('last_day.month_hashprice_usd_ph_day', 'first_day.month_hashprice_usd_ph_day')
                }}
        end as value,
        concat(
            'bitcoin network, ',
            cast(first_day.utc_date as {{ dbt.type_string() }}),
            ' against ',
            cast(last_day.utc_date as {{ dbt.type_string() }})
        ) as evidence,
        greatest(first_day.month_known_at_utc, last_day.month_known_at_utc) as known_at_utc
    from asked
    inner join days as first_day on asked.from_date = first_day.utc_date
    inner join days as last_day on asked.day = last_day.utc_date
    where asked.metric <> 'mining_to_hosting_pct'

),

margins as (

    select
        'after_power_at_20_j_per_th' as basis,
        20.0e0 as j_per_th,
        0.04e0 as usd_per_kwh
    union all
    select
        'after_power_at_15_j_per_th' as basis,
        15.0e0 as j_per_th,
        0.04e0 as usd_per_kwh
    union all
    select
        'revenue_at_20_j_per_th' as basis,
        20.0e0 as j_per_th,
        0.0e0 as usd_per_kwh

),

mined as (

    select
        {{ claim_question('asked') }},
        (1000.0 / margins.j_per_th * days.month_hashprice_usd_ph_day * 365 - 8760000.0 * margins.usd_per_kwh) / 1e6
            as mined_usd_m_mw_year,
        days.utc_date,
        days.month_known_at_utc
    from asked
    inner join margins on asked.basis = margins.basis
    inner join days on asked.day = days.utc_date
    where asked.metric = 'mining_to_hosting_pct' and days.month_hashprice_usd_ph_day is not null

),

hosted as (

    select
        {{ claim_question('mined') }},
        mined.mined_usd_m_mw_year,
        mined.utc_date,
        avg(deals.usd_m_per_critical_mw_year) as let_usd_m_mw_year,
        count(*) as contracts_count,
        greatest(max(mined.month_known_at_utc), max(deals.known_at_utc)) as known_at_utc
    from mined
    inner join {{ ref('fct_ai_deal') }} as deals
        on
            deals.service_model = 'colocation'
            and deals.is_in_book
            and deals.usd_m_per_critical_mw_year is not null
            and mined.day >= deals.announced_date
    group by
        mined.claim_id, mined.figure_number, mined.basis, mined.day, mined.mined_usd_m_mw_year, mined.utc_date

)

select * from changes
where value is not null

union all

select
    {{ claim_question() }},
    100.0 * mined_usd_m_mw_year / let_usd_m_mw_year as value,
    concat(
        {{ number_text('round(mined_usd_m_mw_year, 3)') }},
        ' USD million a MW-year mined (30 days to ',
        cast(utc_date as {{ dbt.type_string() }}),
        ') against ',
        {{ number_text('round(let_usd_m_mw_year, 3)') }},
        ' in ',
        cast(contracts_count as {{ dbt.type_string() }}),
        ' colocation contracts'
    ) as evidence,
    known_at_utc
from hosted
