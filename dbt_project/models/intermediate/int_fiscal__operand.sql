-- From which numbers each quarter's flow is taken: of a fiscal year the latest vintage in which all its year-to-date
-- numbers stand, one number for each; where there is none, every quarter whose two newest numbers are of one vintage.
--
-- A changed number says that the basis changed between the last filing of the old one and the first of the new one.
-- Numbers are of one vintage when all stood at one moment, or when no change need lie between them: each change that
-- may, can be the same as one that certainly does not. Such a one may also be a change of rounding, or of the number
-- under the concept that the term had before. docs/decisions/0011 has the reasons.

with points as (

    select
        runs.issuer,
        runs.taxonomy,
        runs.concept,
        runs.unit,
        quarters.fiscal_year_start_date,
        quarters.fiscal_quarter,
        quarters.period_start_date,
        quarters.period_end_date,
        runs.run_number,
        runs.run_number = max(runs.run_number) over (
            partition by
                runs.issuer, runs.taxonomy, runs.concept, runs.unit, runs.period_start_date, runs.period_end_date
        ) as is_latest,
        runs.value,
        runs.accession,
        runs.known_at_utc,
        runs.last_known_at_utc,
        runs.previous_last_known_at_utc,
        runs.change_kind
    from {{ ref('int_fiscal__quarter') }} as quarters
    inner join {{ ref('int_fact__run') }} as runs
        on
            quarters.issuer = runs.issuer
            and quarters.fiscal_year_start_date = runs.period_start_date
            and quarters.period_end_date = runs.period_end_date

),

-- A quarter that the changing filing gives by itself may show that the number before it was still of the old basis.
changes as (

    select
        {{ fiscal_year_of('points') }},
        points.fiscal_quarter,
        coalesce(max(earlier.last_known_at_utc), points.previous_last_known_at_utc) as after_utc,
        points.known_at_utc as by_utc,
        points.change_kind = 'restated' as is_restated
    from points
    left join {{ ref('int_fact__filed') }} as reported
        on
            points.issuer = reported.issuer
            and points.taxonomy = reported.taxonomy
            and points.concept = reported.concept
            and points.unit = reported.unit
            and points.accession = reported.accession
            and points.period_start_date = reported.period_start_date
            and case when points.fiscal_quarter > 1 then points.period_end_date end = reported.period_end_date
            and reported.period_type = 'duration'
    left join points as earlier
        on
            {{ same_fiscal_year('points', 'earlier') }}
            and earlier.fiscal_quarter = points.fiscal_quarter - 1
            and points.previous_last_known_at_utc < earlier.last_known_at_utc
            and points.known_at_utc > earlier.last_known_at_utc
            and abs(points.value - earlier.value - reported.value) > 1500000
    where points.previous_last_known_at_utc is not null
    group by
        {{ fiscal_year_of('points') }},
        points.fiscal_quarter,
        points.previous_last_known_at_utc,
        points.known_at_utc,
        points.change_kind

    union all

    -- First given under this concept, and otherwise before under the one that the term had.
    select
        {{ fiscal_year_of('given') }},
        given.fiscal_quarter,
        given.before_utc as after_utc,
        given.known_at_utc as by_utc,
        false as is_restated
    from (
        select
            points.*,
            others.known_at_utc as before_utc,
            {{ change_kind('points.value', 'others.value') }} as kind_of_change,
            row_number() over (
                partition by {{ fiscal_year_of('points') }}, points.fiscal_quarter
                order by others.known_at_utc desc, others.accession desc, others.concept asc
            ) as place
        from points
        inner join (
            select distinct
                terms.issuer,
                terms.taxonomy,
                terms.concept,
                terms.unit,
                siblings.concept as other_concept
            from {{ ref('int_concept__mapped') }} as terms
            inner join {{ ref('int_concept__mapped') }} as siblings
                on
                    terms.issuer = siblings.issuer
                    and terms.metric = siblings.metric
                    and terms.priority = siblings.priority
                    and terms.taxonomy = siblings.taxonomy
                    and terms.unit = siblings.unit
                    and terms.concept <> siblings.concept
        ) as names
            on
                points.issuer = names.issuer
                and points.taxonomy = names.taxonomy
                and points.concept = names.concept
                and points.unit = names.unit
        inner join {{ ref('int_fact__filed') }} as others
            on
                points.issuer = others.issuer
                and points.taxonomy = others.taxonomy
                and names.other_concept = others.concept
                and points.unit = others.unit
                and others.period_type = 'duration'
                and points.fiscal_year_start_date = others.period_start_date
                and points.period_end_date = others.period_end_date
                and points.known_at_utc >= others.known_at_utc
        where points.run_number = 1
    ) as given
    where given.place = 1 and given.before_utc < given.known_at_utc and given.kind_of_change = 'restated'

),

