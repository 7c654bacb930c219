-- The pillars of the convergence index by issuer and closed month, each a part of a whole, from what could be known
-- when the month closed. What is older than the limit at the end of the month counts as not known. A row without a
-- share says why; nothing is put in its place.
{%- set oldest_days = var('convergence_oldest_days', 183) | int(default=183) %}
{%- set oldest_date = 'cast(' ~ dbt.dateadd('day', -oldest_days, 'months.period_end_date') ~ ' as date)' %}

with months as (
    select * from {{ ref('int_convergence__month') }}
),

quarters as (
    select
        months.issuer,
        months.period_start_date,
        revenue.period_start_date as quarter_start_date,
        revenue.period_end_date as quarter_end_date,
        sum(case when revenue.segment = 'ai_hpc' then revenue.revenue_usd_m end) as part,
        max(revenue.total_revenue_usd_m) as whole,
        max(revenue.known_at_utc) as known_at_utc,
        row_number() over (
            partition by months.issuer, months.period_start_date
            order by revenue.period_end_date desc, revenue.period_start_date desc
        ) as newest_first
    from months
    inner join {{ ref('fct_segment_quarter') }} as revenue
        on months.issuer = revenue.issuer and months.closes_at_utc >= revenue.known_at_utc
    group by months.issuer, months.period_start_date, revenue.period_start_date, revenue.period_end_date
),

revenue as (
    select
        issuer,
        period_start_date,
        sum(part) as part,
        sum(whole) as whole,
        count(part) = 4 and count(whole) = 4
        and {{ days_between('min(quarter_start_date)', 'max(quarter_end_date)') }} between 355 and 380 as is_full_year,
        max(quarter_end_date) as through_date,
        max(known_at_utc) as known_at_utc
    from quarters
    where newest_first <= 4
    group by issuer, period_start_date
),

sites as (
    select
        months.issuer,
        months.period_start_date,
        capacity.mw,
        capacity.as_of_date,
        capacity.known_at_utc,
        row_number() over (
            partition by months.issuer, months.period_start_date, capacity.site
            order by capacity.as_of_date desc
        ) as newest_first
    from months
    inner join {{ ref('fct_capacity') }} as capacity
        on
            months.issuer = capacity.issuer
            and months.closes_at_utc >= capacity.known_at_utc
            and months.period_end_date >= capacity.as_of_date
            and capacity.as_of_date >= {{ oldest_date }}
    where capacity.status = 'energized' and capacity.basis = 'mining' and capacity.told_for = 'site'
),

-- Every vintage, since the scorecard has the last one only; as there, the ledger's figure stands before a filing's.
told as (
    select
        issuer,
        period_end_date,
        metric,
        value,
        known_at_utc,
        source_sha256,
        1 as preference,
        1 as place
    from {{ ref('int_production__unpivoted') }}
    where {{ known_by() }}
    union all
    select
        issuer,
        period_end_date,
        metric,
        value,
        known_at_utc,
        number_key as source_sha256,
        2 as preference,
        place
    from {{ ref('int_miner__filed') }}
),

machines as (
    select
        months.issuer,
        months.period_start_date,
        told.period_end_date as through_date,
        told.metric,
        told.value,
        told.known_at_utc,
        row_number() over (
            partition by months.issuer, months.period_start_date, told.period_end_date, told.metric
            order by told.preference asc, told.known_at_utc desc, told.place asc, told.source_sha256 desc
        ) as first_choice
    from months
    inner join told
        on
            months.issuer = told.issuer
            and months.closes_at_utc >= told.known_at_utc
            and months.period_end_date >= told.period_end_date
            and told.period_end_date >= {{ oldest_date }}
    where told.metric in ('hashrate_energized_eh_s', 'fleet_efficiency_j_per_th')
),

