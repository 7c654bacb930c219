{#-
    A quarter as a filing states it; else what is left of a longer period when a part with the same start or the same end
    is taken off it, where what is left has the length of a quarter.
-#}
with told as (
    select
        vintage.*,
        {{ days_between('vintage.period_start_date', 'vintage.period_end_date') }} + 1 as days
    from {{
        as_of(
            source('raw', 'raw_ledger__segment'),
            ['issuer', 'reported_name', 'period_start_date', 'period_end_date']
        )
    }} as vintage
),

quarters as (
    select
        issuer,
        segment,
        reported_name,
        period_start_date,
        period_end_date,
        revenue_usd_m,
        'reported' as method,
        citation,
        confidence,
        known_at_utc
    from told
    where days between 80 and 100
),

left_over as (
    select
        whole.issuer,
        whole.segment,
        whole.reported_name,
        case
            when whole.period_start_date = part.period_start_date
                then {{ add_days('part.period_end_date', 1) }}
            else whole.period_start_date
        end as period_start_date,
        case
            when whole.period_start_date = part.period_start_date then whole.period_end_date
            else {{ add_days('part.period_start_date', -1) }}
        end as period_end_date,
        whole.revenue_usd_m - part.revenue_usd_m as revenue_usd_m,
        'difference' as method,
        concat(whole.citation, '; less ', part.citation) as citation,
        case
            when whole.confidence = part.confidence then whole.confidence
            when 'low' in (whole.confidence, part.confidence) then 'low'
            else 'medium'
        end as confidence,
        greatest(whole.known_at_utc, part.known_at_utc) as known_at_utc,
        part.days as part_days
    from told as whole
    inner join told as part
        on
            whole.issuer = part.issuer
            and whole.reported_name = part.reported_name
            and whole.days - part.days between 80 and 100
            and (
                whole.period_start_date = part.period_start_date
                or whole.period_end_date = part.period_end_date
            )
),

ranked as (
    select
        left_over.*,
        row_number() over (
            partition by
                left_over.issuer, left_over.reported_name, left_over.period_start_date, left_over.period_end_date
            order by left_over.part_days desc
        ) as choice
    from left_over
    left join quarters
        on
            left_over.issuer = quarters.issuer
            and left_over.reported_name = quarters.reported_name
            and left_over.period_start_date = quarters.period_start_date
            and left_over.period_end_date = quarters.period_end_date
    where quarters.issuer is null
),

every_quarter as (
    select * from quarters
    union all
    select
        issuer,
        segment,
        reported_name,
        period_start_date,
        period_end_date,
        revenue_usd_m,
        method,
        citation,
        confidence,
        known_at_utc
    from ranked
    where choice = 1
),

totals as (
    select * from every_quarter
    where segment = 'total'
)

select
    parts.issuer,
    parts.segment,
    parts.reported_name,
    parts.period_start_date,
    parts.period_end_date,
    {{ quarter_label(date_midpoint('parts.period_start_date', 'parts.period_end_date')) }} as calendar_quarter,
    parts.revenue_usd_m,
    totals.revenue_usd_m as total_revenue_usd_m,
    100.0 * parts.revenue_usd_m / nullif(totals.revenue_usd_m, 0) as of_total_pct,
    parts.method,
    parts.citation,
    parts.confidence,
    greatest(parts.known_at_utc, coalesce(totals.known_at_utc, parts.known_at_utc)) as known_at_utc
from every_quarter as parts
left join totals
    on
        parts.issuer = totals.issuer
        and parts.period_start_date = totals.period_start_date
        and parts.period_end_date = totals.period_end_date
where parts.segment <> 'total'
order by parts.issuer, parts.period_start_date, parts.reported_name
