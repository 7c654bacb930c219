-- Miners by month: what was disclosed, what follows from it, and whether a gap is silence or a missing report.
with months as (

    select * from {{ ref('int_miner__month') }}

),

production as (

    select * from {{ ref('int_miner__production') }}

),

joined as (

    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        months.cadence,
        months.disclosure_status,
        production.btc_produced,
        production.btc_sold,
        production.btc_held,
        production.btc_restricted,
        production.hashrate_energized_eh_s,
        production.hashrate_operating_eh_s,
        production.fleet_efficiency_j_per_th,
        production.electricity_cost_usd_per_btc,
        production.power_cost_usd_per_kwh,
        production.revenue_usd_per_btc,
        coalesce(production.evidence_count, 0) as evidence_count,
        -- Only the month directly before opens the roll.
        opening.btc_held as btc_opening,
        network.btc_month_average_usd,
        network.month_average_hashprice_usd_ph_day,
        case
            when network.month_start_date is null then 'no day of the month known'
            else network.null_reason
        end as month_average_null_reason,
        book.contracted_ai_value_usd_m,
        book.contracted_ai_critical_mw,
        greatest(
            cast({{ dbt.dateadd('day', 1, 'months.period_end_date') }} as timestamp),
            production.known_at_utc,
            opening.known_at_utc,
            months.regime_known_at_utc,
            network.known_at_utc,
            book.known_at_utc
        ) as known_at_utc
    from months
    left join production
        on months.issuer = production.issuer and months.period_start_date = production.period_start_date
    left join production as opening
        on
            months.issuer = opening.issuer
            and cast({{ dbt.dateadd('month', -1, 'months.period_start_date') }} as date) = opening.period_start_date
    left join {{ ref('int_network__month') }} as network on months.period_start_date = network.month_start_date
    left join {{ ref('int_ai_book__month') }} as book
        on months.issuer = book.issuer and months.period_start_date = book.period_start_date

)

select
    issuer,
    substring(cast(period_start_date as {{ dbt.type_string() }}), 1, 7) as period,
    period_start_date,
    period_end_date,
    cadence,
    btc_produced,
    btc_sold,
    btc_held,
    btc_restricted,
    hashrate_energized_eh_s,
    hashrate_operating_eh_s,
    fleet_efficiency_j_per_th,
    electricity_cost_usd_per_btc,
    power_cost_usd_per_kwh,
    revenue_usd_per_btc,
    {{ fleet_power_mw('hashrate_energized_eh_s', 'fleet_efficiency_j_per_th') }} as fleet_power_mw,
    btc_month_average_usd,
    month_average_hashprice_usd_ph_day,
    btc_held - (btc_opening + btc_produced - btc_sold) as treasury_roll_difference_btc,
    nullif(
        concat_ws(
            '; ',
            case when btc_opening is null then 'holdings at the end of the month before not disclosed' end,
            case when btc_produced is null then 'production not disclosed' end,
            case when btc_sold is null then 'sales not disclosed' end,
            case when btc_held is null then 'holdings not disclosed' end
        ),
        ''
    ) as treasury_roll_null_reason,
    contracted_ai_value_usd_m,
    contracted_ai_critical_mw,
    disclosure_status,
    evidence_count,
    known_at_utc,
    month_average_null_reason
from joined
order by issuer, period_start_date
