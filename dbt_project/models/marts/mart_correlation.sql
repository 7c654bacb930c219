-- Rolling correlation and beta of the pairs that are followed, with the error of the beta. Sessions are counted with
-- their holes, so a window that holds one is in no row.
select
    fits.instrument_a,
    fits.instrument_b,
    fits.window_sessions,
    fits.session_date,
    fits.correlation,
    fits.beta,
    fits.beta_standard_error,
    fits.window_sessions as observations,
    pairs.close_alignment,
    pairs.same_close_alternative,
    fits.known_at_utc
from {{ ref('int_correlation__window') }} as fits
inner join {{ ref('int_correlation__pair') }} as pairs
    on fits.instrument_a = pairs.instrument_a and fits.instrument_b = pairs.instrument_b
order by fits.instrument_a, fits.instrument_b, fits.window_sessions, fits.session_date
