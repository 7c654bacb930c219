with told as (
    select
        vintage.*,
        max(vintage.as_of_date) over (
            partition by vintage.issuer, vintage.commitment_class, vintage.concept
        ) as newest_date
    from {{
        as_of(
            source('raw', 'raw_ledger__purchase_commitment'), ['issuer', 'commitment_class', 'concept', 'as_of_date']
        )
    }} as vintage
)

select
    issuer,
    commitment_class,
    concept,
    as_of_date,
    value_usd_m,
    commitment_class <> 'not_a_commitment' as is_commitment,
    as_of_date = newest_date as is_newest,
    contains,
    note,
    citation,
    confidence,
    known_at_utc
from told
order by issuer, commitment_class, concept, as_of_date
