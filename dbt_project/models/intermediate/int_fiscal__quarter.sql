-- The fiscal quarters of each issuer, from the dates of its flows alone: a fiscal year begins where a report for a year
-- says so, the day after one ended, or where a business began within a quarter. Years no annual report covers yet are
-- taken from flows of two or three quarters.

with flows as (

    select
        vintages.issuer,
        vintages.period_start_date,
        vintages.period_end_date,
        {{ quarters_spanned('vintages.period_start_date', 'vintages.period_end_date') }} as quarters,
        count(*) as facts,
        max(case when vintages.is_in_annual_report then 1 else 0 end) as annual_reports,
        min(vintages.first_known_at_utc) as known_at_utc
    from {{ ref('int_fact__vintage') }} as vintages
    inner join (
        select distinct
            issuer,
            taxonomy,
            concept
        from {{ ref('int_concept__mapped') }}
        where period_type = 'duration'
    ) as mapped
        on
            vintages.issuer = mapped.issuer
            and vintages.taxonomy = mapped.taxonomy
            and vintages.concept = mapped.concept
    where vintages.period_type = 'duration'
    group by vintages.issuer, vintages.period_start_date, vintages.period_end_date

),

-- Years that a report for a year gives, by the dates that most facts agree on.
full_years as (

    select *
    from (
        select
            *,
            row_number() over (
                partition by issuer, period_start_date
                order by facts desc, period_end_date desc
            ) as place
        from flows
        where quarters = 4
    ) as candidates
    where place = 1 and annual_reports = 1

),

-- Flows from a day that no such year explains and that no earlier flow runs past: a business may have begun on it.
begun as (

    select
        flows.*,
        first_value(flows.period_end_date) over (
            partition by flows.issuer, flows.period_start_date
            order by flows.facts desc, flows.period_end_date desc
        ) as anchor_end_date
    from flows
    left join (
        select distinct
            later.issuer,
            later.period_start_date
        from flows as later
        inner join flows as earlier
            on
                later.issuer = earlier.issuer
                and later.period_start_date > earlier.period_start_date
                and later.period_start_date <= earlier.period_end_date
                and {{ days_between('earlier.period_start_date', 'earlier.period_end_date') }} < 378
    ) as overrun
        on flows.issuer = overrun.issuer and flows.period_start_date = overrun.period_start_date
    left join full_years
        on
            flows.issuer = full_years.issuer
            and flows.period_start_date >= {{ add_days('full_years.period_start_date', -15) }}
            and flows.period_start_date <= {{ add_days('full_years.period_end_date', 16) }}
    where
        overrun.issuer is null
        and full_years.issuer is null
        and {{ days_between('flows.period_start_date', 'flows.period_end_date') }} < 378

),

-- A year from such a day is short where its ends lie whole quarters apart and yet not whole quarters from its start, or
-- where the annual report of its own time has no longer one.
short_years as (

    select
        issuer,
        period_start_date,
        anchor_end_date,
        min({{ quarters_apart('anchor_end_date', 'period_end_date') }}) as first_apart,
        max(case when quarters is null then 1 else 0 end) = 1 as is_odd,
        max(case when annual_reports = 1 then period_end_date end) as reported_end_date,
        max(period_end_date) as period_end_date
    from begun
    where {{ quarters_apart('anchor_end_date', 'period_end_date') }} is not null
    group by issuer, period_start_date, anchor_end_date
    having
        max(case when quarters is null then 1 else 0 end) = 1
        or max(
            case
                when annual_reports = 1 and cast(known_at_utc as date) <= {{ add_days('period_end_date', 180) }} then 1
                else 0
            end
        ) = 1

),

-- The quarters that a flow holds: by its days, in a short year by its end among the others, and where a year of four
-- has quarters of other lengths, by what is left of it.
numbered as (

    select
        flows.issuer,
        flows.period_start_date,
        flows.period_end_date,
        flows.facts,
        flows.annual_reports,
        flows.known_at_utc,
        case when flows.quarters is null then 1 else 0 end as is_fitted,
        case
            when short_years.is_odd
                then
                    1 - short_years.first_apart
                    + {{ quarters_apart('short_years.anchor_end_date', 'flows.period_end_date') }}
            when flows.quarters is not null then flows.quarters
            when flows.period_end_date < full_years.period_end_date
                then 4 + {{ quarters_apart('full_years.period_end_date', 'flows.period_end_date') }}
        end as quarters
    from flows
    left join short_years
        on flows.issuer = short_years.issuer and flows.period_start_date = short_years.period_start_date
    left join full_years
        on flows.issuer = full_years.issuer and flows.period_start_date = full_years.period_start_date

),

-- The dates that most facts agree on.
points as (

    select
        issuer,
        period_start_date,
        quarters,
        period_end_date,
        known_at_utc,
        row_number() over (
            partition by issuer, period_start_date, quarters
            order by is_fitted asc, facts desc, period_end_date desc
        ) as place
    from numbered
    where quarters between 1 and 4

),