fleets as (
    select
        issuer,
        period_start_date,
        through_date,
        max(case when metric = 'hashrate_energized_eh_s' then value end) as hashrate_eh_s,
        max(case when metric = 'fleet_efficiency_j_per_th' then value end) as efficiency_j_per_th,
        max(known_at_utc) as known_at_utc
    from machines
    where first_choice = 1
    group by issuer, period_start_date, through_date
    having count(*) = 2
),

mining as (
    select
        issuer,
        period_start_date,
        'stated of sites' as measured_by,
        sum(mw) as mining_mw,
        max(as_of_date) as through_date,
        max(known_at_utc) as known_at_utc
    from sites
    where newest_first = 1
    group by issuer, period_start_date
    union all
    select
        issuer,
        period_start_date,
        'hashrate times efficiency' as measured_by,
        {{ fleet_power_mw('hashrate_eh_s', 'efficiency_j_per_th') }} as mining_mw,
        through_date,
        known_at_utc
    from fleets
),

newest_mining as (
    select
        *,
        row_number() over (
            partition by issuer, period_start_date
            order by through_date desc, measured_by desc
        ) as newest_first
    from mining
),

tranches as (
    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        bonds.announced_date,
        bonds.status,
        bonds.is_issuer_debt,
        bonds.principal_usd_m,
        bonds.use_of_proceeds,
        bonds.known_at_utc,
        {{ newest_vintage_first(['months.issuer', 'months.period_start_date', 'tranche_id'], 'bonds') }} as newest_first
    from months
    inner join {{ ref('int_bond_tranche__priced') }} as bonds
        on months.issuer = bonds.issuer and months.closes_at_utc >= bonds.known_at_utc
    where {{ known_by('bonds.known_at_utc') }}
),

raised as (
    select
        issuer,
        period_start_date,
        coalesce(sum(case when use_of_proceeds = 'ai' then principal_usd_m end), 0.0) as part,
        sum(principal_usd_m) as whole,
        count(use_of_proceeds) as with_use,
        sum(case when principal_usd_m is null then 1 else 0 end) as without_usd,
        max(announced_date) as through_date,
        max(known_at_utc) as known_at_utc
    from tranches
    where
        newest_first = 1
        and status = 'final'
        and is_issuer_debt
        and announced_date <= period_end_date
        and announced_date > cast({{ dbt.dateadd('year', -1, 'period_end_date') }} as date)
    group by issuer, period_start_date
),

exposures as (
    select
        months.issuer,
        months.period_start_date,
        exposure.session_date,
        exposure.ai_share,
        greatest(exposure.beta_ai, 0.0) as part,
        greatest(exposure.beta_ai, 0.0) + greatest(exposure.beta_btc, 0.0) as whole,
        -- The delta method, the errors of the two betas taken as independent.
        (
            power(greatest(exposure.beta_btc, 0.0) * exposure.beta_ai_standard_error, 2)
            + power(greatest(exposure.beta_ai, 0.0) * exposure.beta_btc_standard_error, 2)
        ) / nullif(power(greatest(exposure.beta_ai, 0.0) + greatest(exposure.beta_btc, 0.0), 4), 0.0) as share_variance,
        exposure.known_at_utc,
        row_number() over (
            partition by months.issuer, months.period_start_date
            order by exposure.session_date desc, exposure.instrument asc
        ) as newest_first
    from months
    inner join {{ ref('mart_factor_exposure') }} as exposure
        on
            months.issuer = exposure.issuer
            and months.closes_at_utc >= exposure.known_at_utc
            and months.period_end_date >= exposure.session_date
            and exposure.session_date >= {{ oldest_date }}
    where exposure.window_sessions = {{ var('convergence_exposure_sessions', 252) | int(default=252) }}
),

of_all as (
    select
        *,
        avg(ai_share) over everyone as mean_share,
        greatest(var_samp(ai_share) over everyone - avg(share_variance) over everyone, 0.0) as variance_between,
        max(known_at_utc) over everyone as known_of_all_at_utc
    from exposures
    where newest_first = 1
    window everyone as (partition by period_start_date)
),