years as (

    select distinct {{ fiscal_year_of('points') }} from points

),

kinds as (

    select 'quarter' as kind

    union all

    select 'known' as kind

),

-- Sets of numbers that may be of one vintage: of a whole year, of a quarter, and of a quarter as they were first given.
candidates as (

    select
        {{ fiscal_year_of('years') }},
        'year' as kind,
        0 as fiscal_quarter,
        coalesce(q1.run_number, 0) as run_1,
        coalesce(q2.run_number, 0) as run_2,
        coalesce(q3.run_number, 0) as run_3,
        coalesce(q4.run_number, 0) as run_4,
        least(q1.last_known_at_utc, q2.last_known_at_utc, q3.last_known_at_utc, q4.last_known_at_utc) as low_utc,
        greatest(q1.known_at_utc, q2.known_at_utc, q3.known_at_utc, q4.known_at_utc) as high_utc
    from years
    left join points as q1 on {{ same_fiscal_year('years', 'q1') }} and q1.fiscal_quarter = 1
    left join points as q2 on {{ same_fiscal_year('years', 'q2') }} and q2.fiscal_quarter = 2
    left join points as q3 on {{ same_fiscal_year('years', 'q3') }} and q3.fiscal_quarter = 3
    left join points as q4 on {{ same_fiscal_year('years', 'q4') }} and q4.fiscal_quarter = 4

    union all

    select
        {{ fiscal_year_of('minuends') }},
        kinds.kind,
        minuends.fiscal_quarter,
        case minuends.fiscal_quarter when 2 then subtrahends.run_number else 0 end as run_1,
        case minuends.fiscal_quarter
            when 2 then minuends.run_number
            when 3 then subtrahends.run_number
            else 0
        end as run_2,
        case minuends.fiscal_quarter
            when 3 then minuends.run_number
            when 4 then subtrahends.run_number
            else 0
        end as run_3,
        case minuends.fiscal_quarter when 4 then minuends.run_number else 0 end as run_4,
        case kinds.kind
            when 'known' then least(minuends.known_at_utc, subtrahends.known_at_utc)
            else least(minuends.last_known_at_utc, subtrahends.last_known_at_utc)
        end as low_utc,
        greatest(minuends.known_at_utc, subtrahends.known_at_utc) as high_utc
    from points as minuends
    inner join points as subtrahends
        on
            {{ same_fiscal_year('minuends', 'subtrahends') }}
            and minuends.fiscal_quarter - 1 = subtrahends.fiscal_quarter
    cross join kinds
    where kinds.kind = 'known' or (minuends.is_latest and subtrahends.is_latest)

),

-- Changes of its own numbers that may lie within a set, and whether each can be one that lies outside of it.
crossed as (

    select
        {{ fiscal_year_of('candidates') }},
        candidates.kind,
        candidates.fiscal_quarter,
        candidates.run_1,
        candidates.run_2,
        candidates.run_3,
        candidates.run_4,
        max(
            case when others.by_utc <= candidates.low_utc or others.after_utc >= candidates.high_utc then 1 else 0 end
        ) as is_outside
    from candidates
    inner join changes
        on
            {{ same_fiscal_year('candidates', 'changes') }}
            and changes.is_restated
            and candidates.high_utc > changes.after_utc
            and candidates.low_utc < changes.by_utc
            and (
                candidates.kind = 'year'
                or changes.fiscal_quarter in (candidates.fiscal_quarter, candidates.fiscal_quarter - 1)
            )
    inner join changes as others
        on
            {{ same_fiscal_year('changes', 'others') }}
            and changes.by_utc > others.after_utc
            and changes.after_utc < others.by_utc
    where candidates.low_utc < candidates.high_utc
    group by
        {{ fiscal_year_of('candidates') }},
        candidates.kind,
        candidates.fiscal_quarter,
        candidates.run_1,
        candidates.run_2,
        candidates.run_3,
        candidates.run_4,
        changes.fiscal_quarter,
        changes.after_utc,
        changes.by_utc

),

sound as (

    select candidates.*
    from candidates
    left join (
        select distinct
            {{ fiscal_year_of('crossed') }},
            crossed.kind,
            crossed.fiscal_quarter,
            crossed.run_1,
            crossed.run_2,
            crossed.run_3,
            crossed.run_4
        from crossed
        where crossed.is_outside = 0
    ) as parted
        on
            {{ same_fiscal_year('candidates', 'parted') }}
            and candidates.kind = parted.kind
            and candidates.fiscal_quarter = parted.fiscal_quarter
            and candidates.run_1 = parted.run_1
            and candidates.run_2 = parted.run_2
            and candidates.run_3 = parted.run_3
            and candidates.run_4 = parted.run_4
    where parted.issuer is null

),

