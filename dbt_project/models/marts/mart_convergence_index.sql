-- How far each miner and landlord, and all of them together, have turned from bitcoin to AI: the weighted geometric
-- mean of four pillars between fixed goalposts, at the end of each closed month, from what could be known then. A
-- pillar that is not known is left out and named; an index needs three. Interval and ranks come from drawn weights.
{#- The definition is in the project's variables; the linter, which knows none, sees the defaults. -#}
{%- set pillars = ['revenue', 'capacity', 'capital', 'market'] %}
{%- set low = var('convergence_goalposts_pct', [0, 100])[0] | int(default=0) %}
{%- set high = var('convergence_goalposts_pct', [0, 100])[1] | int(default=100) %}
{%- set at_least = var('convergence_pillars_at_least', 3) | int(default=3) %}
{%- set issuers_at_least = var('convergence_issuers_at_least', 3) | int(default=3) %}

with pillars as (
    select
        *,
        share is not null as is_known
    from {{ ref('int_convergence__pillar') }}
),

-- What stands in the figures of a parent as well; shares of both are traded, so betas are each one's own.
contained as (
    select
        held.issuer,
        held.period_start_date,
        held.pillar
    from pillars as held
    inner join {{ ref('dim_ownership') }} as ownership
        on
            held.issuer = ownership.issuer
            and ownership.is_consolidated
            and {{ in_force('ownership', 'held.period_end_date') }}
    inner join pillars as parents
        on
            ownership.parent = parents.issuer
            and held.period_start_date = parents.period_start_date
            and held.pillar = parents.pillar
    where held.pillar <> 'market' and parents.is_known
),

-- Of the sector, parts and wholes of those of whom the pillar is known are added; betas have no sum, so theirs is the
-- mean. Few issuers are no sector.
pooled as (
    select
        pillars.period_start_date,
        pillars.period_end_date,
        pillars.pillar,
        sum(case when pillars.is_known then pillars.part end) as part,
        sum(case when pillars.is_known then pillars.whole end) as whole,
        avg(pillars.share) as mean_share,
        max(case when pillars.is_known then pillars.through_date end) as through_date,
        count(pillars.share) as issuers_count,
        max(pillars.known_at_utc) as known_at_utc
    from pillars
    left join contained
        on
            pillars.issuer = contained.issuer
            and pillars.period_start_date = contained.period_start_date
            and pillars.pillar = contained.pillar
    where contained.issuer is null
    group by pillars.period_start_date, pillars.period_end_date, pillars.pillar
),

subjects as (
    select
        issuer as subject,
        'issuer' as subject_kind,
        period_start_date,
        period_end_date,
        pillar,
        measured_by,
        part,
        whole,
        share,
        through_date,
        null_reason,
        case when is_known then 1 else 0 end as issuers_count,
        known_at_utc
    from pillars
    union all
    select
        'sector' as subject,
        'sector' as subject_kind,
        period_start_date,
        period_end_date,
        pillar,
        cast(null as {{ dbt.type_string() }}) as measured_by,
        part,
        whole,
        case
            when issuers_count >= {{ issuers_at_least }}
                then case when pillar = 'market' then mean_share else part / nullif(whole, 0.0) end
        end as share,
        through_date,
        case
            when issuers_count < {{ issuers_at_least }}
                then concat('known of ', issuers_count, ' issuers, {{ issuers_at_least }} needed')
        end as null_reason,
        issuers_count,
        known_at_utc
    from pooled
),

scored as (
    select
        *,
        case
            when share is not null
                then least(greatest((100.0 * share - {{ low }}) / {{ high - low }}, 0.0), 1.0)
        end as score
    from subjects
),

rows_of_months as (
    select
        subject,
        subject_kind,
        period_start_date,
        period_end_date,
        {% for pillar in pillars %}
            100.0 * max(case when pillar = '{{ pillar }}' then score end) as {{ pillar }}_pct,
            max(case when pillar = '{{ pillar }}' then part end) as {{ pillar }}_part,
            max(case when pillar = '{{ pillar }}' then whole end) as {{ pillar }}_whole,
            max(case when pillar = '{{ pillar }}' then through_date end) as {{ pillar }}_through_date,
            max(case when pillar = '{{ pillar }}' then null_reason end) as {{ pillar }}_null_reason,
            max(case when pillar = '{{ pillar }}' then issuers_count end) as {{ pillar }}_issuers,
        {% endfor %}
        max(case when pillar = 'capacity' and share is not null then measured_by end) as mining_power_measured_by,
        count(score) as pillars_count,
        max(known_at_utc) as known_at_utc
    from scored
    group by subject, subject_kind, period_start_date, period_end_date
    having count(score) > 0
),

drawn as (
    select
        scored.subject,
        scored.subject_kind,
        scored.period_start_date,
        draws.draw,
        case
            when min(scored.score) = 0 then 0.0
            else 100.0 * exp(sum(draws.weight * ln(nullif(scored.score, 0.0))) / sum(draws.weight))
        end as drawn_pct,
        case
            when min(scored.score) = 0 then 0.0
            else 100.0 * exp(sum(draws.own_weight * ln(nullif(scored.score, 0.0))) / sum(draws.own_weight))
        end as index_pct
    from scored
    inner join {{ ref('int_convergence__draw') }} as draws on scored.pillar = draws.pillar
    where scored.score is not null
    group by scored.subject, scored.subject_kind, scored.period_start_date, draws.draw
    having count(*) >= {{ at_least }}
),

ranked as (
    select
        *,
        rank() over (partition by subject_kind, period_start_date, draw order by index_pct desc) as index_rank,
        rank() over (partition by subject_kind, period_start_date, draw order by drawn_pct desc) as drawn_rank
    from drawn
),

summed as (
    select
        subject,
        period_start_date,
        max(index_pct) as index_pct,
        percentile_cont(0.1) within group (order by drawn_pct) as index_low_pct,
        percentile_cont(0.9) within group (order by drawn_pct) as index_high_pct,
        case when subject_kind = 'issuer' then max(index_rank) end as index_rank,
        case when subject_kind = 'issuer' then min(drawn_rank) end as best_rank,
        case when subject_kind = 'issuer' then max(drawn_rank) end as worst_rank,
        case
            when subject_kind = 'issuer' then 100.0 * avg(case when drawn_rank = index_rank then 1 else 0 end)
        end as rank_held_pct
    from ranked
    group by subject, subject_kind, period_start_date
)

select
    months.subject,
    months.subject_kind,
    months.period_start_date,
    months.period_end_date,
    -- Digits that are the same on every build and engine, in whatever order it adds.
    round(summed.index_pct, 6) as index_pct,
    round(summed.index_low_pct, 6) as index_low_pct,
    round(summed.index_high_pct, 6) as index_high_pct,
    cast(summed.index_rank as bigint) as index_rank,
    cast(summed.best_rank as bigint) as best_rank,
    cast(summed.worst_rank as bigint) as worst_rank,
    summed.rank_held_pct,
    cast(months.pillars_count as bigint) as pillars_count,
    nullif(
        concat_ws(
            '; ',
            {% for pillar in pillars %}
                case
                    when months.{{ pillar }}_pct is null then concat('{{ pillar }}: ', months.{{ pillar }}_null_reason)
                end
                {% if not loop.last %},{% endif %}
            {% endfor %}
        ),
        ''
    ) as pillars_missing,
    case
        when months.pillars_count < {{ at_least }}
            then concat(months.pillars_count, ' of 4 pillars known, {{ at_least }} needed')
    end as index_null_reason,
    {% for pillar in pillars %}
        round(months.{{ pillar }}_pct, 6) as {{ pillar }}_pct,
        months.{{ pillar }}_through_date,
        cast(months.{{ pillar }}_issuers as bigint) as {{ pillar }}_issuers,
    {% endfor %}
    round(months.revenue_part, 6) as ai_revenue_usd_m,
    round(months.revenue_whole, 6) as revenue_usd_m,
    round(months.capacity_part, 6) as contracted_critical_it_mw,
    round(months.capacity_whole - months.capacity_part, 6) as mining_mw,
    months.mining_power_measured_by,
    round(months.capital_part, 6) as ai_debt_raised_usd_m,
    round(months.capital_whole, 6) as debt_raised_usd_m,
    '{{ var("convergence_version", "1") }}' as definition_version,
    months.known_at_utc
from rows_of_months as months
left join summed
    on months.subject = summed.subject and months.period_start_date = summed.period_start_date
order by months.subject_kind, months.subject, months.period_start_date
