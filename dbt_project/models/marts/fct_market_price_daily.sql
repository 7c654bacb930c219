select
    bars.instrument,
    bars.session_date,
    bars.open_usd,
    bars.high_usd,
    bars.low_usd,
    bars.close_usd,
    bars.volume,
    bars.provider,
    adjusted.close_split_adjusted_usd,
    adjusted.close_total_return_usd,
    adjusted.total_return_null_reason,
    adjusted.adjustment_known_at_utc,
    bars.providers_count,
    bars.max_difference_pct,
    bars.agreement,
    bars.disagreement_reason,
    coalesce(providers.redistribution, 'unknown') as redistribution,
    bars.known_at_utc
from {{ ref('int_bar__compared') }} as bars
inner join {{ ref('int_bar__adjusted') }} as adjusted
    on bars.instrument = adjusted.instrument and bars.session_date = adjusted.session_date
left join {{ ref('dim_provider') }} as providers on bars.provider = providers.provider
order by bars.instrument, bars.session_date
