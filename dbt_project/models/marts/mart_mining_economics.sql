{#-
    A megawatt that mines against one that is leased, by epoch of the subsidy and by quarter, at efficiencies and power
    prices that are assumed, variables of the project, and stand in the row. 1 MW runs 1,000 / (J/TH) PH/s; a year has 365 days and 8,760 hours.
-#}
{% set lease_noi_share_pct = var('lease_noi_share_pct') %}

with days as (
    select
        network.utc_date,
        network.hashprice_usd_ph_day,
        network.known_at_utc,
        epochs.valid_from_date as epoch_date
    from {{ ref('fct_network_daily') }} as network
    inner join {{ ref('int_halving__epoch') }} as epochs
        on
            network.utc_date >= epochs.valid_from_date
            and (epochs.valid_to_date is null or network.utc_date < epochs.valid_to_date)
    where network.hashprice_usd_ph_day is not null
),

periods as (
    select
        'epoch' as period_kind,
        concat('since ', epoch_date) as period,
        utc_date,
        hashprice_usd_ph_day,
        known_at_utc
    from days
    union all
    select
        'quarter' as period_kind,
        {{ quarter_label('utc_date') }} as period,
        utc_date,
        hashprice_usd_ph_day,
        known_at_utc
    from days
),

earned as (
    select
        period_kind,
        period,
        min(utc_date) as first_date,
        max(utc_date) as last_date,
        count(*) as days_count,
        avg(hashprice_usd_ph_day) as hashprice_usd_ph_day,
        max(known_at_utc) as known_at_utc
    from periods
    group by period_kind, period
),

assumed as (
    {% for efficiency in var('efficiencies_j_th') %}
        {% for price in var('power_prices_usd_c_kwh') %}
            select
                cast({{ efficiency }} as double) as efficiency_j_th,
                cast({{ price }} as double) as power_price_usd_c_kwh
            {% if not loop.last %}union all{% endif %}
        {% endfor %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

leases as (
    select
        sum(value_usd_m) / sum(critical_it_mw * term_years) as revenue_usd_m_mw_year,
        {{ lease_noi_share_pct }} / 100.0 * sum(value_usd_m) / sum(critical_it_mw * term_years) as noi_usd_m_mw_year,
        max(known_at_utc) as known_at_utc
    from {{ ref('fct_ai_deal') }}
    where
        is_in_book and service_model = 'colocation' and mw_basis in ('critical_it', 'both')
        and value_usd_m * critical_it_mw * term_years is not null
),

revenues as (
    select
        earned.*,
        assumed.efficiency_j_th,
        assumed.power_price_usd_c_kwh,
        1000.0 / assumed.efficiency_j_th as hashrate_ph_s_mw,
        1000.0 / assumed.efficiency_j_th * earned.hashprice_usd_ph_day * 365.0 / 1000000.0 as revenue_usd_m_mw_year,
        8.76 * assumed.power_price_usd_c_kwh / 100.0 as power_cost_usd_m_mw_year
    from earned
    cross join assumed
),

mined as (
    select
        *,
        revenue_usd_m_mw_year - power_cost_usd_m_mw_year as margin_usd_m_mw_year
    from revenues
)

select
    mined.period_kind,
    mined.period,
    mined.efficiency_j_th,
    mined.power_price_usd_c_kwh,
    mined.first_date,
    mined.last_date,
    cast(mined.days_count as bigint) as days_count,
    mined.hashprice_usd_ph_day,
    mined.hashrate_ph_s_mw,
    round(mined.revenue_usd_m_mw_year, 6) as revenue_usd_m_mw_year,
    round(mined.power_cost_usd_m_mw_year, 6) as power_cost_usd_m_mw_year,
    round(mined.margin_usd_m_mw_year, 6) as margin_usd_m_mw_year,
    -- The price of power at which the revenue is spent on it.
    round(100.0 * mined.revenue_usd_m_mw_year / 8.76, 6) as break_even_power_price_usd_c_kwh,
    round(leases.revenue_usd_m_mw_year, 6) as lease_revenue_usd_m_mw_year,
    round(leases.noi_usd_m_mw_year, 6) as lease_noi_usd_m_mw_year,
    cast({{ lease_noi_share_pct }} as double) as lease_noi_share_pct,
    round(leases.noi_usd_m_mw_year - mined.margin_usd_m_mw_year, 6) as lease_above_mining_usd_m_mw_year,
    greatest(mined.known_at_utc, coalesce(leases.known_at_utc, mined.known_at_utc)) as known_at_utc
from mined
cross join leases
order by mined.period_kind, mined.period, mined.efficiency_j_th, mined.power_price_usd_c_kwh
