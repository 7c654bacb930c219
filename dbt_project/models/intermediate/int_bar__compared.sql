-- One bar per session: that of the preferred provider, and how far the others' closes lie from it. A bar beyond the
-- tolerance stays what it is and says so; an absent bar is no row.

with ranked as (

    select
        *,
        row_number() over preference as place,
        first_value(close_usd) over preference as chosen_close_usd,
        first_value(provider) over preference as chosen_provider
    from {{ ref('int_bar__vintage') }}
    window preference as (
        partition by instrument, session_date
        order by priority, provider
        rows between unbounded preceding and current row
    )

),

measured as (

    select
        *,
        close_usd / chosen_close_usd as ratio,
        {{ difference_pct('close_usd', 'chosen_close_usd') }} as difference_pct
    from ranked

),

told as (

    select
        *,
        case
            when difference_pct > {{ close_tolerance_pct() }}
                then concat(
                    provider,
                    ' ',
                    cast(round(difference_pct, 2) as {{ dbt.type_string() }}),
                    case when ratio > 1 then ' % above ' else ' % below ' end,
                    chosen_provider,
                    case
                        when {{ is_tenfold('ratio', limit('tenfold_apart_share')) }} then ' (tenfold)'
                        when {{ is_split_sized('ratio', 0.005) }} then ' (split_sized)'
                        else ''
                    end
                )
        end as difference
    from measured

),

summed as (

    select
        instrument,
        session_date,
        count(*) as providers_count,
        max(case when place > 1 then difference_pct end) as max_difference_pct,
        {{ listed('difference', '; ', ['place']) }} as disagreement_reason,
        max(known_at_utc) as known_at_utc
    from told
    group by instrument, session_date

),

excluded as (

    select
        instrument,
        session_date,
        max(known_at_utc) as known_at_utc
    from {{ as_of(source('raw', 'raw_ledger__bar_exclusion'), ['instrument', 'session_date', 'provider']) }} as vintage
    group by instrument, session_date

)

select
    bars.instrument,
    bars.session_date,
    bars.open_usd,
    bars.high_usd,
    bars.low_usd,
    bars.close_usd,
    bars.volume,
    bars.provider,
    cast(summed.providers_count as bigint) as providers_count,
    summed.max_difference_pct,
    case
        when summed.providers_count = 1 then 'single'
        when summed.disagreement_reason is null then 'agrees'
        else 'differs'
    end as agreement,
    summed.disagreement_reason,
    -- Which bar is chosen, and what it is held against, also depends on what was ruled out.
    greatest(summed.known_at_utc, coalesce(excluded.known_at_utc, summed.known_at_utc)) as known_at_utc
from ranked as bars
inner join summed on bars.instrument = summed.instrument and bars.session_date = summed.session_date
left join excluded on bars.instrument = excluded.instrument and bars.session_date = excluded.session_date
where bars.place = 1
