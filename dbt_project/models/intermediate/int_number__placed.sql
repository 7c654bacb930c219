-- Which fact each accepted number has a place in, by table and key, and what becomes of it there.
select
    filed.number_key,
    'fct_miner_operating' as published_table,
    concat(
        filed.issuer, ' ', cast(filed.period_start_date as {{ dbt.type_string() }}), ' ', filed.metric
    ) as published_key,
    facts.value as published_value,
    {{ number_use('filed.passage_id', 'facts.passage_id', 'filed.value', 'facts.value') }} as number_use
from {{ ref('int_miner__filed') }} as filed
inner join {{ ref('fct_miner_operating') }} as facts
    on
        filed.issuer = facts.issuer
        and filed.period_start_date = facts.period_start_date
        and filed.metric = facts.metric
