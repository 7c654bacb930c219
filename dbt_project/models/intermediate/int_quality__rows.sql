-- What became of every row of a provider, and of every month of production: it stands in a number, or why it does not.
{% set vintages = {
    'raw_market__bar': ('instrument', ['instrument', 'session_date', 'provider'], 'fct_market_price_daily'),
    'raw_market__action': ('instrument', ['instrument', 'ex_date', 'action', 'provider'], 'fct_market_action'),
    'raw_macro__observation': ('series', ['series', 'observation_date', 'provider'], 'fct_macro_observation'),
    'raw_network__day': ("'BTC'", ['utc_date', 'provider'], 'int_network__measured'),
} %}

with told as (

    {% for table, (subject, key, numbers) in vintages.items() %}
        select
            '{{ table }}' as source,
            held.subject,
            case
                when held.recency > 1 then 'superseded'
                when numbers.provider is not null then 'in_a_number'
                {%- if subject == 'instrument' %}
                    when instruments.instrument is null then 'of_no_instrument'
                {%- endif %}
                {%- if table == 'raw_market__bar' %}
                    when exclusions.provider is not null then 'excluded'
                {%- endif %}
                {%- if table == 'raw_network__day' %}
                    when coalesce(held.blocks, held.fees_btc, held.difficulty, held.hashrate_eh_s) is null
                        then 'without_figure'
                {%- endif %}
                else 'beside_another_provider'
            end as row_use,
            held.known_at_utc
        from (
            select
                *,
                {{ subject }} as subject,
                row_number() over (
                    partition by {{ key | join(', ') }} order by known_at_utc desc, source_sha256 desc
                ) as recency
            from {{ source('raw', table) }}
            where {{ known_by() }}
        ) as held
        {%- if subject == 'instrument' %}
        left join {{ ref('dim_instrument') }} as instruments on held.instrument = instruments.instrument
            {%- endif %}
        {%- if table == 'raw_market__bar' %}
            left join
                {{ as_of(source('raw', 'raw_ledger__bar_exclusion'), ['instrument', 'session_date', 'provider']) }}
                    as exclusions
                on
                    held.instrument = exclusions.instrument
                    and held.session_date = exclusions.session_date
                    and held.provider = exclusions.provider
        {%- endif %}
        left join (
            select distinct {{ key | join(', ') }}
            from {{ ref(numbers) }}
            {%- if table == 'raw_network__day' %}
                where place = 1
            {%- endif %}
        ) as numbers
            on
                held.provider = numbers.provider
                {%- for name in key if name != 'provider' %}
                    and held.{{ name }} = numbers.{{ name }}
                {%- endfor %}

        union all
    {% endfor %}

    select
        'raw_ledger__production' as source,
        months.issuer as subject,
        case
            when used.source_sha256 is not null then 'in_a_number'
            when figures.source_sha256 is null then 'without_figure'
            else 'superseded'
        end as row_use,
        months.known_at_utc
    from {{ source('raw', 'raw_ledger__production') }} as months
    left join (
        select distinct source_sha256
        from
            {{
                as_of(
                    ref('int_production__unpivoted'), ['issuer', 'period_start_date', 'period_end_date', 'metric']
                )
            }} as vintage
    ) as used
        on months.source_sha256 = used.source_sha256
    left join (select distinct source_sha256 from {{ ref('int_production__unpivoted') }}) as figures
        on months.source_sha256 = figures.source_sha256
    where {{ known_by('months.known_at_utc') }}

),

counted as (

    select
        case when row_use in ('in_a_number', 'superseded') then source else subject end as check_subject,
        source,
        'all' as period,
        concat('rows_', row_use) as finding,
        case when row_use in ('of_no_instrument', 'without_figure') then 'warning' else 'info' end as severity,
        count(*) as value,
        'rows' as unit,
        max(known_at_utc) as known_at_utc
    from told
    group by case when row_use in ('in_a_number', 'superseded') then source else subject end, source, row_use

),

idle as (

    select
        concat(exclusions.instrument, ' ', exclusions.provider) as check_subject,
        'raw_ledger__bar_exclusion' as source,
        cast(exclusions.session_date as {{ dbt.type_string() }}) as period,
        'exclusion_of_no_bar' as finding,
        'info' as severity,
        0 as value,
        'rows' as unit,
        exclusions.known_at_utc
    from {{ as_of(source('raw', 'raw_ledger__bar_exclusion'), ['instrument', 'session_date', 'provider']) }}
        as exclusions
    left join {{ source('raw', 'raw_market__bar') }} as bars
        on
            exclusions.instrument = bars.instrument
            and exclusions.session_date = bars.session_date
            and exclusions.provider = bars.provider
            and {{ known_by('bars.known_at_utc') }}
    where bars.instrument is null

),

findings as (

    select * from counted

    union all

    select * from idle

)

select
    check_subject,
    source,
    period,
    finding,
    severity,
    cast(value as double) as value,
    cast(null as double) as expected,
    unit,
    known_at_utc
from findings