-- Each share keeps of itself what the spread between shares is of that spread and its own error, and takes the rest
-- from the mean; one alone keeps all.
shrunk as (
    select
        *,
        coalesce(variance_between / nullif(variance_between + share_variance, 0.0), 1.0) as kept
    from of_all
),

measured as (
    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        'revenue' as pillar,
        'revenue of AI in that of four quarters' as measured_by,
        revenue.part,
        revenue.whole,
        revenue.part / nullif(revenue.whole, 0.0) as share,
        revenue.through_date,
        case
            when revenue.issuer is null then 'no revenue by segment is on record'
            when not revenue.is_full_year then 'not four quarters in a row with revenue of AI and in all'
            when revenue.through_date < {{ oldest_date }} then 'the last quarter is too old'
            when revenue.whole = 0 then 'no revenue'
        end as null_reason,
        greatest(months.known_at_utc, coalesce(revenue.known_at_utc, months.known_at_utc)) as known_at_utc
    from months
    left join revenue
        on months.issuer = revenue.issuer and months.period_start_date = revenue.period_start_date
    union all
    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        'capacity' as pillar,
        coalesce(mining.measured_by, 'contracted critical IT load in that and mining power') as measured_by,
        book.contracted_ai_critical_mw as part,
        book.contracted_ai_critical_mw + mining.mining_mw as whole,
        book.contracted_ai_critical_mw / nullif(book.contracted_ai_critical_mw + mining.mining_mw, 0.0) as share,
        mining.through_date,
        case
            when book.contracted_ai_critical_mw is null and mining.mining_mw is null
                then 'neither contracted critical IT load nor energized mining power is on record'
            when book.contracted_ai_critical_mw is null then 'no contracted critical IT load is on record'
            when mining.mining_mw is null then 'no energized mining power is on record'
        end as null_reason,
        greatest(
            months.known_at_utc,
            coalesce(book.known_at_utc, months.known_at_utc),
            coalesce(mining.known_at_utc, months.known_at_utc)
        ) as known_at_utc
    from months
    left join {{ ref('int_ai_book__month') }} as book
        on months.issuer = book.issuer and months.period_end_date = book.period_end_date
    left join newest_mining as mining
        on
            months.issuer = mining.issuer
            and months.period_start_date = mining.period_start_date
            and mining.newest_first = 1
    union all
    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        'capital' as pillar,
        'debt raised for AI in that of twelve months' as measured_by,
        raised.part,
        raised.whole,
        raised.part / nullif(raised.whole, 0.0) as share,
        raised.through_date,
        case
            when raised.issuer is null then 'no debt raised is on record'
            when raised.without_usd > 0 then 'not all debt raised has a principal in US dollars'
            when raised.with_use = 0 then 'the terms of no debt raised name a use'
        end as null_reason,
        greatest(months.known_at_utc, coalesce(raised.known_at_utc, months.known_at_utc)) as known_at_utc
    from months
    left join raised
        on months.issuer = raised.issuer and months.period_start_date = raised.period_start_date
    union all
    select
        months.issuer,
        months.period_start_date,
        months.period_end_date,
        'market' as pillar,
        'beta on AI in that and the beta on bitcoin, shrunk' as measured_by,
        shrunk.part,
        shrunk.whole,
        shrunk.kept * shrunk.ai_share + (1.0 - shrunk.kept) * shrunk.mean_share as share,
        shrunk.session_date as through_date,
        case
            when shrunk.issuer is null then 'no betas over the whole window'
            when shrunk.ai_share is null then 'neither beta is above zero'
        end as null_reason,
        greatest(months.known_at_utc, coalesce(shrunk.known_of_all_at_utc, months.known_at_utc)) as known_at_utc
    from months
    left join shrunk
        on months.issuer = shrunk.issuer and months.period_start_date = shrunk.period_start_date
)

select
    issuer,
    period_start_date,
    period_end_date,
    pillar,
    measured_by,
    part,
    whole,
    case when null_reason is null then round(share, 9) end as share,
    through_date,
    null_reason,
    known_at_utc
from measured
