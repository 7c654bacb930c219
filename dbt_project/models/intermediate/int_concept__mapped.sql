-- The terms of each metric by issuer: its own rows of the map, else those for every issuer of its taxonomy.
with concepts as (

    select *
    from
        {{
            as_of(
                source('raw', 'raw_ledger__concept'), ['issuer', 'metric', 'taxonomy', 'concept', 'valid_from_date']
            )
        }} as rows

),

owned as (

    select distinct
        issuer,
        metric
    from concepts

),

resolved as (

    select
        issuers.issuer,
        concepts.metric,
        concepts.taxonomy,
        concepts.concept,
        concepts.unit,
        concepts.period_type,
        concepts.priority,
        concepts.is_required,
        concepts.basis,
        concepts.valid_from_date,
        concepts.valid_to_date,
        concepts.confidence
    from concepts
    cross join {{ ref('dim_issuer') }} as issuers
    left join owned on issuers.issuer = owned.issuer and concepts.metric = owned.metric
    where
        concepts.issuer = issuers.issuer
        or (
            concepts.issuer = '*'
            and owned.issuer is null
            and (
                concepts.taxonomy = 'dei'
                or (concepts.taxonomy = issuers.taxonomy and issuers.reporting_currency = 'USD')
            )
        )

)

select * from resolved
