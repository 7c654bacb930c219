-- The network by UTC day, column by column from the preferred provider that has the figure.
with chosen as (
    select * from {{ ref('int_network__measured') }}
    where place = 1
),

figures as (
    select
        utc_date,
        cast(max(case when measure = 'blocks' then value end) as bigint) as blocks,
        max(case when measure = 'fees_btc' then value end) as fees_btc,
        max(case when measure = 'difficulty' then value end) as difficulty,
        max(case when measure = 'hashrate_eh_s' then value end) as hashrate_provider_eh_s,
        max(case when measure = 'hashrate_eh_s' then provider end) as hashrate_provider,
        max(known_at_utc) as known_at_utc
    from chosen
    group by utc_date
),

sources as (
    select
        chosen.utc_date,
        chosen.provider,
        min(chosen.priority) as priority,
        max({{ redistribution_rank('providers.redistribution') }}) as redistribution_rank,
        max(case when chosen.measure <> 'hashrate_eh_s' then 1 else 0 end) as is_counted
    from chosen
    left join {{ ref('dim_provider') }} as providers on chosen.provider = providers.provider
    group by chosen.utc_date, chosen.provider
),

terms as (
    select
        utc_date,
        {{ redistribution_of_rank('max(redistribution_rank)') }} as redistribution
    from sources
    group by utc_date
),

named as (
    select
        utc_date,
        {{ listed('provider', '; ', ['priority', 'provider']) }} as provider
    from sources
    where is_counted = 1
    group by utc_date
)

select
    figures.utc_date,
    figures.blocks,
    figures.fees_btc,
    figures.difficulty,
    named.provider,
    figures.hashrate_provider_eh_s,
    figures.hashrate_provider,
    terms.redistribution,
    figures.known_at_utc
from figures
inner join terms on figures.utc_date = terms.utc_date
left join named on figures.utc_date = named.utc_date