annual as (

    select
        issuer,
        period_start_date,
        period_end_date,
        {{ add_days('period_end_date', 1) }} as next_start_date
    from full_years

    union all

    select
        issuer,
        period_start_date,
        period_end_date,
        {{ add_days('reported_end_date', 1) }} as next_start_date
    from short_years

),

starts as (

    select
        issuer,
        period_start_date
    from annual

    union

    -- The year now running, or a transition to another year end.
    select
        ended.issuer,
        ended.next_start_date as period_start_date
    from annual as ended
    left join annual as following
        on
            ended.issuer = following.issuer
            and abs({{ days_between('ended.next_start_date', 'following.period_start_date') }}) <= 15
    where ended.next_start_date is not null and following.issuer is null

    union

    -- No annual report speaks of the year.
    select
        points.issuer,
        points.period_start_date
    from points
    left join annual
        on
            points.issuer = annual.issuer
            and points.period_start_date >= {{ add_days('annual.period_start_date', -15) }}
            and points.period_start_date <= {{ add_days('annual.period_end_date', 16) }}
    where points.quarters in (2, 3) and annual.issuer is null

),

years as (

    select
        starts.issuer,
        starts.period_start_date as fiscal_year_start_date,
        annual.period_end_date as fiscal_year_end_date,
        short_years.anchor_end_date,
        lead(starts.period_start_date) over (
            partition by starts.issuer
            order by starts.period_start_date
        ) as next_start_date
    from starts
    left join annual
        on starts.issuer = annual.issuer and starts.period_start_date = annual.period_start_date
    left join short_years
        on starts.issuer = short_years.issuer and starts.period_start_date = short_years.period_start_date

),

numbers as (

    select 1 as fiscal_quarter

    union all

    select 2 as fiscal_quarter

    union all

    select 3 as fiscal_quarter

    union all

    select 4 as fiscal_quarter

),

kinds as (

    select
        *,
        case
            when anchor_end_date is not null then 'short'
            when fiscal_year_end_date is not null then 'full'
            when {{ days_between('fiscal_year_start_date', 'next_start_date') }} < 350 then 'transition'
            else 'running'
        end as year_kind
    from years

),

known as (

    select
        kinds.issuer,
        kinds.fiscal_year_start_date,
        kinds.fiscal_year_end_date,
        kinds.next_start_date,
        kinds.year_kind,
        kinds.anchor_end_date,
        numbers.fiscal_quarter,
        points.period_end_date,
        anchors.quarters as anchor_quarter,
        (
            select min(later.known_at_utc)
            from points as later
            where
                later.issuer = kinds.issuer
                and later.period_start_date = kinds.fiscal_year_start_date
                and later.quarters >= numbers.fiscal_quarter
        ) as known_at_utc,
        (
            select min(later.known_at_utc)
            from points as later
            where later.issuer = kinds.issuer and later.period_start_date = kinds.next_start_date
        ) as next_known_at_utc
    from kinds
    cross join numbers
    left join points
        on
            kinds.issuer = points.issuer
            and kinds.fiscal_year_start_date = points.period_start_date
            and numbers.fiscal_quarter = points.quarters
            and points.place = 1
    left join points as anchors
        on
            kinds.issuer = anchors.issuer
            and kinds.fiscal_year_start_date = anchors.period_start_date
            and kinds.anchor_end_date = anchors.period_end_date

),

ended as (

    select
        issuer,
        fiscal_year_start_date,
        year_kind,
        fiscal_quarter,
        case
            when period_end_date is not null then period_end_date
            when year_kind = 'short'
                then {{ expected_quarter_end(add_days('anchor_end_date', 1), '(fiscal_quarter - anchor_quarter)') }}
            when year_kind = 'transition'
                then least(
                    {{ expected_quarter_end('fiscal_year_start_date', 'fiscal_quarter') }},
                    {{ add_days('next_start_date', -1) }}
                )
            else {{ expected_quarter_end('fiscal_year_start_date', 'fiscal_quarter') }}
        end as period_end_date,
        period_end_date is null as is_end_expected,
        coalesce(known_at_utc, next_known_at_utc) as known_at_utc
    from known
    where
        year_kind = 'full'
        or known_at_utc is not null
        or (
            year_kind = 'transition'
            and next_known_at_utc is not null
            and {{ days_between('fiscal_year_start_date', 'next_start_date') }} > 91 * (fiscal_quarter - 1) + 15
        )

),

sequenced as (

    select
        *,
        lag(period_end_date) over (
            partition by issuer, fiscal_year_start_date
            order by fiscal_quarter
        ) as previous_end_date
    from ended

)

select
    issuer,
    fiscal_year_start_date,
    fiscal_quarter,
    coalesce(
        {{ add_days('previous_end_date', 1) }},
        fiscal_year_start_date
    ) as period_start_date,
    period_end_date,
    is_end_expected,
    year_kind,
    known_at_utc
from sequenced
