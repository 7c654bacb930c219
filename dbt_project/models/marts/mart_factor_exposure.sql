-- What moved a share: least squares of its log return on those of bitcoin's fund (IBIT) and of NVIDIA (NVDA), over the
-- sessions up to the last one of each month. Errors are those of Newey and West (1987), five lags, Bartlett weights,
-- without a correction for small samples: a beta is a sum of contributions of sessions, and its variance the weighted
-- sum of their products. Full windows only.
{#- The variables let unit tests use short windows; the linter, which knows no variables, sees int's default. -#}
{%- set windows = var('exposure_windows', [90, 252]) %}
{%- set lags = var('newey_west_lags', 5) | int(default=1) %}

with factors as (

    select
        bitcoin.session_date,
        bitcoin.session_number,
        bitcoin.log_return as x,
        ai.log_return as z,
        greatest(bitcoin.known_at_utc, ai.known_at_utc) as known_at_utc
    from {{ ref('int_return__session') }} as bitcoin
    inner join {{ ref('int_return__session') }} as ai on bitcoin.session_number = ai.session_number
    where bitcoin.instrument = 'IBIT' and ai.instrument = 'NVDA'

),

month_ends as (

    select
        max(session_date) as session_date,
        max(session_number) as session_number
    from factors
    group by {{ month_start('session_date') }}

),

windows as (
    {% for window in windows %}
        select {{ window | int(default=90) }} as window_sessions
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

panel as (

    select
        shares.instrument,
        shares.issuer,
        windows.window_sessions,
        month_ends.session_date,
        factors.session_number,
        shares.log_return as y,
        factors.x,
        factors.z,
        greatest(shares.known_at_utc, factors.known_at_utc) as known_at_utc
    from month_ends
    cross join windows
    inner join factors
        on
            month_ends.session_number - windows.window_sessions < factors.session_number
            and month_ends.session_number >= factors.session_number
    inner join {{ ref('int_return__session') }} as shares on factors.session_number = shares.session_number
    where shares.kind = 'equity' and shares.instrument <> 'NVDA'

),

sums as (

    select
        instrument,
        issuer,
        window_sessions,
        session_date,
        count(*) as observations,
        avg(x) as mean_x,
        avg(z) as mean_z,
        avg(y) as mean_y,
        {{ centred_sum('x', 'x') }} as centred_xx,
        {{ centred_sum('z', 'z') }} as centred_zz,
        {{ centred_sum('x', 'z') }} as centred_xz,
        {{ centred_sum('x', 'y') }} as centred_xy,
        {{ centred_sum('z', 'y') }} as centred_zy,
        {{ centred_sum('y', 'y') }} as centred_yy,
        max(known_at_utc) as known_at_utc
    from panel
    group by instrument, issuer, window_sessions, session_date
    having count(*) = window_sessions

),

determined as (

    select
        *,
        {{ factors_determinant('observations') }} as determinant
    from sums

),

fitted as (

    select
        *,
        {{ beta_on_x('determinant') }} as beta_x,
        {{ beta_on_z('determinant') }} as beta_z
    from determined

),

residuals as (

    select
        fitted.instrument,
        fitted.window_sessions,
        fitted.session_date,
        panel.session_number,
        fitted.centred_xx,
        fitted.centred_zz,
        fitted.centred_xz,
        fitted.determinant,
        panel.x - fitted.mean_x as x,
        panel.z - fitted.mean_z as z,
        panel.y - fitted.mean_y
        - fitted.beta_x * (panel.x - fitted.mean_x)
        - fitted.beta_z * (panel.z - fitted.mean_z) as residual
    from fitted
    inner join panel
        on
            fitted.instrument = panel.instrument
            and fitted.window_sessions = panel.window_sessions
            and fitted.session_date = panel.session_date

),

contributions as (

    select
        instrument,
        window_sessions,
        session_date,
        session_number,
        (centred_zz * x - centred_xz * z) * residual / determinant as to_beta_x,
        (centred_xx * z - centred_xz * x) * residual / determinant as to_beta_z
    from residuals

),

weighted as (

    select
        *,
        {{ with_weighted_neighbours('to_beta_x', lags, 'line') }} as to_beta_x_before,
        {{ with_weighted_neighbours('to_beta_z', lags, 'line') }} as to_beta_z_before
    from contributions
    window line as (partition by instrument, window_sessions, session_date order by session_number)

),

errors as (

    select
        instrument,
        window_sessions,
        session_date,
        -- Never below zero but by the last digits of a fit without residuals.
        sqrt(greatest(sum(to_beta_x * to_beta_x_before), 0.0)) as beta_x_standard_error,
        sqrt(greatest(sum(to_beta_z * to_beta_z_before), 0.0)) as beta_z_standard_error
    from weighted
    group by instrument, window_sessions, session_date

)

select
    fitted.instrument,
    fitted.issuer,
    cast(fitted.window_sessions as bigint) as window_sessions,
    fitted.session_date,
    fitted.beta_x as beta_btc,
    case when fitted.determinant is not null then errors.beta_x_standard_error end as beta_btc_standard_error,
    fitted.beta_z as beta_ai,
    case when fitted.determinant is not null then errors.beta_z_standard_error end as beta_ai_standard_error,
    case
        when fitted.determinant is not null and fitted.centred_yy > 1e-12 * fitted.observations
            then (fitted.beta_x * fitted.centred_xy + fitted.beta_z * fitted.centred_zy) / fitted.centred_yy
    end as r_squared,
    greatest(fitted.beta_z, 0.0) / nullif(greatest(fitted.beta_z, 0.0) + greatest(fitted.beta_x, 0.0), 0.0) as ai_share,
    cast(fitted.observations as bigint) as observations,
    fitted.known_at_utc
from fitted
inner join errors
    on
        fitted.instrument = errors.instrument
        and fitted.window_sessions = errors.window_sessions
        and fitted.session_date = errors.session_date
order by fitted.instrument, fitted.window_sessions, fitted.session_date
