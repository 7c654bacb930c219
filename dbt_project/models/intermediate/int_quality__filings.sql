-- What a reader of filed numbers should know beside them: differences between sources, quarters without a number by
-- reason, what became of every fact, concepts that are not there. Reads no clock.
{#- Metrics that many a filer has nothing of. -#}
{%- set of_some = "('finance_leases', 'digital_assets', 'customer_prepayments', 'equity_raised', 'debt_repaid')" %}

with quarters as (

    select * from {{ ref('fct_financial_quarter') }}

),

-- Beyond half a million the figures differ by more than the ledger's rounding.
against_ledger as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        calendar_quarter as period,
        'differs_from_ledger' as finding,
        'warning' as severity,
        value_usd_m as value,
        ledger_value_usd_m as expected,
        'USD million' as unit,
        known_at_utc
    from quarters
    where method <> 'ledger' and abs(value_usd_m - ledger_value_usd_m) > 0.5

),

-- Of one calendar quarter, and yet not of the same days: the two figures are not of one fiscal year.
ledger_of_other_days as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_ledger__capex_quarter' as source,
        calendar_quarter as period,
        'ledger_of_other_days' as finding,
        'warning' as severity,
        {{ days_between('period_end_date', 'ledger_period_end_date') }} as value,
        cast(0 as double) as expected,
        'days' as unit,
        known_at_utc
    from quarters
    where
        method <> 'ledger'
        and (period_start_date <> ledger_period_start_date or period_end_date <> ledger_period_end_date)

),

-- The quarter that a filing reports beside its own year-to-date figures; three numbers rounded to millions may be
-- 1.5 million apart.
against_reported as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        calendar_quarter as period,
        'differs_from_reported_quarter' as finding,
        case when abs(value - reported_value) <= 1500000 then 'info' else 'warning' end as severity,
        value,
        reported_value as expected,
        unit,
        known_at_utc
    from quarters
    where method = 'ytd_difference' and value <> reported_value

),

-- The year is shown in the last vintage that it is whole in; a later filing gave another number since.
restated_since as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        calendar_quarter as period,
        'year_to_date_restated_since' as finding,
        'warning' as severity,
        minuend_value as value,
        minuend_latest_value as expected,
        unit,
        known_at_utc
    from quarters
    where method in ('reported', 'ytd_difference') and minuend_value <> minuend_latest_value

),

negative as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        calendar_quarter as period,
        'negative_quarter' as finding,
        'warning' as severity,
        value,
        cast(null as double) as expected,
        unit,
        known_at_utc
    from quarters
    where value < 0 and metric <> 'operating_cash_flow'

),

-- A filer's slip of scale: its number stands as filed, and so do the quarters made of it, none of high confidence.
of_another_scale as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        {{ quarter_label(date_midpoint('period_start_date', 'period_end_date')) }} as period,
        concat('of_another_scale_', concept) as finding,
        'warning' as severity,
        value,
        expected_value as expected,
        unit,
        known_at_utc
    from {{ ref('int_fact__slip') }}

),

-- Two fiscal quarters with a number have their middle in one calendar quarter: the one that stands back.
replaced as (

    select
        concat(terms.issuer, ' ', terms.metric) as check_subject,
        'raw_sec__fact' as source,
        concat(
            cast(terms.period_start_date as {{ dbt.type_string() }}),
            ' to ',
            cast(terms.period_end_date as {{ dbt.type_string() }})
        ) as period,
        'quarter_replaced' as finding,
        'warning' as severity,
        sum(terms.value) as value,
        cast(null as double) as expected,
        min(terms.unit) as unit,
        max(terms.known_at_utc) as known_at_utc
    from (
        select
            issuer,
            metric,
            unit,
            fiscal_year_start_date,
            period_start_date,
            period_end_date,
            value,
            known_at_utc
        from {{ ref('int_cashflow__quarter') }}

        union all

        select
            issuer,
            metric,
            unit,
            fiscal_year_start_date,
            period_start_date,
            period_end_date,
            value,
            known_at_utc
        from {{ ref('int_financial__instant') }}
    ) as terms
    left join {{ ref('int_financial__quarter') }} as numbers
        on
            terms.issuer = numbers.issuer
            and terms.metric = replace(numbers.metric, 'digital_assets_usd_m', 'digital_assets')
            and terms.fiscal_year_start_date = numbers.fiscal_year_start_date
            and terms.period_start_date = numbers.period_start_date
            and terms.period_end_date = numbers.period_end_date
    where terms.value is not null and numbers.issuer is null
    group by terms.issuer, terms.metric, terms.period_start_date, terms.period_end_date

),

without_number as (

    select
        concat(issuer, ' ', metric) as check_subject,
        'raw_sec__fact' as source,
        concat(min(calendar_quarter), ' to ', max(calendar_quarter)) as period,
        concat('quarters_null_', null_reason) as finding,
        case when null_reason in ('mixed_vintages', 'concept_switched') then 'warning' else 'info' end as severity,
        count(*) as value,
        max(expected) as expected,
        'quarters' as unit,
        max(known_at_utc) as known_at_utc
    from (
        select
            *,
            count(*) over (partition by issuer, metric) as expected
        from quarters
    ) as counted
    where method = 'not_derived'
    group by issuer, metric, null_reason

),

