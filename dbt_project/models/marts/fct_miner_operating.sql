-- The ledger's figure and the filings' one beside each other. Where they agree the filing is cited, which can be opened
-- at the passage; where they differ the ledger's stands, and a finding says so.
with ledger as (
    select *
    from
        {{
            as_of(
                ref('int_production__unpivoted'), ['issuer', 'period_start_date', 'period_end_date', 'metric']
            )
        }} as vintage
),

versions as (
    select
        issuer,
        metric,
        max(definition_version) as definition_version
    from ledger
    group by issuer, metric
),

filed as (
    select * from {{ ref('int_miner__filed') }}
    where place = 1
),

figures as (
    select
        ledger.value as ledger_value,
        ledger.citation as ledger_citation,
        ledger.confidence as ledger_confidence,
        ledger.known_at_utc as ledger_known_at_utc,
        ledger.definition_version,
        filed.value as filed_value,
        filed.document_url,
        filed.passage_id,
        filed.confidence as filed_confidence,
        filed.known_at_utc as filed_known_at_utc,
        coalesce(ledger.issuer, filed.issuer) as issuer,
        coalesce(ledger.period_start_date, filed.period_start_date) as period_start_date,
        coalesce(ledger.period_end_date, filed.period_end_date) as period_end_date,
        coalesce(ledger.metric, filed.metric) as metric,
        coalesce(ledger.unit, filed.unit) as unit,
        coalesce({{ agrees('ledger.value', 'filed.value') }}, ledger.value is null) as is_filed
    from ledger
    full outer join filed
        on
            ledger.issuer = filed.issuer
            and ledger.period_start_date = filed.period_start_date
            and ledger.period_end_date = filed.period_end_date
            and ledger.metric = filed.metric
)

select
    figures.issuer,
    figures.period_start_date,
    figures.period_end_date,
    figures.metric,
    coalesce(figures.ledger_value, figures.filed_value) as value,
    figures.unit,
    cast(coalesce(figures.definition_version, versions.definition_version, 1) as bigint) as definition_version,
    case when figures.is_filed then figures.document_url else figures.ledger_citation end as citation,
    case when figures.is_filed then figures.passage_id end as passage_id,
    coalesce(figures.ledger_confidence, figures.filed_confidence) as confidence,
    case
        when figures.is_filed
            then least(figures.filed_known_at_utc, coalesce(figures.ledger_known_at_utc, figures.filed_known_at_utc))
        else figures.ledger_known_at_utc
    end as known_at_utc
from figures
left join versions on figures.issuer = versions.issuer and figures.metric = versions.metric
order by figures.issuer, figures.period_start_date, figures.period_end_date, figures.metric
