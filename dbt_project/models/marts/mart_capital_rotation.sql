-- What baskets returned up to each session of the exchange, members in equal parts: the plain mean of their returns
-- since the session on or before the base day. A member without a close there is not in the mean and is named.
with members as (

    select * from {{ ref('int_basket__member') }}

),

closes as (

    select
        members.basket,
        members.instrument,
        members.calendar,
        prices.session_date,
        prices.close_split_adjusted_usd as close_usd,
        greatest(prices.known_at_utc, members.known_at_utc) as known_at_utc
    from members
    inner join {{ ref('fct_market_price_daily') }} as prices on members.instrument = prices.instrument

),

bases as (

    select
        date_day as session_date,
        'ytd' as horizon,
        cast({{ dbt.dateadd('day', -1, dbt.date_trunc('year', 'date_day')) }} as date) as base_date
    from {{ ref('int_session__calendar') }}
    where calendar = 'XNYS' and is_session
    {% for days in [30, 90, 365] %}
        union all
        select
            date_day as session_date,
            '{{ days }}d' as horizon,
            {{ add_days('date_day', -days) }} as base_date
        from {{ ref('int_session__calendar') }}
        where calendar = 'XNYS' and is_session
    {% endfor %}

),

splits as (

    select
        instrument,
        ex_date,
        known_at_utc
    from {{ ref('fct_market_action') }}
    where action = 'split'

),

-- A split within the span moves both closes to one share; the return was known when it was told.
returns as (

    select
        closes.basket,
        closes.instrument,
        closes.session_date,
        bases.horizon,
        bases.base_date,
        max({{ pct_change('closes.close_usd', 'base.close_usd') }}) as return_pct,
        greatest(
            max(closes.known_at_utc),
            coalesce(max(base.known_at_utc), max(closes.known_at_utc)),
            coalesce(max(splits.known_at_utc), max(closes.known_at_utc))
        ) as known_at_utc
    from closes
    inner join bases on closes.session_date = bases.session_date
    left join {{ ref('int_session__calendar') }} as base_session
        on closes.calendar = base_session.calendar and bases.base_date = base_session.date_day
    left join closes as base
        on
            closes.instrument = base.instrument
            and base_session.session_on_or_before_date = base.session_date
    left join splits
        on
            closes.instrument = splits.instrument
            and base.session_date < splits.ex_date
            and closes.session_date >= splits.ex_date
    group by closes.basket, closes.instrument, closes.session_date, bases.horizon, bases.base_date

),

baskets as (

    select
        basket,
        session_date,
        horizon,
        base_date,
        -- Added as decimals, whose sum does not depend on the order.
        cast(avg(cast(return_pct as decimal(38, 10))) as double) as return_pct,
        median(return_pct) as median_return_pct,
        cast(count(return_pct) as bigint) as members_count,
        {{ listed('case when return_pct is not null then instrument end', '; ', ['instrument']) }} as members,
        {{ listed('case when return_pct is null then instrument end', '; ', ['instrument']) }} as members_without_base,
        max(known_at_utc) as known_at_utc
    from returns
    group by basket, session_date, horizon, base_date

)

select
    basket,
    session_date,
    horizon,
    base_date,
    return_pct,
    median_return_pct,
    cast(rank() over (partition by session_date, horizon order by return_pct desc) as bigint) as return_rank,
    members_count,
    members,
    members_without_base,
    known_at_utc
from baskets
where members_count > 0
order by basket, session_date, horizon
