-- Miners by month, and by quarter where no month of it is told: what was disclosed, what follows from it, and whether
-- a gap is silence or a missing report.
with periods as (

    select * from {{ ref('int_miner__period') }}

),

production as (

    select * from {{ ref('int_miner__production') }}

),

-- What may open the roll of the period that begins the day after.
holdings as (

    select
        periods.issuer,
        periods.period_end_date,
        production.btc_held,
        production.known_at_utc
    from periods
    inner join production
        on
            periods.issuer = production.issuer
            and periods.period_start_date = production.period_start_date
            and periods.period_end_date = production.period_end_date
    where production.btc_held is not null

),

joined as (

    select
        periods.issuer,
        periods.period,
        periods.period_start_date,
        periods.period_end_date,
        periods.period_months,
        periods.cadence,
        periods.disclosure_status,
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
        opening.btc_held as btc_opening,
        network.btc_month_average_usd,
        network.month_average_hashprice_usd_ph_day,
        case
            when periods.period_months = 3 then 'the period is a quarter'
            when network.month_start_date is null then 'no day of the month known'
            else network.null_reason
        end as month_average_null_reason,
        book.contracted_ai_value_usd_m,
        book.contracted_ai_critical_mw,
        parents.issuer as consolidated_in,
        greatest(
            cast({{ dbt.dateadd('day', 1, 'periods.period_end_date') }} as timestamp),
            production.known_at_utc,
            opening.known_at_utc,
            periods.regime_known_at_utc,
            network.known_at_utc,
            book.known_at_utc,
            case when parents.issuer is not null then ownership.known_at_utc end,
            parents.known_at_utc
        ) as known_at_utc
    from periods
    left join production
        on
            periods.issuer = production.issuer
            and periods.period_start_date = production.period_start_date
            and periods.period_end_date = production.period_end_date
    left join holdings as opening
        on
            periods.issuer = opening.issuer
            and {{ add_days('periods.period_start_date', -1) }} = opening.period_end_date
    left join {{ ref('int_network__month') }} as network
        on
            periods.period_start_date = network.month_start_date
            and periods.period_months = 1
    left join {{ ref('int_ai_book__month') }} as book
        on periods.issuer = book.issuer and periods.period_end_date = book.period_end_date
    left join {{ ref('dim_ownership') }} as ownership
        on
            periods.issuer = ownership.issuer
            and ownership.is_consolidated
            and {{ in_force('ownership', 'periods.period_end_date') }}
    left join production as parents
        on
            ownership.parent = parents.issuer
            and periods.period_start_date = parents.period_start_date
            and periods.period_end_date = parents.period_end_date
            and coalesce(parents.btc_produced, parents.btc_held) is not null

)

select
    issuer,
    period,
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
            case when btc_opening is null then 'holdings at the end of the period before not disclosed' end,
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
    month_average_null_reason,
    period_months,
    consolidated_in
from joined
order by issuer, period_start_date, period_end_date
