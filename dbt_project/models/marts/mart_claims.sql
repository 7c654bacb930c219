-- Each figure of a claim on each of its bases: the value, how far it misses, and the verdict that follows.
{% set tables = claim_metrics() %}
with claims as (

    select
        vintage.*,
        coalesce(
            vintage.figure_set,
            concat(vintage.claim_id, ' ', cast(vintage.figure_number as {{ dbt.type_string() }}))
        ) as dated_set,
        case vintage.metric
            {% for metric, table in tables.items() %}
                when '{{ metric }}' then '{{ table }}'
            {% endfor %}
        end as source_table
    from {{ as_of(source('raw', 'raw_ledger__claim'), ['claim_id', 'figure_number']) }} as vintage

),

tried as (

    select
        {{ claim_question('asked') }},
        asked.is_own_basis,
        asked.is_own_day,
        claims.dated_set,
        claims.comparison,
        claims.figure,
        claims.tolerance,
        measured.value,
        measured.evidence,
        measured.citation,
        measured.known_at_utc,
        {{ claim_miss('claims.comparison', 'measured.value', 'claims.figure') }} as miss
    from {{ ref('int_claim__asked') }} as asked
    inner join claims on asked.claim_id = claims.claim_id and asked.figure_number = claims.figure_number
    left join {{ ref('int_claim__value') }} as measured
        on
            asked.claim_id = measured.claim_id
            and asked.figure_number = measured.figure_number
            and asked.basis = measured.basis
            and asked.day = measured.day

),

other_days as (

    select
        tried.claim_id,
        tried.figure_number,
        tried.basis,
        max(case when tried.day < own.day and tried.miss <= tried.tolerance then tried.day end) as earlier_date,
        min(case when tried.day > own.day and tried.miss <= tried.tolerance then tried.day end) as later_date,
        max(tried.known_at_utc) as known_at_utc
    from tried
    inner join tried as own
        on
            tried.claim_id = own.claim_id
            and tried.figure_number = own.figure_number
            and tried.basis = own.basis
            and own.is_own_day
    group by tried.claim_id, tried.figure_number, tried.basis

),

-- The day on which the figures of a set fit best together: least mean distance relative to the figures.
set_sizes as (

    select
        dated_set,
        count(*) as figures_count
    from claims
    where comparison = 'about' and figure <> 0
    group by dated_set

),

set_days as (

    select
        tried.dated_set,
        tried.day,
        100.0 * avg(abs(tried.value - tried.figure) / abs(tried.figure)) as error_pct
    from tried
    inner join set_sizes on tried.dated_set = set_sizes.dated_set
    where tried.is_own_basis and tried.value is not null and tried.comparison = 'about' and tried.figure <> 0
    group by tried.dated_set, tried.day, set_sizes.figures_count
    having count(*) = set_sizes.figures_count

),

ranked_days as (

    select
        *,
        row_number() over (partition by dated_set order by error_pct, day) as place,
        min(error_pct) over (partition by dated_set) as best_error_pct,
        count(*) over (partition by dated_set) as days_count
    from set_days

),

best_days as (

    select
        dated_set,
        max(case when place = 1 then day end) as best_date,
        max(best_error_pct) as best_error_pct,
        cast(sum(case when error_pct <= 2 * best_error_pct then 1 else 0 end) as bigint) as days_within_twice
    from ranked_days
    where days_count > 1
    group by dated_set

),

roles as (

    select
        issuer as subject,
        role,
        known_at_utc
    from {{ ref('dim_issuer') }}

    union all

    select
        instruments.instrument as subject,
        issuers.role,
        issuers.known_at_utc
    from {{ ref('dim_instrument') }} as instruments
    inner join {{ ref('dim_issuer') }} as issuers on instruments.issuer = issuers.issuer
    where instruments.instrument <> issuers.issuer

),

