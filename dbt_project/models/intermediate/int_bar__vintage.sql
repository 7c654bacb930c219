-- The bar of every provider that counts at T, with the provider's place in the order of preference. Bars that a person
-- found wrong are left out. The shipped bundle comes after all providers, one that the ledger does not name before it.
select
    bars.instrument,
    bars.session_date,
    bars.provider,
    coalesce(feeds.priority, case when bars.provider = 'bundle' then 99 else 98 end) as priority,
    bars.open_usd,
    bars.high_usd,
    bars.low_usd,
    bars.close_usd,
    bars.volume,
    bars.known_at_utc
from {{ as_of(source('raw', 'raw_market__bar'), ['instrument', 'session_date', 'provider']) }} as bars
left join {{ ref('int_feed__priority') }} as feeds
    on
        bars.instrument = feeds.subject
        and bars.provider = feeds.provider
        and feeds.domain = 'market'
left join
    {{ as_of(source('raw', 'raw_ledger__bar_exclusion'), ['instrument', 'session_date', 'provider']) }} as exclusions
    on
        bars.instrument = exclusions.instrument
        and bars.session_date = exclusions.session_date
        and bars.provider = exclusions.provider
where exclusions.instrument is null
