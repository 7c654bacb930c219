with guidance as (
    select
        vintage.*,
        issuers.cik as issuer_cik,
        row_number() over (
            partition by vintage.issuer, vintage.metric, vintage.target_year, vintage.target_basis
            order by vintage.announced_date, vintage.known_at_utc
        ) as revision_number,
        count(*) over (
            partition by vintage.issuer, vintage.metric, vintage.target_year, vintage.target_basis
        ) as revisions
    from {{
        as_of(ref('stg_ledger__capex_guidance'), ['issuer', 'metric', 'target_year', 'target_basis', 'announced_date'])
    }} as vintage
    left join {{ ref('dim_issuer') }} as issuers on vintage.issuer = issuers.issuer
)

select
    issuer,
    metric,
    target_year,
    target_basis,
    low_usd_m,
    high_usd_m,
    (low_usd_m + coalesce(high_usd_m, low_usd_m)) / 2 as midpoint_usd_m,
    announced_date,
    announced_precision,
    revision_number = revisions as is_latest,
    cast(revision_number as bigint) as revision_number,
    citation,
    {{ citation_page('citation', 'issuer_cik') }} as citation_page,
    confidence,
    known_at_utc
from guidance
order by issuer, metric, target_year, target_basis, announced_date
