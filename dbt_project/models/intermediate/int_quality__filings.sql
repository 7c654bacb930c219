-- What a reader of filed numbers should know beside them: differences between sources, quarters without a number by
-- reason, facts kept out, concepts that are not there. Reads no clock.
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
        case when mapped.metric in ('finance_leases', 'digital_assets') then 'info' else 'warning' end as severity,
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

    select * from without_number

    union all

    select * from kept_out

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
