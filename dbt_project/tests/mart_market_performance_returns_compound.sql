{{ config(meta={'dagster': {'ref': {'name': 'mart_market_performance', 'package': 'hashwatt'}}}) }}
-- Growth since the year's base, and since the event's, is yesterday's growth times today's. A base that moved fails.
select
    today.instrument,
    today.session_date,
    today.return_1d_pct,
    today.return_ytd_pct,
    yesterday.return_ytd_pct as return_ytd_pct_before,
    today.return_since_event_pct,
    yesterday.return_since_event_pct as return_since_event_pct_before
from {{ ref('mart_market_performance') }} as today
inner join {{ ref('mart_market_performance') }} as yesterday
    on today.instrument = yesterday.instrument and today.previous_session_date = yesterday.session_date
where
    (
        today.return_ytd_base_date = yesterday.return_ytd_base_date
        and abs(
            (1 + today.return_ytd_pct / 100)
            - (1 + yesterday.return_ytd_pct / 100) * (1 + today.return_1d_pct / 100)
        ) > 0.000001
    )
    or (
        today.return_since_event_base_date = yesterday.return_since_event_base_date
        and abs(
            (1 + today.return_since_event_pct / 100)
            - (1 + yesterday.return_since_event_pct / 100) * (1 + today.return_1d_pct / 100)
        ) > 0.000001
    )
    or (
        extract(year from today.session_date) = extract(year from yesterday.session_date)
        and yesterday.return_ytd_pct is not null
        and today.return_ytd_pct is null
    )
