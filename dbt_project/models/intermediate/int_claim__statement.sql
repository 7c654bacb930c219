-- What statements and compilations say to claims: a figure that somebody stated by the day asked; megawatts of
-- issuers or roles by status and basis (the basis asked is both, with an underscore between them), as told by then;
-- electricity of one country against another's in the year of the day; records with fear.
with asked as (

    select
        *,
        {{ dbt.split_part('subject', "'/'", 1) }} as first_subject,
        {{ dbt.split_part('subject', "'/'", 2) }} as second_subject
    from {{ ref('int_claim__asked') }}
    where metric in ('statement_value', 'capacity_mw', 'power_lead_twh', 'fear_at_records_pct')

),

statements as (

    select
        {{ claim_question('asked') }},
        case asked.basis
            when 'stated' then statements.value
            when 'stated_high' then statements.value_high
        end as value,
        concat(
            statements.said_by, ' of ', statements.about, ', ',
            cast(statements.said_date as {{ dbt.type_string() }})
        ) as evidence,
        statements.citation,
        statements.known_at_utc
    from asked
    inner join {{ ref('fct_statement') }} as statements
        on asked.subject = statements.statement_id and asked.day >= statements.said_date
    where asked.metric = 'statement_value'

),

capacity as (

    select
        {{ claim_question('asked') }},
        sum(capacity.mw) as value,
        concat(
            cast(count(*) as {{ dbt.type_string() }}),
            ' figures of ',
            cast(count(distinct capacity.issuer) as {{ dbt.type_string() }}),
            ' issuers, told for ',
            cast(min(capacity.as_of_date) as {{ dbt.type_string() }}),
            ' to ',
            cast(max(capacity.as_of_date) as {{ dbt.type_string() }})
        ) as evidence,
        min(capacity.citation) as citation,
        max(capacity.known_at_utc) as known_at_utc
    from asked
    inner join {{ ref('dim_issuer') }} as issuers
        on
            {{ is_in_list('issuers.issuer', 'asked.subject') }}
            or {{ is_in_list('issuers.role', 'asked.subject') }}
    inner join {{ ref('fct_capacity') }} as capacity
        on
            issuers.issuer = capacity.issuer
            and capacity.is_newest
            and capacity.told_for = 'issuer'
            and asked.basis = concat(capacity.status, '_', capacity.basis)
            and asked.day >= capacity.as_of_date
    where asked.metric = 'capacity_mw'
    group by asked.claim_id, asked.figure_number, asked.basis, asked.day

),

electricity as (

    select
        {{ claim_question('asked') }},
        case asked.basis
            when 'generation' then one.generation_twh - other.generation_twh
            when 'addition' then one.added_twh - other.added_twh
        end as value,
        concat(
            one.country, ' against ', other.country, ' in ', cast(one.year as {{ dbt.type_string() }})
        ) as evidence,
        one.citation,
        greatest(one.known_at_utc, other.known_at_utc) as known_at_utc
    from asked
    inner join {{ ref('mart_power') }} as one
        on asked.first_subject = one.country and extract(year from asked.day) = one.year
    inner join {{ ref('mart_power') }} as other
        on asked.second_subject = other.country and one.year = other.year
    where asked.metric = 'power_lead_twh'

),

fear as (

    select
        {{ claim_question('asked') }},
        case asked.basis
            when 'year_to_date' then regimes.records_with_fear_ytd_pct
            when 'day' then case when regimes.is_record_with_fear then 100.0 else 0.0 end
        end as value,
        concat(
            cast(regimes.records_with_fear_ytd as {{ dbt.type_string() }}), ' of ',
            cast(regimes.records_ytd as {{ dbt.type_string() }}),
            ' records of the year; fear rose on ',
            cast(round(regimes.vix_up_ytd_pct, 1) as {{ dbt.type_string() }}),
            ' % of all sessions, and on ',
            cast(round(regimes.up_days_with_fear_ytd_pct, 1) as {{ dbt.type_string() }}),
            ' % of those on which stocks rose'
        ) as evidence,
        cast(null as {{ dbt.type_string() }}) as citation,
        regimes.known_at_utc
    from asked
    inner join {{ ref('mart_macro_regime') }} as regimes on asked.day = regimes.session_date
    where asked.metric = 'fear_at_records_pct' and asked.subject = 'SPY'

)

select * from statements
where value is not null
union all
select * from capacity
where value is not null
union all
select * from electricity
where value is not null
union all
select * from fear
where value is not null