facts as (

    select
        facts.issuer,
        facts.taxonomy,
        facts.concept,
        facts.unit,
        facts.known_at_basis,
        facts.known_at_utc,
        coalesce(facts.filed_date < issuers.business_start_date, false) as is_before_business
    from {{ source('raw', 'raw_sec__fact') }} as facts
    inner join {{ ref('dim_issuer') }} as issuers on facts.issuer = issuers.issuer
    where {{ known_by('facts.known_at_utc') }}

),

kept_out as (

    select
        issuer as check_subject,
        'raw_sec__fact' as source,
        'all' as period,
        'facts_before_business_start' as finding,
        'info' as severity,
        count(*) as value,
        0 as expected,
        'facts' as unit,
        max(known_at_utc) as known_at_utc
    from facts
    where is_before_business
    group by issuer

),

bounded as (

    select
        issuer as check_subject,
        'raw_sec__fact' as source,
        'all' as period,
        'facts_known_by_filing_day' as finding,
        'info' as severity,
        count(*) as value,
        0 as expected,
        'facts' as unit,
        max(known_at_utc) as known_at_utc
    from facts
    where known_at_basis = 'filed_date'
    group by issuer

),

spoken as (

    select
        issuer,
        taxonomy,
        concept,
        unit,
        count(*) as facts
    from facts
    where not is_before_business
    group by issuer, taxonomy, concept, unit

),

-- What became of the facts of the lake; a warning where days are lost that lie after an issuer's first fiscal quarter.
used as (

    select
        case fact_use when 'of_no_metric' then issuer else concat(issuer, ' ', metrics) end as check_subject,
        'raw_sec__fact' as source,
        case
            when fact_use in ('of_no_fiscal_quarter', 'of_no_fiscal_year')
                then concat(
                    cast(min(period_start_date) as {{ dbt.type_string() }}),
                    ' to ',
                    cast(max(period_end_date) as {{ dbt.type_string() }})
                )
            else 'all'
        end as period,
        concat('facts_', fact_use) as finding,
        case
            when fact_use = 'of_no_fiscal_year' and max(is_later) = 1 then 'warning' else 'info'
        end as severity,
        sum(filings) as value,
        cast(null as double) as expected,
        'facts' as unit,
        max(known_at_utc) as known_at_utc
    from (
        select
            uses.*,
            case when uses.period_end_date < years.first_date then 0 else 1 end as is_later
        from {{ ref('int_fact__use') }} as uses
        left join (
            select
                issuer,
                min(period_start_date) as first_date
            from {{ ref('int_fiscal__quarter') }}
            group by issuer
        ) as years
            on uses.issuer = years.issuer
    ) as told
    group by issuer, fact_use, case fact_use when 'of_no_metric' then issuer else concat(issuer, ' ', metrics) end

),

of_no_issuer as (

    select
        facts.issuer as check_subject,
        'raw_sec__fact' as source,
        'all' as period,
        'facts_of_no_issuer' as finding,
        'warning' as severity,
        count(*) as value,
        0 as expected,
        'facts' as unit,
        max(facts.known_at_utc) as known_at_utc
    from {{ source('raw', 'raw_sec__fact') }} as facts
    left join {{ ref('dim_issuer') }} as issuers on facts.issuer = issuers.issuer
    where issuers.issuer is null and {{ known_by('facts.known_at_utc') }}
    group by facts.issuer

),

filers as (

    select
        issuer,
        max(known_at_utc) as known_at_utc
    from facts
    group by issuer

),

unmapped as (

    select
        concat(filers.issuer, ' ', metrics.metric) as check_subject,
        'raw_ledger__concept' as source,
        'all' as period,
        'metric_not_mapped' as finding,
        'info' as severity,
        0 as value,
        1 as expected,
        'concepts' as unit,
        filers.known_at_utc
    from filers
    cross join (select distinct metric from {{ ref('int_concept__mapped') }}) as metrics
    left join {{ ref('int_concept__mapped') }} as mapped
        on filers.issuer = mapped.issuer and metrics.metric = mapped.metric
    where mapped.issuer is null and metrics.metric not in ('capex_with_finance_leases', 'digital_assets')

),

silent as (

    select
        concat(mapped.issuer, ' ', mapped.metric) as check_subject,
        'raw_ledger__concept' as source,
        'all' as period,
        concat('no_fact_of_', mapped.concept) as finding,
        case when mapped.metric in {{ of_some }} then 'info' else 'warning' end as severity,
        0 as value,
        1 as expected,
        'facts' as unit,
        max(filers.known_at_utc) as known_at_utc
    from {{ ref('int_concept__mapped') }} as mapped
    inner join filers on mapped.issuer = filers.issuer
    left join spoken
        on
            mapped.issuer = spoken.issuer
            and mapped.taxonomy = spoken.taxonomy
            and mapped.concept = spoken.concept
            and mapped.unit = spoken.unit
    where spoken.issuer is null and mapped.is_required
    group by mapped.issuer, mapped.metric, mapped.concept

),

findings as (

    select * from against_ledger

    union all

    select * from ledger_of_other_days

    union all

    select * from against_reported

    union all

    select * from restated_since

    union all

    select * from negative

    union all

    select * from of_another_scale

    union all

    select * from replaced

    union all

    select * from without_number

    union all

    select * from kept_out

    union all

    select * from used

    union all

    select * from of_no_issuer

    union all

    select * from bounded

    union all

    select * from unmapped

    union all

    select * from silent

)

select
    check_subject,
    source,
    period,
    finding,
    severity,
    cast(value as double) as value,
    cast(expected as double) as expected,
    unit,
    known_at_utc
from findings
