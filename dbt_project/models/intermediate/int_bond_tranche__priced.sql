-- Every vintage of a tranche with its principal in dollars. One in another currency counts at the newest reference rate
-- of the week to its day that was known when it was; its day is that of the announcement, or of settlement where the
-- announcement has no day.
with tranches as (
    select
        *,
        case when announced_precision = 'day' then announced_date else settled_date end as priced_date
    from {{ ref('int_bond_tranche__known') }}
),

rates as (
    select
        tranches.tranche_id,
        tranches.known_at_utc,
        tranches.source_sha256,
        rates.rate_date,
        rates.usd_per_unit,
        row_number() over (
            partition by tranches.tranche_id, tranches.known_at_utc, tranches.source_sha256
            order by rates.rate_date desc
        ) as recency
    from tranches
    inner join {{ ref('int_fx__usd') }} as rates
        on
            tranches.currency = rates.currency
            and rates.rate_date between {{ add_days('tranches.priced_date', -7) }} and tranches.priced_date
            and tranches.known_at_utc >= rates.known_at_utc
)

select
    tranches.tranche_id,
    tranches.deal_id,
    tranches.issuer,
    tranches.obligor,
    tranches.is_issuer_debt,
    tranches.status,
    tranches.announced_date,
    tranches.announced_precision,
    tranches.settled_date,
    tranches.currency,
    tranches.principal_m,
    tranches.coupon_kind,
    tranches.coupon_pct,
    tranches.floating_index,
    tranches.floating_margin_bp,
    tranches.maturity_date,
    tranches.maturity_precision,
    tranches.spread_bp,
    tranches.price_pct,
    tranches.ytm_pct,
    tranches.peak_orders_m,
    tranches.peak_orders_currency,
    tranches.registration,
    tranches.deal_headline_m,
    tranches.use_of_proceeds,
    tranches.form,
    tranches.citation,
    tranches.confidence,
    tranches.note,
    tranches.known_at_utc,
    tranches.source_sha256,
    tranches.priced_date,
    case
        when tranches.currency = 'USD' then tranches.principal_m
        else tranches.principal_m * rates.usd_per_unit
    end as principal_usd_m,
    case
        when tranches.principal_m is null then 'no_principal'
        when tranches.currency is null then 'no_currency'
        when tranches.currency <> 'USD' and rates.usd_per_unit is null then 'no_fx_rate'
    end as principal_usd_null_reason,
    rates.usd_per_unit as fx_usd_per_unit,
    rates.rate_date as fx_date
from tranches
left join rates
    on
        tranches.tranche_id = rates.tranche_id
        and tranches.known_at_utc = rates.known_at_utc
        and tranches.source_sha256 = rates.source_sha256
        and rates.recency = 1
