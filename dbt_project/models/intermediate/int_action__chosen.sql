-- Splits and dividends as known at T, each once: as the preferred provider told it. A provider that dates the same
-- action a few days off does not make it two; what one provider alone tells counts.
with actions as (

    select
        actions.instrument,
        actions.ex_date,
        actions.action,
        actions.provider,
        coalesce(feeds.priority, 98) as priority,
        actions.split_ratio,
        actions.dividend_usd,
        coalesce(actions.split_ratio, actions.dividend_usd) as amount,
        actions.known_at_utc
    from {{ as_of(source('raw', 'raw_market__action'), ['instrument', 'ex_date', 'action', 'provider']) }} as actions
    left join {{ ref('int_feed__priority') }} as feeds
        on
            actions.instrument = feeds.subject
            and actions.provider = feeds.provider
            and feeds.domain = 'market'

),

-- The same action under two dates: the one that the preferred provider tells stands for both.
misdated as (

    select distinct
        late.instrument,
        late.ex_date,
        late.action,
        late.provider
    from actions as late
    inner join actions as preferred
        on
            late.instrument = preferred.instrument
            and late.action = preferred.action
            and (
                late.priority > preferred.priority
                or (late.priority = preferred.priority and late.provider > preferred.provider)
            )
            and late.ex_date <> preferred.ex_date
            and abs({{ days_between('late.ex_date', 'preferred.ex_date') }}) <= 5
            and abs(late.amount / preferred.amount - 1.0) <= 0.01

),

ranked as (

    select
        actions.*,
        row_number() over (
            partition by actions.instrument, actions.ex_date, actions.action
            order by actions.priority, actions.provider
        ) as place,
        count(*) over (partition by actions.instrument, actions.ex_date, actions.action) as providers_count,
        max(actions.known_at_utc) over (
            partition by actions.instrument, actions.ex_date, actions.action
        ) as last_known_at_utc
    from actions
    left join misdated
        on
            actions.instrument = misdated.instrument
            and actions.ex_date = misdated.ex_date
            and actions.action = misdated.action
            and actions.provider = misdated.provider
    where misdated.instrument is null

)

select
    instrument,
    ex_date,
    action,
    split_ratio,
    dividend_usd,
    provider,
    cast(providers_count as bigint) as providers_count,
    last_known_at_utc as known_at_utc
from ranked
where place = 1
