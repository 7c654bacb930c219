-- Changes of macro series from one day to another, by the last observation on or before each; and coins that issuers
-- sold over the months of a window.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('series_change_pct', 'coins_sold_btc')

),

observed as (

    select
        series,
        observation_date,
        value,
        known_at_utc,
        coalesce(
            lead(observation_date) over (partition by series order by observation_date),
            {{ add_days('observation_date', 120) }}
        ) as next_date
    from {{ ref('fct_macro_observation') }}
    where value is not null

),

ends as (

    select
        asked.*,
        case asked.basis
            when 'since' then asked.from_date
            when 'year' then cast({{ dbt.dateadd('year', -1, 'asked.day') }} as date)
        end as base_day
    from asked
    where asked.metric = 'series_change_pct'

),

changes as (

    select
        {{ claim_question('ends') }},
        {{ pct_change('last_one.value', 'nullif(first_one.value, 0)') }} as value,
        concat(
            ends.subject,
            ': ',
            {{ number_text('first_one.value') }},
            ' on ',
            cast(first_one.observation_date as {{ dbt.type_string() }}),
            ', ',
            {{ number_text('last_one.value') }},
            ' on ',
            cast(last_one.observation_date as {{ dbt.type_string() }})
        ) as evidence,
        cast(null as {{ dbt.type_string() }}) as citation,
        greatest(first_one.known_at_utc, last_one.known_at_utc) as known_at_utc
    from ends
    inner join observed as first_one
        on
            ends.subject = first_one.series
            and ends.base_day >= first_one.observation_date
            and ends.base_day < first_one.next_date
    inner join observed as last_one
        on
            ends.subject = last_one.series
            and ends.day >= last_one.observation_date
            and ends.day < last_one.next_date

),

months as (

    select
        operating.issuer,
        issuers.role,
        operating.period_end_date,
        max(case operating.metric when 'btc_sold' then operating.value end) as sold_btc,
        max(case operating.metric when 'btc_produced' then operating.value end) as produced_btc,
        max(operating.citation) as citation,
        max(operating.known_at_utc) as known_at_utc
    from {{ ref('fct_miner_operating') }} as operating
    -- A quarter beside its months would count twice.
    inner join {{ ref('mart_miner_scorecard') }} as periods
        on
            operating.issuer = periods.issuer
            and operating.period_start_date = periods.period_start_date
            and operating.period_end_date = periods.period_end_date
    inner join {{ ref('dim_issuer') }} as issuers on operating.issuer = issuers.issuer
    where operating.metric in ('btc_sold', 'btc_produced')
    group by operating.issuer, issuers.role, operating.period_end_date

),

sales as (

    select
        {{ claim_question('asked') }},
        case asked.basis
            when 'sold' then sum(months.sold_btc)
            when 'sold_beyond_production' then sum(months.sold_btc - months.produced_btc)
        end as value,
        concat(
            cast(count(months.sold_btc) as {{ dbt.type_string() }}),
            ' months of ',
            cast(
                count(distinct case when months.sold_btc is not null then months.issuer end) as {{ dbt.type_string() }}
            ),
            ' issuers that told their sales'
        ) as evidence,
        max(case when months.sold_btc is not null then months.citation end) as citation,
        max(months.known_at_utc) as known_at_utc
    from asked
    inner join months
        on
            months.period_end_date between asked.from_date and asked.day
            and (
                {{ is_in_list('months.issuer', 'asked.subject') }} or {{ is_in_list('months.role', 'asked.subject') }}
            )
    where asked.metric = 'coins_sold_btc'
    group by asked.claim_id, asked.figure_number, asked.basis, asked.day

)

select * from changes
union all
select * from sales
where value is not null
