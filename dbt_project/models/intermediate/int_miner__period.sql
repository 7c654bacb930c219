-- The periods that the scorecard speaks of, with the cadence in force on the last day of each: months, and quarters of
-- whose months none is told, so that no figure stands in two periods and none is spread over months. An issuer enters
-- with its first reported month; one that never reports in the ledger enters with its first silent month, since nothing
-- is known of it before. Months run to the last month that any issuer reported.
with told as (

    select
        issuer,
        period_start_date,
        period_end_date,
        period_months
    from {{ ref('int_miner__production') }}

),

reported as (

    select * from told
    where period_months = 1

),

quarters as (

    select told.*
    from told
    left join reported
        on
            told.issuer = reported.issuer
            and told.period_start_date <= reported.period_start_date
            and told.period_end_date >= reported.period_end_date
    where told.period_months = 3 and reported.issuer is null

),

horizon as (

    select
        min(period_start_date) as first_month_date,
        max(period_start_date) as last_month_date
    from reported

),

-- Of dim_disclosure_regime only the beginnings: the row in force needs no knowledge of how the habit ended.
regimes as (

    select
        issuer,
        cadence,
        valid_from_date,
        known_at_utc
    from {{ as_of(source('raw', 'raw_ledger__disclosure_regime'), ['issuer', 'metric', 'valid_from_date']) }} as vintage
    where metric = 'btc_produced'

),

entries as (

    select
        issuer,
        min(period_start_date) as first_month_date
    from reported
    group by issuer

    union all

    select
        regimes.issuer,
        min({{ month_start('regimes.valid_from_date') }}) as first_month_date
    from regimes
    left join reported on regimes.issuer = reported.issuer
    where regimes.cadence = 'none' and reported.issuer is null
    group by regimes.issuer

),

days as (

    select {{ each_day('first_month_date', 'last_month_date') }} as date_day
    from horizon
    where first_month_date is not null

),

months as (

    select
        date_day as period_start_date,
        cast(last_day(date_day) as date) as period_end_date
    from days
    where date_day = {{ month_start('date_day') }}

),

spine as (

    select
        entries.issuer,
        months.period_start_date,
        months.period_end_date,
        1 as period_months,
        reported.issuer is not null as is_reported
    from entries
    inner join months on entries.first_month_date <= months.period_start_date
    left join reported
        on entries.issuer = reported.issuer and months.period_start_date = reported.period_start_date

    union all

    select
        *,
        true as is_reported
    from quarters

),

with_regime as (

    select
        spine.*,
        regimes.cadence,
        regimes.known_at_utc as regime_known_at_utc,
        row_number() over (
            partition by spine.issuer, spine.period_start_date, spine.period_end_date
            order by regimes.valid_from_date desc
        ) as position
    from spine
    left join regimes
        on spine.issuer = regimes.issuer and spine.period_end_date >= regimes.valid_from_date

)

select
    issuer,
    case
        when period_months = 3 then {{ quarter_label('period_start_date') }}
        else substring(cast(period_start_date as {{ dbt.type_string() }}), 1, 7)
    end as period,
    period_start_date,
    period_end_date,
    cast(period_months as bigint) as period_months,
    cadence,
    case
        when is_reported then 'reported'
        when cadence = 'monthly' then 'missing'
        else 'silent'
    end as disclosure_status,
    regime_known_at_utc
from with_regime
-- Without a recorded habit nobody can say whether an unreported month is missing or silent.
where position = 1 and (is_reported or cadence is not null)
