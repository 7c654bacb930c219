-- What became known, by the moment it did: deals, financings, filings and other events, guidance, restated figures,
-- habits of disclosure that ended, moves beyond three standard deviations of the sixty returns before, claims judged.
with moves as (

    select
        instrument,
        session_date,
        return_1d_pct,
        avg(return_1d_pct) over before as mean_pct,
        stddev_samp(return_1d_pct) over before as deviation_pct,
        count(return_1d_pct) over before as returns_count,
        greatest(known_at_utc, coalesce(max(known_at_utc) over before, known_at_utc)) as known_at_utc
    from {{ ref('mart_market_performance') }}
    window before as (
        partition by instrument order by session_date rows between 60 preceding and 1 preceding
    )

),

guidance as (

    select
        *,
        lag(midpoint_usd_m) over (
            partition by issuer, metric, target_year, target_basis order by announced_date
        ) as previous_usd_m
    from {{ ref('fct_capex_guidance') }}

),

claims as (

    select
        claim_id,
        min(article) as article,
        min(article_date) as article_date,
        min(claim) as claim,
        min(claim_verdict) as claim_verdict,
        min(citation) as citation,
        max(known_at_utc) as known_at_utc
    from {{ ref('mart_claims') }}
    group by claim_id

),

news as (

    select
        kind,
        event_id as news_id,
        event_date as described_date,
        issuer,
        subject,
        what,
        value,
        unit,
        source_table,
        source_key,
        citation,
        known_at_utc
    from {{ ref('fct_event') }}

    union all

    select
        'guidance' as kind,
        concat('guidance-', issuer, '-', metric, '-', target_year, '-', target_basis, '-', announced_date) as news_id,
        announced_date as described_date,
        issuer,
        issuer as subject,
        concat(
            metric, ' of ', target_basis, ' ', target_year,
            case
                when previous_usd_m is null then ''
                when previous_usd_m < midpoint_usd_m then ', raised'
                when previous_usd_m > midpoint_usd_m then ', lowered'
                else ', kept'
            end
        ) as what,
        midpoint_usd_m as value,
        'USD million' as unit,
        'fct_capex_guidance' as source_table,
        concat(issuer, ' ', metric, ' ', target_year, ' ', announced_date) as source_key,
        citation,
        known_at_utc
    from guidance

    union all

    select
        'restatement' as kind,
        concat(
            'restatement-', issuer, '-', taxonomy, '-', concept, '-', unit, '-',
            coalesce(period_start_date, period_end_date), '-', period_end_date, '-', revision_number
        ) as news_id,
        period_end_date as described_date,
        issuer,
        issuer as subject,
        concat(
            taxonomy, ':', concept, ', ', change_kind,
            ' from ', {{ number_text('from_value') }}, ' to ', {{ number_text('to_value') }}
        ) as what,
        change as value,
        unit,
        'mart_restatement' as source_table,
        to_accession as source_key,
        concat('form ', to_form, ', accession ', to_accession) as citation,
        known_at_utc
    from {{ ref('mart_restatement') }}

    union all

    select
        'regime' as kind,
        concat('regime-', issuer, '-', metric, '-', valid_from_date) as news_id,
        valid_from_date as described_date,
        issuer,
        issuer as subject,
        concat('no longer tells ', metric) as what,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit,
        'dim_disclosure_regime' as source_table,
        concat(issuer, ' ', metric, ' ', valid_from_date) as source_key,
        cast(null as {{ dbt.type_string() }}) as citation,
        known_at_utc
    from {{ ref('dim_disclosure_regime') }}
    where cadence = 'none'

    union all

    select
        'move' as kind,
        concat('move-', moves.instrument, '-', moves.session_date) as news_id,
        moves.session_date as described_date,
        instruments.issuer,
        moves.instrument as subject,
        concat(
            case when moves.return_1d_pct > moves.mean_pct then 'rose by ' else 'fell by ' end,
            cast(round(abs(moves.return_1d_pct - moves.mean_pct) / moves.deviation_pct, 1) as {{ dbt.type_string() }}),
            ' standard deviations of the 60 returns before'
        ) as what,
        moves.return_1d_pct as value,
        'percent' as unit,
        'mart_market_performance' as source_table,
        concat(moves.instrument, ' ', moves.session_date) as source_key,
        cast(null as {{ dbt.type_string() }}) as citation,
        greatest(moves.known_at_utc, instruments.known_at_utc) as known_at_utc
    from moves
    inner join {{ ref('dim_instrument') }} as instruments on moves.instrument = instruments.instrument
    where
        moves.returns_count = 60
        and moves.deviation_pct > 0
        and abs(moves.return_1d_pct - moves.mean_pct) > 3 * moves.deviation_pct

    union all

    select
        'claim' as kind,
        concat('claim-', claim_id) as news_id,
        coalesce(article_date, cast(known_at_utc as date)) as described_date,
        cast(null as {{ dbt.type_string() }}) as issuer,
        concat('article ', article) as subject,
        concat(claim, ' ', claim_verdict) as what,
        cast(null as double) as value,
        cast(null as {{ dbt.type_string() }}) as unit,
        'mart_claims' as source_table,
        claim_id as source_key,
        citation,
        known_at_utc
    from claims

)

select
    known_at_utc,
    kind,
    news_id,
    described_date,
    issuer,
    subject,
    what,
    value,
    unit,
    source_table,
    source_key,
    citation
from news
order by known_at_utc, news_id
