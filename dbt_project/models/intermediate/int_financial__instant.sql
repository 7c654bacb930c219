-- Balances at the end of fiscal quarters, one row per term of a metric. Shares on the cover of a report stand at the
-- cover's own date; the first one after the quarter, and before the next report is due, is the quarter's.

with terms as (

    select * from {{ ref('int_concept__mapped') }}
    where period_type = 'instant'

),

balances as (

    select
        terms.metric,
        vintages.issuer,
        vintages.taxonomy,
        vintages.concept,
        vintages.unit,
        vintages.period_end_date as balance_date,
        vintages.value,
        vintages.accession,
        vintages.known_at_utc,
        vintages.first_value,
        vintages.first_known_at_utc
    from {{ ref('int_fact__vintage') }} as vintages
    inner join (
        select distinct
            issuer,
            metric,
            taxonomy,
            concept,
            unit
        from terms
    ) as terms
        on
            vintages.issuer = terms.issuer
            and vintages.taxonomy = terms.taxonomy
            and vintages.concept = terms.concept
            and vintages.unit = terms.unit
    where vintages.period_type = 'instant'

),

years as (

    select
        issuer,
        fiscal_year_start_date,
        max(period_end_date) as period_end_date
    from {{ ref('int_fiscal__quarter') }}
    group by issuer, fiscal_year_start_date

),

-- Years in which the issuer gives the metric at all.
spoken as (

    select distinct
        years.issuer,
        years.fiscal_year_start_date,
        balances.metric
    from years
    inner join balances
        on
            years.issuer = balances.issuer
            and years.fiscal_year_start_date <= balances.balance_date
            and (
                years.period_end_date >= balances.balance_date
                or (balances.taxonomy = 'dei' and balances.balance_date <= {{ add_days('years.period_end_date', 90) }})
            )

),

expected as (

    select
        quarters.issuer,
        terms.metric,
        terms.taxonomy,
        terms.concept,
        terms.unit,
        terms.priority,
        terms.is_required,
        terms.basis,
        terms.confidence,
        quarters.fiscal_year_start_date,
        quarters.fiscal_quarter,
        quarters.period_start_date,
        quarters.period_end_date,
        quarters.known_at_utc
    from {{ ref('int_fiscal__quarter') }} as quarters
    inner join spoken
        on
            quarters.issuer = spoken.issuer
            and quarters.fiscal_year_start_date = spoken.fiscal_year_start_date
    inner join terms
        on
            spoken.issuer = terms.issuer
            and spoken.metric = terms.metric
            and quarters.period_end_date >= terms.valid_from_date
            and (terms.valid_to_date is null or quarters.period_end_date < terms.valid_to_date)

),

matched as (

    select
        expected.*,
        balances.balance_date,
        balances.value,
        balances.accession,
        balances.known_at_utc as balance_known_at_utc,
        balances.first_value,
        balances.first_known_at_utc,
        row_number() over (
            partition by
                expected.issuer,
                expected.metric,
                expected.taxonomy,
                expected.concept,
                expected.fiscal_year_start_date,
                expected.fiscal_quarter
            order by balances.balance_date
        ) as place
    from expected
    left join balances
        on
            expected.issuer = balances.issuer
            and expected.metric = balances.metric
            and expected.taxonomy = balances.taxonomy
            and expected.concept = balances.concept
            and expected.unit = balances.unit
            and expected.period_end_date <= balances.balance_date
            and balances.balance_date
            <= case expected.taxonomy
                when 'dei' then {{ add_days('expected.period_end_date', 90) }} else expected.period_end_date
            end

)

select
    issuer,
    metric,
    taxonomy,
    concept,
    unit,
    priority,
    is_required,
    basis,
    confidence,
    fiscal_year_start_date,
    fiscal_quarter,
    period_start_date,
    period_end_date,
    balance_date,
    value,
    case when value is null then 'not_derived' else 'reported' end as method,
    accession,
    first_value,
    first_known_at_utc,
    case when value is null then 'missing_balance' end as null_reason,
    coalesce(balance_known_at_utc, known_at_utc) as known_at_utc
from matched
where place = 1
