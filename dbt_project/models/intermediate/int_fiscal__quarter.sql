-- The fiscal quarters of each issuer, from the dates of its flows alone: a fiscal year begins where a report for a year
-- says so, or the day after one ended. Years no annual report covers yet are taken from flows of two or three quarters.
{{ config(materialized='table') }}

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

-- The dates that most facts agree on.
points as (

    select
        issuer,
        period_start_date,
        quarters,
        period_end_date,
        known_at_utc,
        annual_reports,
        row_number() over (
            partition by issuer, period_start_date, quarters
            order by facts desc, period_end_date desc
        ) as place
    from flows
    where quarters is not null

),

annual as (

    select
        issuer,
        period_start_date,
        period_end_date,
        {{ add_days('period_end_date', 1) }} as next_start_date
    from points
    where quarters = 4 and annual_reports = 1 and place = 1

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
    where following.issuer is null

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
        lead(starts.period_start_date) over (
            partition by starts.issuer
            order by starts.period_start_date
        ) as next_start_date
    from starts
    left join annual
        on starts.issuer = annual.issuer and starts.period_start_date = annual.period_start_date

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
        numbers.fiscal_quarter,
        points.period_end_date,
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

),

ended as (

    select
        issuer,
        fiscal_year_start_date,
        year_kind,
        fiscal_quarter,
        case
            when period_end_date is not null then period_end_date
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
