-- Rolling correlation and beta. The frame counts expected sessions, so a hole among them leaves the count of returns
-- short of the window and the row out. Sample moments: the beta of a on b is cov(a, b) / var(b).
{#- The variable lets unit tests use short windows; the linter, which knows no variables, sees int's default. -#}
{%- set windows = var('correlation_windows', [30, 60, 90, 252]) %}

with returns as (

    select * from {{ ref('int_return__shared') }}

),

rolled as (
    {% for window in windows %}
        {% set sessions = window | int(default=30) %}
        select
            instrument_a,
            instrument_b,
            {{ sessions }} as window_sessions,
            session_date,
            corr(log_return_a, log_return_b) over last_{{ sessions }} as correlation,
            covar_samp(log_return_a, log_return_b) over last_{{ sessions }} as covariance,
            var_samp(log_return_a) over last_{{ sessions }} as variance_a,
            var_samp(log_return_b) over last_{{ sessions }} as variance_b,
            count(log_return_a) over last_{{ sessions }} as observations,
            close_alignment,
            max(known_at_utc) over last_{{ sessions }} as known_at_utc
        from returns
        window
            last_{{ sessions }} as (
                partition by instrument_a, instrument_b
                order by session_date
                rows between {{ sessions - 1 }} preceding and current row
            )
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    instrument_a,
    instrument_b,
    cast(window_sessions as bigint) as window_sessions,
    session_date,
    -- A price that stood still has no correlation.
    case when variance_a > 0 and variance_b > 0 then correlation end as correlation,
    case when variance_b > 0 then covariance / variance_b end as beta,
    cast(observations as bigint) as observations,
    close_alignment,
    known_at_utc
from rolled
where observations = window_sessions
order by instrument_a, instrument_b, window_sessions, session_date
