-- What closes say to claims: returns of an instrument, of one against another, or of the shares of a role in equal
-- weight; lowest closes; days by which one instrument was back before another. A close stands until the next one, at
-- most a week. Closes are those before splits, and before dividends too where the basis says total return.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('return_pct', 'lowest_close_usd', 'recovery_lead_days')

),

legs as (

    select
        subject,
        {{ dbt.split_part('subject', "'/'", 1) }} as first_leg,
        nullif({{ dbt.split_part('subject', "'/'", 2) }}, '') as second_leg
    from (select distinct subject from asked) as subjects

),

members as (

    select
        legs.subject,
        legs.second_leg,
        instruments.instrument
    from legs
    inner join {{ ref('dim_instrument') }} as instruments on legs.first_leg = instruments.instrument

    union all

    select
        legs.subject,
        legs.second_leg,
        instruments.instrument
    from legs
    inner join {{ ref('dim_issuer') }} as issuers on {{ is_in_list('issuers.role', 'legs.subject') }}
    inner join {{ ref('dim_instrument') }} as instruments
        on issuers.issuer = instruments.issuer and instruments.kind = 'equity'

),

closes as (

    select
        instrument,
        session_date,
        close_split_adjusted_usd as close_usd,
        close_total_return_usd,
        known_at_utc,
        lag(session_date) over sessions as previous_session_date,
        lag(session_date, 3) over sessions as third_session_before_date,
        {{ add_days('session_date', 6) }} as last_stand_date,
        {{ add_days('lead(session_date) over sessions', -1) }} as eve_of_next_date
    from {{ ref('fct_market_price_daily') }}
    where
        instrument in (select members.instrument from members)
        or instrument in (select members.second_leg from members)
    window sessions as (partition by instrument order by session_date)

),

standing as (

    select
        instrument,
        session_date,
        close_usd,
        close_total_return_usd,
        known_at_utc,
        previous_session_date,
        third_session_before_date,
        {{ each_day('session_date', 'least(last_stand_date, coalesce(eve_of_next_date, last_stand_date))') }}
            as date_day
    from closes

),

quotes as (

    select
        members.subject,
        first_leg.instrument,
        concat(first_leg.instrument, coalesce('/' || members.second_leg, '')) as label,
        first_leg.date_day,
        first_leg.session_date,
        first_leg.previous_session_date,
        first_leg.third_session_before_date,
        first_leg.close_usd / coalesce(second_leg.close_usd, 1.0) as quote,
        case
            when members.second_leg is null then first_leg.close_total_return_usd
            else first_leg.close_total_return_usd / second_leg.close_total_return_usd
        end as total_return_quote,
        greatest(first_leg.known_at_utc, coalesce(second_leg.known_at_utc, first_leg.known_at_utc)) as known_at_utc
    from members
    inner join standing as first_leg on members.instrument = first_leg.instrument
    left join standing as second_leg
        on members.second_leg = second_leg.instrument and first_leg.date_day = second_leg.date_day
    where members.second_leg is null or second_leg.instrument is not null

),

ended as (

    select
        asked.*,
        case
            when asked.basis = 'calendar_month' then cast({{ dbt.last_day('asked.day', 'month') }} as date)
            else asked.day
        end as end_day
    from asked
    where asked.metric = 'return_pct'

),

based as (

    select
        {{ claim_question('ended') }},
        ended.subject,
        quotes.instrument,
        quotes.label,
        quotes.session_date,
        quotes.quote,
        quotes.total_return_quote,
        quotes.known_at_utc,
        case ended.basis
            when 'day' then quotes.previous_session_date
            when 'three_sessions' then quotes.third_session_before_date
            when 'since' then ended.from_date
            when 'month' then cast({{ dbt.dateadd('month', -1, 'ended.day') }} as date)
            when 'year' then cast({{ dbt.dateadd('year', -1, 'ended.day') }} as date)
            when 'calendar_month' then {{ add_days(dbt.date_trunc('month', 'ended.day'), -1) }}
            when 'year_to_date' then {{ add_days(dbt.date_trunc('year', 'ended.day'), -1) }}
            when 'year_to_date_total_return' then {{ add_days(dbt.date_trunc('year', 'ended.day'), -1) }}
        end as base_day
    from ended
    inner join quotes on ended.subject = quotes.subject and ended.end_day = quotes.date_day

),

changed as (

    select
        {{ claim_question('based') }},
        based.label,
        base.session_date as base_date,
        base.quote as base_quote,
        based.session_date,
        based.quote,
        case
            when based.basis = 'year_to_date_total_return'
                then {{ pct_change('based.total_return_quote', 'base.total_return_quote') }}
            else {{ pct_change('based.quote', 'base.quote') }}
        end as change_pct,
        greatest(based.known_at_utc, base.known_at_utc) as known_at_utc
    from based
    inner join quotes as base
        on
            based.subject = base.subject
            and based.instrument = base.instrument
            and based.base_day = base.date_day
            and based.session_date > base.session_date

),