judged as (

    select
        claims.*,
        coalesce(tried.basis, 'none') as basis,
        coalesce(tried.is_own_basis, true) as is_own_basis,
        tried.day,
        tried.value,
        tried.miss,
        tried.evidence,
        tried.citation as evidence_citation,
        tried.known_at_utc as value_known_at_utc,
        roles.role as subject_role,
        other_days.earlier_date,
        other_days.later_date,
        greatest(
            claims.known_at_utc,
            coalesce(other_days.known_at_utc, claims.known_at_utc),
            coalesce(roles.known_at_utc, claims.known_at_utc)
        ) as judged_at_utc,
        case
            when
                claims.claimed_role is not null
                and roles.role is not null
                and not {{ is_in_list('roles.role', 'claims.claimed_role') }}
                then 'misclassified'
            when tried.value is null then 'not testable'
            when tried.miss <= claims.tolerance then 'supported'
            when tried.miss <= 2 * claims.tolerance then 'rounded'
            when other_days.later_date is not null then 'misdated'
            when other_days.earlier_date is not null then 'stale'
            else 'refuted'
        end as basis_verdict
    from claims
    left join tried
        on claims.claim_id = tried.claim_id and claims.figure_number = tried.figure_number and tried.is_own_day
    left join other_days
        on
            claims.claim_id = other_days.claim_id
            and claims.figure_number = other_days.figure_number
            and tried.basis = other_days.basis
    left join roles on claims.subject = roles.subject

),

figures as (

    select
        claim_id,
        figure_number,
        max(judged_at_utc) as judged_at_utc,
        max(case when is_own_basis then basis_verdict end) as own_verdict,
        max(case when not is_own_basis and basis_verdict = 'supported' then 1 else 0 end) as is_borne_out_elsewhere
    from judged
    group by claim_id, figure_number

),

figure_verdicts as (

    select
        claim_id,
        figure_number,
        judged_at_utc,
        case
            when own_verdict in ('misclassified', 'supported', 'rounded') or is_borne_out_elsewhere = 0 then own_verdict
            else 'base-dependent'
        end as figure_verdict
    from figures

),

-- A claim stands as its weakest figure does.
weighed as (

    select
        *,
        row_number() over (
            partition by claim_id
            order by
                case figure_verdict
                    when 'misclassified' then 1
                    when 'refuted' then 2
                    when 'misdated' then 3
                    when 'stale' then 4
                    when 'base-dependent' then 5
                    when 'not testable' then 6
                    when 'rounded' then 7
                    else 8
                end,
                figure_number
        ) as place,
        max(judged_at_utc) over (partition by claim_id) as claim_judged_at_utc
    from figure_verdicts

)

select
    judged.claim_id,
    judged.figure_number,
    judged.basis,
    judged.article,
    judged.article_date,
    judged.claim,
    judged.subject,
    judged.metric,
    judged.is_own_basis,
    judged.from_date,
    judged.day as to_date,
    judged.comparison,
    judged.figure,
    judged.value,
    judged.unit,
    judged.value - judged.figure as difference,
    judged.tolerance,
    judged.basis_verdict,
    own.figure_verdict,
    weakest.figure_verdict as claim_verdict,
    judged.earlier_date,
    judged.later_date,
    judged.figure_set,
    best_days.best_date,
    best_days.best_error_pct,
    best_days.days_within_twice as best_days_count,
    judged.subject_role,
    judged.source_table,
    judged.evidence,
    judged.evidence_citation,
    case
        when judged.basis_verdict <> 'not testable' then null
        when judged.metric is null then 'no metric of the warehouse measures it'
        when judged.source_table is null then concat('the warehouse has no metric ', judged.metric)
        else concat(
            judged.source_table,
            ' has nothing of ',
            judged.subject,
            ' on the basis ',
            judged.basis,
            coalesce(' from ' || cast(judged.from_date as {{ dbt.type_string() }}), ''),
            coalesce(' to ' || cast(judged.day as {{ dbt.type_string() }}), '')
        )
    end as not_testable_reason,
    judged.note as taken_as,
    judged.data_needed,
    judged.citation,
    judged.confidence,
    judged.value_known_at_utc,
    greatest(weakest.claim_judged_at_utc, judged.judged_at_utc) as known_at_utc
from judged
inner join weighed as own on judged.claim_id = own.claim_id and judged.figure_number = own.figure_number
inner join weighed as weakest on judged.claim_id = weakest.claim_id and weakest.place = 1
left join best_days on judged.dated_set = best_days.dated_set
order by judged.claim_id, judged.figure_number, judged.basis
