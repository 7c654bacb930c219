-- Quarters as XBRL gives them, and from the ledger where XBRL gives no number; where both do, its number stands beside.
with ledger as (

    select
        vintage.*,
        {{ quarter_label(date_midpoint('vintage.period_start_date', 'vintage.period_end_date')) }} as calendar_quarter
    from {{ as_of(ref('stg_ledger__capex_quarter'), ['issuer', 'metric', 'period_end_date']) }} as vintage

),

xbrl as (

    select
        *,
        case when unit = 'USD' then value / 1e6 end as value_usd_m
    from {{ ref('int_financial__quarter') }}

),

paired as (

    select
        xbrl.*,
        ledger.value_usd_m as ledger_value_usd_m,
        ledger.citation as ledger_citation,
        ledger.period_start_date as ledger_period_start_date,
        ledger.period_end_date as ledger_period_end_date
    from xbrl
    left join ledger
        on
            xbrl.issuer = ledger.issuer
            and xbrl.metric = ledger.metric
            and xbrl.calendar_quarter = ledger.calendar_quarter
    -- Without a number the quarter is the ledger's, if it has one.
    where xbrl.value is not null or ledger.issuer is null

),

quarters as (

    select
        issuer,
        metric,
        basis,
        calendar_quarter,
        value_usd_m,
        method,
        period_start_date,
        period_end_date,
        concept as xbrl_concept,
        'Company facts at EDGAR, by the accessions named' as citation,
        confidence,
        case
            when value is null then null_reason
            when unit = 'shares' then 'not_an_amount'
            when unit <> 'USD' then 'no_fx_rate'
        end as null_reason,
        known_at_utc,
        value,
        unit,
        taxonomy,
        fiscal_year_start_date,
        cast(fiscal_quarter as bigint) as fiscal_quarter,
        minuend_value,
        minuend_accession,
        subtrahend_value,
        subtrahend_accession,
        reported_value,
        reported_accession,
        first_value,
        first_known_at_utc,
        ledger_value_usd_m,
        ledger_citation,
        ledger_period_start_date,
        ledger_period_end_date,
        minuend_latest_value
    from paired

    union all

    select
        ledger.issuer,
        ledger.metric,
        ledger.basis,
        ledger.calendar_quarter,
        ledger.value_usd_m,
        'ledger' as method,
        ledger.period_start_date,
        ledger.period_end_date,
        ledger.xbrl_concept,
        ledger.citation,
        ledger.confidence,
        case when ledger.value_usd_m is null then 'unit_not_understood' end as null_reason,
        ledger.known_at_utc,
        ledger.value_usd_m * 1e6 as value,
        'USD' as unit,
        null as taxonomy,
        null as fiscal_year_start_date,
        null as fiscal_quarter,
        null as minuend_value,
        null as minuend_accession,
        null as subtrahend_value,
        null as subtrahend_accession,
        null as reported_value,
        null as reported_accession,
        null as first_value,
        null as first_known_at_utc,
        ledger.value_usd_m as ledger_value_usd_m,
        ledger.citation as ledger_citation,
        ledger.period_start_date as ledger_period_start_date,
        ledger.period_end_date as ledger_period_end_date,
        null as minuend_latest_value
    from ledger
    left join xbrl
        on
            ledger.issuer = xbrl.issuer
            and ledger.metric = xbrl.metric
            and ledger.calendar_quarter = xbrl.calendar_quarter
            and xbrl.value is not null
    where xbrl.issuer is null

)

select * from quarters
order by issuer, metric, calendar_quarter