returns as (

    select
        {{ claim_question() }},
        avg(change_pct) as value,
        case
            when count(*) = 1
                then concat(
                    min(label),
                    ': ',
                    {{ number_text('round(min(base_quote), 4)') }},
                    ' on ',
                    cast(min(base_date) as {{ dbt.type_string() }}),
                    ', ',
                    {{ number_text('round(min(quote), 4)') }},
                    ' on ',
                    cast(min(session_date) as {{ dbt.type_string() }})
                )
            else concat(
                cast(count(*) as {{ dbt.type_string() }}),
                ' shares in equal weight to ',
                cast(max(session_date) as {{ dbt.type_string() }})
            )
        end as evidence,
        max(known_at_utc) as known_at_utc
    from changed
    where change_pct is not null
    group by claim_id, figure_number, basis, day

),

-- Paths through a window are looked at for the claim's own day alone.
paths as (

    select
        {{ claim_question('asked') }},
        asked.metric,
        asked.subject,
        quotes.session_date,
        quotes.quote,
        max(quotes.quote) over path as peak,
        first_value(quotes.quote) over path as first_quote,
        quotes.known_at_utc
    from asked
    inner join quotes
        on
            asked.subject = quotes.subject
            and quotes.date_day = quotes.session_date
            and quotes.session_date between asked.from_date and asked.day
    where (asked.is_own_day and asked.basis in ('peak_to_trough', 'low_to_end')) or asked.metric = 'lowest_close_usd'
    window
        path as (
            partition by asked.claim_id, asked.figure_number, asked.basis, asked.day
            order by quotes.session_date
            rows between unbounded preceding and current row
        )

),

lows as (

    select
        *,
        row_number() over (
            partition by claim_id, figure_number, basis, day
            order by case when basis = 'peak_to_trough' then quote / peak else quote end, session_date
        ) as place,
        last_value(quote) over (
            partition by claim_id, figure_number, basis, day
            order by session_date
            rows between unbounded preceding and unbounded following
        ) as last_quote,
        max(known_at_utc) over (partition by claim_id, figure_number, basis, day) as path_known_at_utc
    from paths

),

extremes as (

    select
        {{ claim_question() }},
        case
            when metric = 'lowest_close_usd' then quote
            when basis = 'peak_to_trough' then {{ pct_change('quote', 'peak') }}
            else {{ pct_change('last_quote', 'quote') }}
        end as value,
        concat(
            subject,
            ': ',
            {{ number_text('round(quote, 4)') }},
            ' on ',
            cast(session_date as {{ dbt.type_string() }}),
            case
                when basis = 'peak_to_trough'
                    then concat(' after a peak of ', {{ number_text('round(peak, 4)') }})
                when metric = 'return_pct'
                    then concat(', then ', {{ number_text('round(last_quote, 4)') }})
                else ''
            end
        ) as evidence,
        path_known_at_utc as known_at_utc
    from lows
    where place = 1

),

-- The first close after the lowest one that is no lower than the one on from_date.
legs_of_races as (

    select
        {{ claim_question('asked') }},
        asked.from_date,
        legs.first_leg,
        legs.second_leg,
        standing.instrument,
        standing.session_date,
        standing.close_usd,
        standing.known_at_utc,
        first_value(standing.close_usd) over path as start_usd,
        min(standing.close_usd) over (partition by asked.claim_id, asked.figure_number, standing.instrument) as low_usd
    from asked
    inner join legs on asked.subject = legs.subject
    inner join standing
        on
            (legs.first_leg = standing.instrument or legs.second_leg = standing.instrument)
            and standing.date_day = standing.session_date
            and standing.session_date between asked.from_date and asked.day
    where asked.metric = 'recovery_lead_days' and asked.is_own_day and asked.basis = 'close'
    window path as (
        partition by asked.claim_id, asked.figure_number, standing.instrument order by standing.session_date
    )

),

lowest as (

    select
        claim_id,
        figure_number,
        instrument,
        min(session_date) as low_date
    from legs_of_races
    where close_usd = low_usd
    group by claim_id, figure_number, instrument

),

back as (

    select
        {{ claim_question('races') }},
        races.from_date,
        races.instrument = races.first_leg as is_first_leg,
        min(races.session_date) as back_date,
        min(races.known_at_utc) as known_at_utc
    from legs_of_races as races
    inner join lowest
        on
            races.claim_id = lowest.claim_id
            and races.figure_number = lowest.figure_number
            and races.instrument = lowest.instrument
            and races.session_date > lowest.low_date
    where races.close_usd >= races.start_usd
    group by
        races.claim_id, races.figure_number, races.basis, races.day, races.from_date,
        races.instrument = races.first_leg

),

leads as (

    select
        {{ claim_question('first_back') }},
        cast({{ days_between('first_back.back_date', 'second_back.back_date') }} as double) as value,
        concat(
            'back at the level of ',
            cast(first_back.from_date as {{ dbt.type_string() }}),
            ' on ',
            cast(first_back.back_date as {{ dbt.type_string() }}),
            ' against ',
            cast(second_back.back_date as {{ dbt.type_string() }})
        ) as evidence,
        greatest(first_back.known_at_utc, second_back.known_at_utc) as known_at_utc
    from back as first_back
    inner join back as second_back
        on first_back.claim_id = second_back.claim_id and first_back.figure_number = second_back.figure_number
    where first_back.is_first_leg and not second_back.is_first_leg

)

select * from returns
union all
select * from extremes
union all
select * from leads
