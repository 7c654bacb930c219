-- The months that the scorecard speaks of, one row per issuer and month, with the cadence in force on the month's
-- last day. An issuer enters with its first reported month; one that never reports in the ledger enters with its first
-- silent month, since nothing is known of it before. Months run to the last month that any issuer reported.
with reported as (

    select distinct
        issuer,
        period_start_date
    from {{ ref('fct_miner_operating') }}

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
        months.period_end_date
    from entries
    inner join months on entries.first_month_date <= months.period_start_date

),

with_regime as (

    select
        spine.issuer,
        spine.period_start_date,
        spine.period_end_date,
        regimes.cadence,
        regimes.known_at_utc as regime_known_at_utc,
        reported.issuer is not null as is_reported,
        row_number() over (
            partition by spine.issuer, spine.period_start_date
            order by regimes.valid_from_date desc
        ) as position
    from spine
    left join regimes
        on spine.issuer = regimes.issuer and spine.period_end_date >= regimes.valid_from_date
    left join reported
        on spine.issuer = reported.issuer and spine.period_start_date = reported.period_start_date

)

select
    issuer,
    period_start_date,
    period_end_date,
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
