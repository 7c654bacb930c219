-- Which fact each accepted number has a place in, by table and key, and what becomes of it there. Values of facts are
-- brought into the unit of the number; of names and days it is enough that they met the row, or made it.
{%- set of_deals = {
    'value': "case when facts.value_kind = 'cumulative' then null else facts.value_usd_m * 1e6 end",
    'value_with_extensions': 'facts.value_with_extensions_usd_m * 1e6',
    'critical_mw': "case when facts.value_kind = 'cumulative' then null else facts.critical_it_mw end",
    'gross_mw': 'facts.gross_mw',
    'mw_unspecified': 'facts.gross_mw',
    'term_years': 'facts.term_years',
    'share': 'facts.issuer_share_pct',
} %}
{%- set of_tranches = {
    'principal': 'facts.principal_m * 1e6',
    'coupon': 'facts.coupon_pct',
    'coupon_margin': 'facts.floating_margin_bp',
    'price_to_public': 'facts.price_pct',
    'yield': 'facts.ytm_pct',
    'spread_bp': 'facts.spread_bp',
} %}
{%- set names_of_tranches = ['currency', 'maturity', 'coupon_index', 'trade_date', 'settlement_date'] %}

with months as (
    select
        filed.number_key,
        'fct_miner_operating' as published_table,
        concat(
            filed.issuer, ' ', cast(filed.period_start_date as {{ dbt.type_string() }}), ' ', filed.metric
        ) as published_key,
        facts.value as published_value,
        case
            when filed.passage_id = facts.passage_id then 'published'
            when {{ agrees('facts.value', 'filed.value') }} then 'confirms'
            when facts.passage_id is null then 'differs_from_ledger'
            else 'superseded'
        end as number_use
    from {{ ref('int_miner__filed') }} as filed
    inner join {{ ref('fct_miner_operating') }} as facts
        on
            filed.issuer = facts.issuer
            and filed.period_start_date = facts.period_start_date
            and filed.period_end_date = facts.period_end_date
            and filed.metric = facts.metric
),

terms as (
    {%- for kind, table, key, filed, fields, names in [
        ('deal', 'fct_ai_deal', 'deal_id', 'int_deal__filed', of_deals, ['counterparty']),
        ('tranche', 'fct_bond_tranche', 'tranche_id', 'int_tranche__filed', of_tranches, names_of_tranches),
    ] %}
        select
            numbers.number_key,
            '{{ table }}' as published_table,
            facts.{{ key }} as published_key,
            numbers.value_number,
            case numbers.field
                {%- for field, expression in fields.items() %}
                    when '{{ field }}' then {{ expression }}
                {%- endfor %}
            end as published_value,
            filed.is_origin,
            filed.ledger_{{ key }} is not null as is_of_ledger,
            {{ is_one_of('numbers.field', names) }} as is_name
        from {{ ref('int_number__decided') }} as numbers
        inner join {{ ref(filed) }} as filed
            on
                numbers.accession = filed.accession
                and numbers.file_name = filed.file_name
                and numbers.record = filed.record
        inner join {{ ref(table) }} as facts on filed.{{ key }} = facts.{{ key }}
        where
            numbers.kind = '{{ kind }}'
            and numbers.status = 'accepted'
            and ({{ is_one_of('numbers.field', fields) }} or {{ is_one_of('numbers.field', names) }})
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
)

select
    number_key,
    published_table,
    published_key,
    published_value,
    number_use
from months

union all

select
    number_key,
    published_table,
    published_key,
    published_value,
    case
        when is_origin and (is_name or {{ agrees('published_value', 'value_number') }}) then 'published'
        when is_name or {{ agrees('published_value', 'value_number') }} then 'confirms'
        when published_value is null then 'without_a_fact'
        when is_of_ledger then 'differs_from_ledger'
        else 'superseded'
    end as number_use
from terms
