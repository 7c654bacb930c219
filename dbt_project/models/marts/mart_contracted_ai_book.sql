-- The signed AI book of each issuer as of T. Values are those of fct_ai_deal's book, where a cumulative total stands
-- in place of the announcements it includes.
with deals as (

    select
        *,
        -- Megawatts of an unknown basis are nobody's critical load, whatever column holds them.
        case when mw_basis in ('critical_it', 'both') then critical_it_mw end as stated_critical_mw
    from {{ ref('fct_ai_deal') }}
    where deal_kind = 'contract'

),

contracts as (

    select
        *,
        -- Per-MW-year figures need the value, the term and the critical load of one and the same deal.
        is_in_book and value_usd_m is not null and stated_critical_mw * term_years is not null as has_mw_years
    from deals

),

issuers as (

    select
        issuer,
        cast(sum(case when is_in_book then 1 else 0 end) as bigint) as deal_count,
        sum(case when is_in_book then value_usd_m end) as value_usd_m,
        sum(case when is_in_book then value_attributable_usd_m end) as value_attributable_usd_m,
        sum(case when is_in_book then stated_critical_mw end) as critical_it_mw,
        sum(case when is_in_book and mw_basis = 'gross' then gross_mw end)
            as gross_mw_only_mw,
        -- The guarantee of a deal is stated for that deal alone, so it stays when a running total replaces the value.
        sum(backstop_usd_m) as backstop_usd_m,
        sum(case when is_in_book and service_model = 'colocation' then value_usd_m end)
            as colocation_value_usd_m,
        sum(case when is_in_book and service_model = 'gpu_cloud' then value_usd_m end) as gpu_cloud_value_usd_m,
        sum(case when is_in_book and service_model is null then value_usd_m end) as unstated_service_value_usd_m,
        sum(case when has_mw_years and service_model = 'colocation' then value_usd_m end)
        / sum(case when has_mw_years and service_model = 'colocation' then stated_critical_mw * term_years end)
            as usd_m_per_critical_mw_year_colocation,
        sum(case when has_mw_years and service_model = 'gpu_cloud' then value_usd_m end)
        / sum(case when has_mw_years and service_model = 'gpu_cloud' then stated_critical_mw * term_years end)
            as usd_m_per_critical_mw_year_gpu_cloud,
        cast(sum(case when value_usd_m is null then 1 else 0 end) as bigint) as deals_without_value,
        cast(sum(case when is_in_book and mw_basis = 'unknown' then 1 else 0 end) as bigint)
            as deals_with_unknown_mw_basis,
        min(case when announced_precision = 'day' then announced_date end) as first_announced_date,
        max(case when announced_precision = 'day' then announced_date end) as last_announced_date,
        cast(count(*) as bigint) as announcements,
        sum(case when is_in_book and mw_basis = 'unknown' then coalesce(critical_it_mw, gross_mw) end)
            as unknown_basis_mw,
        max(known_at_utc) as known_at_utc
    from contracts
    group by issuer

),

counterparties as (

    select
        issuer,
        counterparty,
        sum(value_attributable_usd_m) as value_attributable_usd_m
    from contracts
    where is_in_book and value_attributable_usd_m is not null
    group by issuer, counterparty

),

ranked as (

    select
        issuer,
        counterparty,
        100.0 * value_attributable_usd_m
        / nullif(sum(value_attributable_usd_m) over (partition by issuer), 0) as share_pct,
        row_number() over (partition by issuer order by value_attributable_usd_m desc, counterparty asc) as position
    from counterparties

)

select
    issuers.issuer,
    issuers.deal_count,
    issuers.value_usd_m,
    issuers.value_attributable_usd_m,
    issuers.critical_it_mw,
    issuers.gross_mw_only_mw,
    issuers.backstop_usd_m,
    ranked.counterparty as top_counterparty,
    ranked.share_pct as top_counterparty_share_pct,
    issuers.colocation_value_usd_m,
    issuers.gpu_cloud_value_usd_m,
    issuers.unstated_service_value_usd_m,
    issuers.usd_m_per_critical_mw_year_colocation,
    issuers.usd_m_per_critical_mw_year_gpu_cloud,
    issuers.deals_without_value,
    issuers.deals_with_unknown_mw_basis,
    issuers.first_announced_date,
    issuers.last_announced_date,
    greatest(issuers.known_at_utc, dim_issuer.known_at_utc) as known_at_utc,
    dim_issuer.role as issuer_role,
    issuers.announcements,
    issuers.unknown_basis_mw
from issuers
inner join {{ ref('dim_issuer') }} as dim_issuer on issuers.issuer = dim_issuer.issuer
left join ranked on issuers.issuer = ranked.issuer and ranked.position = 1
order by issuers.issuer
