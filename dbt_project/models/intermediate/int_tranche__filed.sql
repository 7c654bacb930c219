{#-
    Bond tranches as filings tell them, one row per document and tranche, beside the tranche of the ledger that it is: of the
    same issuer, currency, coupon or margin and year of maturity, priced within 45 days. What the ledger does not have
    originates a tranche where a term sheet or a prospectus supplement has principal, currency and maturity.
-#}
{% set numbers = {
    'principal': 'principal',
    'coupon': 'coupon_pct',
    'coupon_margin': 'floating_margin_bp',
    'price_to_public': 'price_pct',
    'yield': 'ytm_pct',
    'spread_bp': 'spread_bp',
} %}
{% set texts = {
    'currency': 'currency',
    'coupon': 'coupon_text',
    'coupon_index': 'floating_index',
    'maturity': 'maturity_text',
    'trade_date': 'trade_text',
    'settlement_date': 'settlement_text',
} %}

with told as (
    select
        issuer,
        accession,
        file_name,
        form,
        record,
        document_url,
        document_sha256,
        {%- for field, column in numbers.items() %}
            max(case when field = '{{ field }}' then value_number end) as {{ column }},
        {%- endfor %}
        {%- for field, column in texts.items() %}
            max(case when field = '{{ field }}' then value end) as {{ column }},
        {%- endfor %}
        max(case when field = 'conversion_rate' then 1 else 0 end) as is_convertible,
        max(case confidence when 'high' then 1 when 'medium' then 2 else 3 end) as doubt,
        max(known_at_utc) as known_at_utc
    from {{ ref('int_number__decided') }}
    where kind = 'tranche' and status = 'accepted'
    group by issuer, accession, file_name, form, record, document_url, document_sha256
),

dated as (
    select
        *,
        substring(maturity_text, 1, 4) as maturity_year,
        case
            when length(maturity_text) = 4 then cast(concat(maturity_text, '-01-01') as date)
            else cast(maturity_text as date)
        end as maturity_date,
        case length(maturity_text) when 4 then 'year' when 10 then 'day' end as maturity_precision,
        cast(settlement_text as date) as settled_date,
        least(cast(known_at_utc as date), coalesce(cast(trade_text as date), cast(known_at_utc as date)))
            as announced_date
    from told
),

met as (
    select
        dated.*,
        ledger.tranche_id as ledger_tranche_id,
        concat(
            dated.issuer, '-', cast(dated.announced_date as {{ dbt.type_string() }}), '-', dated.currency
        ) as deal_id,
        row_number() over (
            partition by dated.accession, dated.file_name, dated.record
            order by
                abs({{ days_between('ledger.announced_date', 'dated.announced_date') }}) asc, ledger.tranche_id asc
        ) as nearness
    from dated
    left join {{ as_of(source('raw', 'raw_ledger__bond_tranche'), ['tranche_id']) }} as ledger
        on
            dated.issuer = ledger.issuer
            and ledger.status = 'final'
            and dated.currency = ledger.currency
            and dated.maturity_year = cast(extract(year from ledger.maturity_date) as {{ dbt.type_string() }})
            and coalesce(dated.coupon_pct, dated.floating_margin_bp)
            = coalesce(ledger.coupon_pct, ledger.floating_margin_bp)
            and abs({{ days_between('ledger.announced_date', 'dated.announced_date') }}) <= 45
),

named as (
    select
        *,
        concat(
            deal_id,
            '-',
            maturity_year,
            '-',
            coalesce(coupon_text, concat(floating_index, cast(floating_margin_bp as {{ dbt.type_string() }})))
        ) as own_tranche_id,
        coalesce(
            ledger_tranche_id is null
            and (form like 'FWP%' or form like '424B%')
            and principal is not null
            and currency in ('USD', 'EUR', 'GBP', 'CHF', 'CAD', 'JPY')
            and maturity_date > announced_date
            and (coupon_pct is not null or floating_margin_bp is not null),
            false
        ) as is_whole
    from met
    where nearness = 1
),

repeated as (
    select
        *,
        row_number() over same_tranche as time_told,
        first_value(case when is_whole then own_tranche_id end) over same_tranche as first_tranche_id
    from named
    window same_tranche as (
        partition by issuer, currency, coupon_pct, floating_margin_bp, floating_index, maturity_year, ledger_tranche_id
        order by
            case when is_whole then 0 else 1 end asc,
            known_at_utc asc,
            case when form like 'FWP%' then 0 else 1 end asc,
            accession asc,
            file_name asc
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
    deal_id,
    announced_date,
    case when settled_date >= announced_date then settled_date end as settled_date,
    currency,
    principal,
    coupon_pct,
    floating_index,
    floating_margin_bp,
    maturity_date,
    maturity_precision,
    spread_bp,
    price_pct,
    ytm_pct,
    is_convertible = 1 as is_convertible,
    ledger_tranche_id,
    coalesce(ledger_tranche_id, first_tranche_id) as tranche_id,
    is_whole and time_told = 1 as is_origin,
    case doubt when 1 then 'high' when 2 then 'medium' else 'low' end as confidence,
    known_at_utc
from repeated
