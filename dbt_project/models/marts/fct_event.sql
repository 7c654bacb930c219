{#-
    What happened on a day, of the ledger's events and of what other tables tell: deals, bonds, filings, halvings.
    A periodic report beside the results that it belongs to is one story, so neither confounds the other.
-#}
with told as (
    select
        event.event_id,
        event.kind,
        event.issuer,
        event.subject,
        event.what,
        event.event_date,
        event.event_precision,
        event.value,
        event.unit,
        'raw_ledger__event' as source_table,
        event.event_id as source_key,
        event.citation,
        event.confidence,
        event.known_at_utc
    from {{ as_of(source('raw', 'raw_ledger__event'), ['event_id']) }} as event
),

deals as (
    select
        concat('deal-', deal_id) as event_id,
        'deal' as kind,
        issuer,
        coalesce(counterparty, issuer) as subject,
        concat(
            deal_kind,
            coalesce(' with ' || counterparty, ''),
            coalesce(', ' || service_model, ''),
            coalesce(', ' || site, '')
        ) as what,
        announced_date as event_date,
        announced_precision as event_precision,
        value_usd_m as value,
        case when value_usd_m is not null then 'USD million' end as unit,
        'fct_ai_deal' as source_table,
        deal_id as source_key,
        citation,
        confidence,
        known_at_utc
    from {{ ref('fct_ai_deal') }}
    where deal_kind in ('contract', 'acquisition')
),

tranches as (
    select
        *,
        row_number() over (partition by deal_id order by announced_date, tranche_id) as position,
        count(*) over (partition by deal_id) as deal_tranches,
        count(principal_usd_m) over (partition by deal_id) as deal_tranches_in_usd,
        sum(principal_usd_m) over (partition by deal_id) as deal_principal_usd_m,
        max(known_at_utc) over (partition by deal_id) as deal_known_at_utc
    from {{ ref('fct_bond_tranche') }}
),

financings as (
    select
        concat('financing-', deal_id) as event_id,
        'financing' as kind,
        issuer,
        obligor as subject,
        concat(
            deal_tranches,
            case when deal_tranches = 1 then ' tranche' else ' tranches' end,
            coalesce(' in ' || currency, ', currency not told'),
            case when status = 'preliminary' then ', preliminary' else '' end
        ) as what,
        announced_date as event_date,
        announced_precision as event_precision,
        case when deal_tranches_in_usd = deal_tranches then deal_principal_usd_m end as value,
        case when deal_tranches_in_usd = deal_tranches then 'USD million' end as unit,
        'fct_bond_tranche' as source_table,
        deal_id as source_key,
        citation,
        confidence,
        deal_known_at_utc as known_at_utc
    from tranches
    where position = 1
),

filings as (
    select
        concat('filing-', filing.issuer, '-', filing.accession) as event_id,
        case
            when filing.items like '%2.02%' then 'earnings'
            else 'periodic_report'
        end as kind,
        filing.issuer,
        filing.issuer as subject,
        concat(
            'form ', filing.form,
            coalesce(' for the period to ' || cast(filing.report_date as {{ dbt.type_string() }}), '')
        ) as what,
        filing.filed_date as event_date,
        'day' as event_precision,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit,
        'raw_sec__filing' as source_table,
        filing.accession as source_key,
        concat('form ', filing.form, ', accession ', filing.accession) as citation,
        'high' as confidence,
        filing.known_at_utc
    from {{ as_of(source('raw', 'raw_sec__filing'), ['cik', 'accession']) }} as filing
    where
        (filing.form in ('8-K', '8-K/A') and filing.items like '%2.02%')
        or filing.form in ('10-K', '10-Q', '20-F', '40-F')
),

halvings as (
    select
        concat('halving-', valid_from_date) as event_id,
        'network' as kind,
        cast(null as {{ dbt.type_string() }}) as issuer,
        'BTC' as subject,
        'the subsidy of a block is halved' as what,
        valid_from_date as event_date,
        'day' as event_precision,
        block_subsidy_btc as value,
        'BTC per block' as unit,
        'int_halving__epoch' as source_table,
        cast(valid_from_date as {{ dbt.type_string() }}) as source_key,
        'consensus of the bitcoin network: the subsidy halves every 210,000 blocks' as citation,
        'high' as confidence,
        cast({{ add_days('valid_from_date', 1) }} as timestamp) as known_at_utc
    from {{ ref('int_halving__epoch') }}
    where valid_from_date > cast('2009-01-03' as date) and valid_from_date < {{ as_of_date() }}
),

events as (
    select * from told
    union all
    select * from deals
    union all
    select * from financings
    union all
    select * from filings
    union all
    select * from halvings
),

confounded as (
    select
        event.event_id,
        count(*) as others_count,
        {{ listed('other.event_id', '; ', ['other.event_id']) }} as others,
        max(other.known_at_utc) as known_at_utc
    from events as event
    inner join events as other
        on
            event.issuer = other.issuer
            and event.event_date = other.event_date
            and event.event_id <> other.event_id
    where
        event.event_precision = 'day'
        and other.event_precision = 'day'
        and not (
            event.kind in ('earnings', 'periodic_report')
            and other.kind in ('earnings', 'periodic_report')
        )
    group by event.event_id
)

select
    events.event_id,
    events.kind,
    events.issuer,
    events.subject,
    events.what,
    events.event_date,
    events.event_precision,
    events.value,
    events.unit,
    cast(coalesce(confounded.others_count, 0) as bigint) as confounders_count,
    confounded.others as confounders,
    events.source_table,
    events.source_key,
    events.citation,
    events.confidence,
    greatest(events.known_at_utc, coalesce(confounded.known_at_utc, events.known_at_utc)) as known_at_utc
from events
left join confounded on events.event_id = confounded.event_id
order by events.event_date, events.event_id
