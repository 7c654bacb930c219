-- What debt says to claims: principal announced between two days by currency and obligor, orders, how large the
-- issuer's largest deal of the window is among all of its deals on record, and how long it had not borrowed in
-- dollars.
with asked as (

    select * from {{ ref('int_claim__asked') }}
    where metric in ('bond_principal_m', 'bond_peak_orders_m', 'bond_size_rank', 'years_since_bond', 'debt_usd_m')

),

tranches as (

    select
        bonds.tranche_id,
        bonds.deal_id,
        bonds.issuer,
        issuers.role,
        bonds.is_issuer_debt,
        bonds.announced_date,
        bonds.currency,
        bonds.principal_m,
        bonds.principal_usd_m,
        bonds.deal_principal_m,
        bonds.peak_orders_m,
        bonds.known_at_utc
    from {{ ref('mart_bond_issuance') }} as bonds
    inner join {{ ref('dim_issuer') }} as issuers on bonds.issuer = issuers.issuer

),

matched as (

    select
        {{ claim_question('asked') }},
        asked.metric,
        tranches.tranche_id,
        tranches.deal_id,
        tranches.issuer,
        tranches.announced_date,
        tranches.currency,
        tranches.principal_m,
        tranches.principal_usd_m,
        tranches.deal_principal_m,
        tranches.peak_orders_m,
        tranches.known_at_utc,
        case
            when asked.basis = 'eur' then tranches.principal_m
            else tranches.principal_usd_m
        end as counted_m
    from asked
    inner join tranches
        on
            tranches.announced_date between asked.from_date and asked.day
            and (tranches.is_issuer_debt or asked.basis in ('usd_with_vehicles', 'all_in_usd_with_vehicles'))
            and (
                asked.basis = 'usd_every_issuer'
                or {{ is_in_list('tranches.issuer', 'asked.subject') }}
                or {{ is_in_list('tranches.role', 'asked.subject') }}
            )
            and case
                when asked.basis = 'eur' then tranches.currency = 'EUR'
                when asked.basis like 'all_in_usd%' then true
                else tranches.currency = 'USD'
            end

),

sums as (

    select
        {{ claim_question() }},
        case metric
            when 'bond_peak_orders_m' then max(peak_orders_m)
            -- A sum without one of its parts is none.
            when 'bond_principal_m' then case when count(counted_m) = count(*) then sum(counted_m) end
        end as value,
        concat(
            cast(count(*) as {{ dbt.type_string() }}),
            ' tranches of ',
            cast(count(distinct issuer) as {{ dbt.type_string() }}),
            ' issuers, ',
            cast(min(announced_date) as {{ dbt.type_string() }}),
            ' to ',
            cast(max(announced_date) as {{ dbt.type_string() }})
        ) as evidence,
        max(known_at_utc) as known_at_utc
    from matched
    where metric in ('bond_principal_m', 'bond_peak_orders_m')
    group by claim_id, figure_number, basis, day, metric

),

deals as (

    select
        issuer,
        deal_id,
        currency,
        max(deal_principal_m) as principal_m,
        min(announced_date) as announced_date,
        max(known_at_utc) as known_at_utc
    from tranches
    where is_issuer_debt
    group by issuer, deal_id, currency

),

largest as (

    select
        {{ claim_question() }},
        metric,
        issuer,
        currency,
        max(deal_principal_m) as principal_m,
        min(announced_date) as first_date,
        max(known_at_utc) as known_at_utc
    from matched
    where metric in ('bond_size_rank', 'years_since_bond')
    group by claim_id, figure_number, basis, day, metric, issuer, currency

),

compared as (

    select
        {{ claim_question('largest') }},
        largest.metric,
        largest.principal_m,
        largest.first_date,
        count(case when deals.principal_m > largest.principal_m then 1 end) as larger,
        max(case when deals.announced_date < largest.first_date then deals.announced_date end) as previous_date,
        count(deals.deal_id) as others,
        greatest(max(deals.known_at_utc), max(largest.known_at_utc)) as known_at_utc
    from largest
    left join deals
        on
            largest.issuer = deals.issuer
            and largest.currency = deals.currency
            and largest.day >= deals.announced_date
    group by
        largest.claim_id, largest.figure_number, largest.basis, largest.day, largest.metric, largest.principal_m,
        largest.first_date

),

-- Debt as of the last quarter that ended by the day, and with the principal of bonds placed since.
balances as (

    select
        {{ claim_question('asked') }},
        quarters.issuer,
        quarters.value_usd_m,
        quarters.period_end_date,
        quarters.citation,
        quarters.known_at_utc,
        row_number() over (
            partition by asked.claim_id, asked.figure_number, asked.basis, asked.day
            order by quarters.period_end_date desc
        ) as newest_first
    from asked
    inner join {{ ref('fct_financial_quarter') }} as quarters
        on
            asked.subject = quarters.issuer
            and quarters.metric = 'debt'
            and quarters.value_usd_m is not null
            and asked.day >= quarters.period_end_date
    where asked.metric = 'debt_usd_m' and asked.basis in ('carrying_amount', 'with_bonds_since')

),

debts as (

    select
        {{ claim_question('balances') }},
        balances.value_usd_m
        + case
            when balances.basis = 'carrying_amount' or count(tranches.tranche_id) = 0 then 0.0
            -- A sum without one of its parts is none.
            when count(tranches.principal_usd_m) = count(tranches.tranche_id) then sum(tranches.principal_usd_m)
        end as value,
        concat(
            balances.issuer, ': ', balances.value_usd_m, ' USD million on ',
            cast(balances.period_end_date as {{ dbt.type_string() }}), ', and ',
            cast(count(tranches.tranche_id) as {{ dbt.type_string() }}), ' tranches since'
        ) as evidence,
        greatest(balances.known_at_utc, coalesce(max(tranches.known_at_utc), balances.known_at_utc)) as known_at_utc
    from balances
    left join tranches
        on
            balances.issuer = tranches.issuer
            and tranches.is_issuer_debt
            and balances.period_end_date < tranches.announced_date
            and balances.day >= tranches.announced_date
    where balances.newest_first = 1
    group by
        balances.claim_id, balances.figure_number, balances.basis, balances.day, balances.issuer,
        balances.value_usd_m, balances.period_end_date, balances.known_at_utc

)

select * from sums
where value is not null

union all

select * from debts
where value is not null

union all

select
    {{ claim_question() }},
    case metric
        when 'bond_size_rank' then cast(1 + larger as double)
        else {{ days_between('previous_date', 'first_date') }} / 365.25e0
    end as value,
    concat(
        'a deal of ',
        cast(principal_m as {{ dbt.type_string() }}),
        ' million on ',
        cast(first_date as {{ dbt.type_string() }}),
        ' among ',
        cast(others as {{ dbt.type_string() }}),
        ' on record; the one before: ',
        coalesce(cast(previous_date as {{ dbt.type_string() }}), 'none')
    ) as evidence,
    known_at_utc
from compared
where metric = 'bond_size_rank' or previous_date is not null
