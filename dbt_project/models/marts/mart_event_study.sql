-- How a share moved around what its issuer announced, beyond what bitcoin and technology explain. The market model is
-- least squares of its log return on those of IBIT and QQQ over 120 sessions that end ten before the event; an abnormal
-- return is what it leaves. Day 0 is the first session on or after the event: what came after the close moves day 1.
-- A t is the sum over the residuals' deviation (120 less 3 degrees of freedom) times the root of its sessions, as in
-- MacKinlay (1997); that the model itself is estimated is not in it.
--
-- The bootstrap needs no normal returns, and keeps what sessions carry over to the next ones: sums of as many sessions
-- are put together from blocks of the residuals, five sessions long and the rest, in a circle where the first follows
-- the last (Politis and Romano 1992); each residual is stretched as the deviation is. The p is the share of such
-- sums at least as far from zero, the figure itself counted in; the interval is the figure less their 97.5th and 2.5th
-- percentile.
{#- The first session of the estimation, relative to day 0; a variable, so that unit tests can use a short one. -#}
{%- set first = var('event_study_first_session', -129) | int(default=-129) %}
{%- set last = -10 %}
{%- set sessions = last - first + 1 %}
{%- set block = 5 %}
{%- set draws = var('event_study_draws', 2000) | int(default=2000) %}
{%- set seed = var('event_study_seed', 1) | int(default=1) %}
{%- set spans = {
    'ar_day_0': (0, 0),
    'car_1_before_1_after': (-1, 1),
    'car_0_5_after': (0, 5),
    'car_9_2_before': (-9, -2),
} %}
{#- The sums of sessions that spans are put together from: spans have no more than two blocks. -#}
{%- set parts = [] %}
{%- for start, end in spans.values() %}
    {%- for part in [[end - start + 1, block] | min, end - start + 1 - block] if part > 0 and part not in parts %}
        {%- do parts.append(part) %}
    {%- endfor %}
{%- endfor %}

with events as (

    select
        happened.event_id,
        happened.issuer,
        instruments.instrument,
        happened.kind,
        happened.event_date,
        case when days.is_session then days.session_number else days.session_number + 1 end as day_0_number,
        happened.known_at_utc
    from {{ ref('fct_event') }} as happened
    inner join {{ ref('dim_instrument') }} as instruments
        on happened.issuer = instruments.issuer and instruments.kind = 'equity' and instruments.calendar = 'XNYS'
    inner join {{ ref('int_session__calendar') }} as days
        on days.calendar = 'XNYS' and happened.event_date = days.date_day
    -- A report of a period tells again what its results told.
    where happened.event_precision = 'day' and happened.kind <> 'periodic_report'

),

confounders as (

    select
        events.event_id,
        events.instrument,
        cast(count(*) as bigint) as confounders_count,
        {{ listed('others.event_id', '; ', ['others.event_id']) }} as confounders,
        max(others.known_at_utc) as known_at_utc
    from events
    inner join events as others
        on
            events.instrument = others.instrument
            and events.event_id <> others.event_id
            and others.day_0_number >= events.day_0_number - 1
            and others.day_0_number <= events.day_0_number + 5
    group by events.event_id, events.instrument

),

panel as (

    select
        events.event_id,
        events.instrument,
        shares.session_number - events.day_0_number as day,
        shares.log_return as y,
        bitcoin.log_return as x,
        technology.log_return as z,
        greatest(shares.known_at_utc, bitcoin.known_at_utc, technology.known_at_utc) as known_at_utc
    from events
    inner join {{ ref('int_return__session') }} as shares
        on
            events.instrument = shares.instrument
            and shares.session_number >= events.day_0_number + {{ first }}
            and shares.session_number <= events.day_0_number + 5
    inner join {{ ref('int_return__session') }} as bitcoin
        on bitcoin.instrument = 'IBIT' and shares.session_number = bitcoin.session_number
    inner join {{ ref('int_return__session') }} as technology
        on technology.instrument = 'QQQ' and shares.session_number = technology.session_number

),

sums as (

    select
        event_id,
        instrument,
        count(*) as observations,
        avg(x) as mean_x,
        avg(z) as mean_z,
        avg(y) as mean_y,
        {{ centred_sum('x', 'x') }} as centred_xx,
        {{ centred_sum('z', 'z') }} as centred_zz,
        {{ centred_sum('x', 'z') }} as centred_xz,
        {{ centred_sum('x', 'y') }} as centred_xy,
        {{ centred_sum('z', 'y') }} as centred_zy
    from panel
    where day <= {{ last }}
    group by event_id, instrument

),

determined as (

    select
        *,
        case
            when observations = {{ sessions }} then {{ factors_determinant('observations') }}
        end as determinant
    from sums

),

fitted as (

    select
        *,
        {{ beta_on_x('determinant') }} as beta_x,
        {{ beta_on_z('determinant') }} as beta_z
    from determined

),

abnormal as (

    select
        panel.event_id,
        panel.instrument,
        panel.day,
        panel.known_at_utc,
        panel.y - fitted.mean_y
        - fitted.beta_x * (panel.x - fitted.mean_x)
        - fitted.beta_z * (panel.z - fitted.mean_z) as abnormal_return
    from panel
    inner join fitted on panel.event_id = fitted.event_id and panel.instrument = fitted.instrument

),

summed as (

    select
        event_id,
        instrument,
        {% for name, (start, end) in spans.items() %}
            case
                when sum(case when day between {{ start }} and {{ end }} then 1 else 0 end) = {{ end - start + 1 }}
                    then sum(case when day between {{ start }} and {{ end }} then abnormal_return end)
            end as {{ name }},
        {% endfor %}
        sqrt(
            sum(case when day <= {{ last }} then abnormal_return * abnormal_return end)
            / {{ sessions - 3 }}
        ) as residual_deviation,
        sum(case when day > {{ last }} then 1 else 0 end) as sessions_around,
        max(known_at_utc) as known_at_utc
    from abnormal
    group by event_id, instrument

),

-- The residuals and, after the last, the first ones again.
circle as (

    select
        event_id,
        instrument,
        day - {{ first }} as place,
        abnormal_return * sqrt(cast({{ sessions }} as double) / {{ sessions - 3 }}) as residual
    from abnormal
    where day <= {{ last }}
    union all
    select
        event_id,
        instrument,
        day - {{ first }} + {{ sessions }} as place,
        abnormal_return * sqrt(cast({{ sessions }} as double) / {{ sessions - 3 }}) as residual
    from abnormal
    where day < {{ first + block - 1 }} and day <= {{ last }}

),

blocks as (

    select
        event_id,
        instrument,
        place
        {% for part in parts %}
            ,
            sum(residual) over (
                partition by event_id, instrument
                order by place
                rows between current row and {{ part - 1 }} following
            ) as sum_of_{{ part }}
        {% endfor %}
    from circle

),

draws as (

    select
        draw,
        max(case when stream = 'first' then cast(floor({{ sessions }} * uniform) as integer) end) as first_place,
        max(case when stream = 'second' then cast(floor({{ sessions }} * uniform) as integer) end) as second_place
    from ({{ uniform_numbers(seed, ['first', 'second'], draws) }}) as numbers
    group by draw

),

drawn as (

    select
        first_blocks.event_id,
        first_blocks.instrument
        {% for name, (start, end) in spans.items() %}
            {%- set length = end - start + 1 %}
            ,
            first_blocks.sum_of_{{ [length, block] | min }}
            {%- if length > block %} + second_blocks.sum_of_{{ length - block }}{% endif %} as {{ name }}
        {% endfor %}
    from draws
    inner join blocks as first_blocks on draws.first_place = first_blocks.place
    inner join blocks as second_blocks
        on
            draws.second_place = second_blocks.place
            and first_blocks.event_id = second_blocks.event_id
            and first_blocks.instrument = second_blocks.instrument

),

bootstrapped as (

    select
        drawn.event_id,
        drawn.instrument
        {% for name in spans %}
            ,
            cast(1 + sum(case when abs(drawn.{{ name }}) >= abs(summed.{{ name }}) then 1 else 0 end) as double)
            / (1 + count(*)) as {{ name }}_p,
            percentile_cont(0.025) within group (order by drawn.{{ name }}) as {{ name }}_below,
            percentile_cont(0.975) within group (order by drawn.{{ name }}) as {{ name }}_above
        {% endfor %}
    from drawn
    inner join summed on drawn.event_id = summed.event_id and drawn.instrument = summed.instrument
    -- Of a share that stood still there is nothing to draw.
    where summed.residual_deviation > 0.0
    group by drawn.event_id, drawn.instrument

)

select
    events.event_id,
    events.instrument,
    events.issuer,
    events.kind,
    events.event_date,
    days.date_day as day_0_date,
    cast(coalesce(fitted.observations, 0) as bigint) as estimation_sessions,
    fitted.beta_x as beta_btc,
    fitted.beta_z as beta_technology,
    100.0 * summed.residual_deviation as residual_deviation_pct,
    {% for name, (start, end) in spans.items() %}
        100.0 * summed.{{ name }} as {{ name }}_pct,
        summed.{{ name }} / nullif(summed.residual_deviation * sqrt({{ end - start + 1 }}), 0.0) as {{ name }}_t,
        case when summed.{{ name }} is not null then bootstrapped.{{ name }}_p end as {{ name }}_p,
        100.0 * (summed.{{ name }} - bootstrapped.{{ name }}_above) as {{ name }}_low_pct,
        100.0 * (summed.{{ name }} - bootstrapped.{{ name }}_below) as {{ name }}_high_pct,
    {% endfor %}
    coalesce(confounders.confounders_count, 0) as confounders_count,
    confounders.confounders,
    case
        when days.date_day is null then 'no session on or after the event is on record'
        when coalesce(fitted.observations, 0) < {{ sessions }}
            then concat(
                coalesce(fitted.observations, 0),
                ' of {{ sessions }} sessions before it have returns of the share, IBIT and QQQ'
            )
        when fitted.determinant is null then 'IBIT or QQQ stood still, or moved as one'
        when summed.sessions_around < 15
            then concat(summed.sessions_around, ' of 15 sessions around it have returns of the share, IBIT and QQQ')
    end as null_reason,
    greatest(
        events.known_at_utc,
        coalesce(confounders.known_at_utc, events.known_at_utc),
        coalesce(summed.known_at_utc, events.known_at_utc)
    ) as known_at_utc
from events
left join {{ ref('int_session__calendar') }} as days
    on days.calendar = 'XNYS' and days.is_session and events.day_0_number = days.session_number
left join fitted on events.event_id = fitted.event_id and events.instrument = fitted.instrument
left join summed on events.event_id = summed.event_id and events.instrument = summed.instrument
left join bootstrapped on events.event_id = bootstrapped.event_id and events.instrument = bootstrapped.instrument
left join confounders on events.event_id = confounders.event_id and events.instrument = confounders.instrument
order by events.event_id, events.instrument