ranked as (

    select
        sound.*,
        row_number() over (
            partition by {{ fiscal_year_of('sound') }}
            order by sound.run_4 desc, sound.run_3 desc, sound.run_2 desc, sound.run_1 desc
        ) as place
    from sound
    where sound.kind = 'year'

),

whole as (

    select * from ranked
    where place = 1

),

-- Which number of each point counts: that of the year's vintage, else the newest.
counted as (

    select
        points.*,
        whole.issuer is not null as is_year_vintage
    from points
    left join whole on {{ same_fiscal_year('points', 'whole') }}
    where
        points.run_number = case points.fiscal_quarter
            when 1 then whole.run_1
            when 2 then whole.run_2
            when 3 then whole.run_3
            else whole.run_4
        end
        or (whole.issuer is null and points.is_latest)

),

pairs as (

    select
        *,
        case fiscal_quarter when 2 then run_2 when 3 then run_3 else run_4 end as minuend_run,
        case fiscal_quarter when 2 then run_1 when 3 then run_2 else run_3 end as subtrahend_run
    from sound
    where kind in ('quarter', 'known')

),

operands as (

    select
        {{ fiscal_year_of('minuends') }},
        minuends.fiscal_quarter,
        minuends.is_year_vintage,
        minuends.period_end_date as minuend_end_date,
        minuends.value as minuend_value,
        minuends.accession as minuend_accession,
        minuends.known_at_utc as minuend_known_at_utc,
        minuends.last_known_at_utc as minuend_last_known_at_utc,
        subtrahends.period_end_date as subtrahend_end_date,
        subtrahends.value as subtrahend_value,
        subtrahends.accession as subtrahend_accession,
        subtrahends.known_at_utc as subtrahend_known_at_utc,
        subtrahends.last_known_at_utc as subtrahend_last_known_at_utc,
        minuends.fiscal_quarter = 1 or at_once.issuer is not null as is_clear_at_once
    from counted as minuends
    left join counted as subtrahends
        on
            {{ same_fiscal_year('minuends', 'subtrahends') }}
            and minuends.fiscal_quarter - 1 = subtrahends.fiscal_quarter
    left join pairs as newest
        on
            {{ same_fiscal_year('minuends', 'newest') }}
            and minuends.fiscal_quarter = newest.fiscal_quarter
            and newest.kind = 'quarter'
    left join pairs as at_once
        on
            {{ same_fiscal_year('minuends', 'at_once') }}
            and minuends.fiscal_quarter = at_once.fiscal_quarter
            and minuends.run_number = at_once.minuend_run
            and subtrahends.run_number = at_once.subtrahend_run
            and at_once.kind = 'known'
    where
        minuends.fiscal_quarter = 1
        or (subtrahends.issuer is not null and (minuends.is_year_vintage or newest.issuer is not null))

),

-- Where a number was confirmed only after the other had changed, the first filing that did so.
confirmed as (

    select
        {{ fiscal_year_of('operands') }},
        operands.fiscal_quarter,
        min(filed.known_at_utc) as known_at_utc
    from operands
    inner join {{ ref('int_fact__filed') }} as filed
        on
            operands.issuer = filed.issuer
            and operands.taxonomy = filed.taxonomy
            and operands.concept = filed.concept
            and operands.unit = filed.unit
            and operands.fiscal_year_start_date = filed.period_start_date
            and filed.period_type = 'duration'
    where
        not operands.is_clear_at_once
        and (
            (
                operands.minuend_known_at_utc < operands.subtrahend_known_at_utc
                and filed.period_end_date = operands.minuend_end_date
                and filed.value = operands.minuend_value
                and filed.known_at_utc >= operands.subtrahend_known_at_utc
            )
            or (
                operands.subtrahend_known_at_utc < operands.minuend_known_at_utc
                and filed.period_end_date = operands.subtrahend_end_date
                and filed.value = operands.subtrahend_value
                and filed.known_at_utc >= operands.minuend_known_at_utc
            )
        )
    group by {{ fiscal_year_of('operands') }}, operands.fiscal_quarter

)

select
    {{ fiscal_year_of('operands') }},
    cast(operands.fiscal_quarter as bigint) as fiscal_quarter,
    operands.is_year_vintage,
    operands.minuend_value,
    operands.minuend_accession,
    operands.subtrahend_value,
    operands.subtrahend_accession,
    greatest(
        operands.minuend_known_at_utc,
        coalesce(operands.subtrahend_known_at_utc, operands.minuend_known_at_utc),
        case
            when operands.is_clear_at_once then operands.minuend_known_at_utc
            else coalesce(
                confirmed.known_at_utc,
                least(operands.minuend_last_known_at_utc, operands.subtrahend_last_known_at_utc)
            )
        end
    ) as known_at_utc
from operands
left join confirmed
    on
        {{ same_fiscal_year('operands', 'confirmed') }}
        and operands.fiscal_quarter = confirmed.fiscal_quarter
