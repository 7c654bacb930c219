{#-
    AI hosting deals as filings tell them, one row per document and tenant, or lease of one with several, beside the deal of the
    ledger that it is: of the same issuer, with the same value, whatever the tenant is called, or of the same tenant with the same
    critical power or, of its only lease, announced within ten days. What the ledger does not have originates a deal where a value is told; what later documents say of the same value repeats it. A value in
    another currency than the dollar is no value here: the book is in dollars.
-#}
{% set terms = {
    'value': 'value_usd',
    'value_with_extensions': 'value_with_extensions_usd',
    'critical_mw': 'critical_it_mw',
    'gross_mw': 'gross_mw',
    'mw_unspecified': 'unspecified_mw',
    'term_years': 'term_years',
    'share': 'issuer_share_pct',
} %}

with register as (
    select * from {{ as_of(source('raw', 'raw_ledger__counterparty'), ['spelling']) }} as vintage
),

told as (
    select
        issuer,
        accession,
        file_name,
        form,
        record,
        document_url,
        document_sha256,
        {%- for field, column in terms.items() %}
            {%- set asked = "field = '" ~ field ~ "'" ~ (" and unit = 'USD'" if column.endswith('_usd') else '') %}
            max(case when {{ asked }} then value_number end) as {{ column }},
        {%- endfor %}
        max(case confidence when 'high' then 1 when 'medium' then 2 else 3 end) as doubt,
        max(known_at_utc) as known_at_utc
    from {{ ref('int_number__decided') }}
    where kind = 'deal' and status = 'accepted'
    group by issuer, accession, file_name, form, record, document_url, document_sha256
),

-- A record is `Tenant`, or `Tenant (which of its leases)`.
apart as (
    select
        *,
        {{ dbt.split_part('record', "' ('", 1) }} as spelling,
        coalesce(replace({{ dbt.split_part('record', "' ('", 2) }}, ')', ''), '') as lease
    from told
),

named as (
    select
        apart.*,
        coalesce(register.counterparty, apart.spelling) as tenant,
        cast(apart.known_at_utc as date) as announced_date
    from apart
    left join register on apart.spelling = register.spelling
),

ledger as (
    select
        deals.deal_id,
        deals.issuer,
        deals.announced_date,
        deals.value_usd_m,
        deals.critical_it_mw,
        coalesce(register.counterparty, deals.counterparty) as tenant
    from {{ as_of(source('raw', 'raw_ledger__ai_deal'), ['deal_id']) }} as deals
    left join register on deals.counterparty = register.spelling
),

met as (
    select
        named.*,
        ledger.deal_id as ledger_deal_id,
        concat(
            named.issuer,
            '-',
            cast(named.announced_date as {{ dbt.type_string() }}),
            '-',
            replace(replace(replace(named.tenant, ' ', ''), '.', ''), ',', ''),
            case when named.lease = '' then '' else '-' end,
            replace(replace(replace(named.lease, ' ', ''), '.', ''), ',', '')
        ) as own_deal_id,
        row_number() over (
            partition by named.accession, named.file_name, named.record
            order by
                case
                    when abs(named.value_usd - ledger.value_usd_m * 1e6) <= 0.005 * named.value_usd then 1
                    when named.critical_it_mw = ledger.critical_it_mw then 2
                    else 3
                end asc,
                abs({{ days_between('ledger.announced_date', 'named.announced_date') }}) asc,
                ledger.deal_id asc
        ) as nearness
    from named
    left join ledger
        on
            named.issuer = ledger.issuer
            and (
                abs(named.value_usd - ledger.value_usd_m * 1e6) <= 0.005 * named.value_usd
                or (
                    named.tenant = ledger.tenant
                    and (
                        named.critical_it_mw = ledger.critical_it_mw
                        or (
                            named.lease = ''
                            and abs({{ days_between('ledger.announced_date', 'named.announced_date') }}) <= 10
                        )
                    )
                )
            )
),

repeated as (
    select
        *,
        row_number() over same_deal as time_told,
        first_value(own_deal_id) over same_deal as first_deal_id
    from met
    where nearness = 1
    window same_deal as (
        partition by issuer, tenant, ledger_deal_id, value_usd
        order by
            known_at_utc asc, case when critical_it_mw is null then 1 else 0 end asc, accession asc, file_name asc
    )
)

select
    accession,
    file_name,
    form,
    record,
    document_url,
    document_sha256,
    issuer,
    tenant,
    announced_date,
    {%- for column in terms.values() %}
        {{ column }},
    {%- endfor %}
    ledger_deal_id,
    coalesce(ledger_deal_id, case when value_usd is not null then first_deal_id end) as deal_id,
    -- Of two values of one tenant on one day the first document's is taken.
    ledger_deal_id is null
    and value_usd is not null
    and time_told = 1
    and row_number() over (
        partition by
            own_deal_id, time_told, case when ledger_deal_id is null and value_usd is not null then 1 else 0 end
        order by known_at_utc asc, accession asc, file_name asc
    ) = 1 as is_origin,
    case doubt when 1 then 'high' when 2 then 'medium' else 'low' end as confidence,
    known_at_utc
from repeated
