-- Rolling correlation and beta, with the error of the beta. A window of n returns is the difference of two running
-- sums over the pair's sessions, so its cost does not grow with n. Sessions are counted with their holes, so a hole
-- leaves the count of returns short of the window and the row out. Sample moments: the beta of a on b is
-- cov(a, b) / var(b).
--
-- The error is that of Newey and West (1987) without a correction for small samples: with x of b and y of a,
-- u = (x - mean x) (y - alpha - beta x), and S the sum over the window of u u and of twice each weighted u and its
-- lagged u, it is sqrt(S) / sum of (x - mean x)^2. u is linear in the terms xy, xx, x, y and 1, with coefficients of
-- the window, so S is a quadratic form in sums of products of those terms. A product of two sessions belongs to a
-- window where both lie in it: of all that end by its last session, those that begin before its first are taken off.
{#- The variables let unit tests use short windows; the linter, which knows no variables, sees int's default. A window
    is longer than the lags. -#}
{%- set windows = var('correlation_windows', [30, 60, 90, 252]) %}
{%- set lags = var('newey_west_lags', 5) | int(default=1) %}
{%- set terms = ['term_xy', 'term_xx', 'term_x', 'term_y', 'term_1'] %}
{%- set moments = ['sum_n', 'sum_x', 'sum_y', 'sum_xx', 'sum_xy', 'sum_yy'] %}

with returns as (

    select
        *,
        case when log_return_a is not null and log_return_b is not null then 1.0 else 0.0 end as term_1,
        coalesce(log_return_b, 0.0) as term_x,
        coalesce(log_return_a, 0.0) as term_y
    from {{ ref('int_return__shared') }}

),

terms as (

    select
        instrument_a,
        instrument_b,
        session_date,
        close_alignment,
        same_close_alternative,
        known_at_utc,
        term_1,
        term_x,
        term_y,
        term_x * term_x as term_xx,
        term_x * term_y as term_xy,
        term_y * term_y as term_yy
    from returns

),

lagged as (

    select
        *
        {% for term in terms %}
            ,
            {{ with_weighted_neighbours(term, 'lag', lags, 'pair') }} as {{ term }}_before,
            {{ with_weighted_neighbours(term, 'lead', lags, 'pair') }} as {{ term }}_after
        {% endfor %}
    from terms
    window pair as (partition by instrument_a, instrument_b order by session_date)

),

running as (

    select
        instrument_a,
        instrument_b,
        session_date,
        close_alignment,
        same_close_alternative,
        row_number() over pair as session_number,
        sum(term_1) over so_far as sum_n,
        sum(term_x) over so_far as sum_x,
        sum(term_y) over so_far as sum_y,
        sum(term_xx) over so_far as sum_xx,
        sum(term_xy) over so_far as sum_xy,
        sum(term_yy) over so_far as sum_yy
        {% for one in terms %}
            {% for other in terms[loop.index0:] %}
                {% for side in ['before', 'after'] %}
                    ,
                    sum(
                        {{ one }} * {{ other }}_{{ side }}
                        {% if one != other %}+ {{ other }} * {{ one }}_{{ side }}{% endif %}
                    ) over so_far as {{ one }}_{{ other }}_{{ side }}
                {% endfor %}
            {% endfor %}
        {% endfor %}
        {% for window in windows %}
            {% set sessions = window | int(default=30) %}
            ,
            max(known_at_utc) over (
                partition by instrument_a, instrument_b
                order by session_date
                rows between {{ sessions - 1 }} preceding and current row
            ) as known_at_{{ sessions }}_utc
        {% endfor %}
    from lagged
    window
        pair as (partition by instrument_a, instrument_b order by session_date),
        so_far as (
            partition by instrument_a, instrument_b
            order by session_date
            rows between unbounded preceding and current row
        )

),

windows as (
    {% for window in windows %}
        select {{ window | int(default=30) }} as window_sessions
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

summed as (

    select
        last_rows.instrument_a,
        last_rows.instrument_b,
        windows.window_sessions,
        last_rows.session_date,
        last_rows.close_alignment,
        last_rows.same_close_alternative
        {% for moment in moments %}
            ,
            last_rows.{{ moment }} - coalesce(before_first.{{ moment }}, 0.0) as {{ moment }}
        {% endfor %}
        {% for one in terms %}
            {% for other in terms[loop.index0:] %}
                ,
                last_rows.{{ one }}_{{ other }}_before
                - coalesce(before_first.{{ one }}_{{ other }}_after, 0.0) as {{ one }}_{{ other }}
            {% endfor %}
        {% endfor %},
        case windows.window_sessions
            {% for window in windows %}
                {% set sessions = window | int(default=30) %}
                when {{ sessions }} then last_rows.known_at_{{ sessions }}_utc
            {% endfor %}
        end as known_at_utc
    from running as last_rows
    cross join windows
    left join running as before_first
        on
            last_rows.instrument_a = before_first.instrument_a
            and last_rows.instrument_b = before_first.instrument_b
            and last_rows.session_number - windows.window_sessions = before_first.session_number
    where last_rows.session_number >= windows.window_sessions

),

centred as (

    select
        *,
        sum_x / sum_n as mean_x,
        sum_y / sum_n as mean_y,
        sum_xx - sum_x * sum_x / sum_n as centred_xx,
        sum_xy - sum_x * sum_y / sum_n as centred_xy,
        sum_yy - sum_y * sum_y / sum_n as centred_yy
    from summed
    where sum_n = window_sessions

),

-- A price that stood still has no correlation, and nothing has a beta on it. Steps that differ by less than a millionth
-- count as that, since differences of sums keep no more digits.
moving as (

    select
        *,
        case when centred_xx > 1e-12 * sum_n then centred_xx end as moving_xx,
        case when centred_yy > 1e-12 * sum_n then centred_yy end as moving_yy
    from centred

),

fitted as (

    select
        *,
        centred_xy / sqrt(moving_xx * moving_yy) as correlation,
        centred_xy / moving_xx as beta
    from moving

),

weighted as (

    select
        *,
        1.0 as of_term_xy,
        -beta as of_term_xx,
        mean_x * beta - (mean_y - beta * mean_x) as of_term_x,
        -mean_x as of_term_y,
        mean_x * (mean_y - beta * mean_x) as of_term_1
    from fitted

)

select
    instrument_a,
    instrument_b,
    cast(window_sessions as bigint) as window_sessions,
    session_date,
    correlation,
    beta,
    -- S is never below zero but by the last digits of a fit without residuals.
    sqrt(
        greatest(
            0.0
            {% for one in terms %}
                {% for other in terms[loop.index0:] %}
                    + of_{{ one }} * of_{{ other }} * {{ one }}_{{ other }}
                {% endfor %}
            {% endfor %},
            0.0
        )
    ) / moving_xx as beta_standard_error,
    cast(sum_n as bigint) as observations,
    close_alignment,
    same_close_alternative,
    known_at_utc
from weighted
order by instrument_a, instrument_b, window_sessions, session_date
