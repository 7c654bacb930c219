-- What paid for capex in a quarter, as far as each source is on record. What is not known is null and named, never
-- zero; it stays in the residual with what the bridge has no column for, shown and not hidden. Quarters are those of
-- the statements; an issuer without any has calendar quarters.
{%- set of_statements = [
    'operating_cash_flow', 'capex_cash', 'customer_prepayments', 'equity_raised', 'debt_repaid', 'cash',
] %}

with statements as (
    select
        issuer,
        calendar_quarter,
        min(period_start_date) as period_start_date,
        max(period_end_date) as period_end_date,
        {% for metric in of_statements %}
            max(case when metric = '{{ metric }}' then value_usd_m end) as {{ metric }}_usd_m,
        {% endfor %}
        max(known_at_utc) as known_at_utc
    from {{ ref('fct_financial_quarter') }}
    where
        metric in (
            {% for metric in of_statements %}
                '{{ metric }}'{{ ',' if not loop.last }}
            {% endfor %}
        )
    group by issuer, calendar_quarter
),

tranches as (
    select
        issuer,
        coalesce(settled_date, announced_date) as raised_date,
        principal_usd_m,
        known_at_utc
    from {{ ref('fct_bond_tranche') }}
    where status = 'final' and is_issuer_debt
),

months as (
    select
        month_start_date,
        btc_month_average_usd,
        cast(extract(day from last_day(month_start_date)) as double) as days_count,
        known_at_utc
    from {{ ref('int_network__month') }}
),

-- At the mean close of the days of the month or quarter that the sale is told of.
sales as (
    select
        sold.issuer,
        sold.period_start_date,
        sold.period_end_date,
        sold.period_months,
        sold.btc_sold,
        case
            when count(months.btc_month_average_usd) = sold.period_months
                then
                    sold.btc_sold * {{ steady_sum('months.btc_month_average_usd * months.days_count') }}
                    / sum(months.days_count) / 1e6
        end as sold_usd_m,
        max(greatest(sold.known_at_utc, coalesce(months.known_at_utc, sold.known_at_utc))) as known_at_utc
    from {{ ref('int_miner__production') }} as sold
    left join months
        on
            sold.period_start_date <= months.month_start_date
            and sold.period_end_date >= months.month_start_date
    where sold.btc_sold is not null
    group by sold.issuer, sold.period_start_date, sold.period_end_date, sold.period_months, sold.btc_sold
),

happened as (
    select
        issuer,
        raised_date as happened_date
    from tranches
    union distinct
    select
        issuer,
        period_start_date as happened_date
    from sales
),

-- A quarter has ended once the first day of the next is on record.
calendar as (
    select
        cast({{ dbt.dateadd('month', -3, 'date_day') }} as date) as period_start_date,
        {{ add_days('date_day', -1) }} as period_end_date,
        cast(date_day as timestamp) as known_at_utc
    from {{ ref('dim_date') }}
    where extract(day from date_day) = 1 and extract(month from date_day) in (1, 4, 7, 10)
),

quarters as (
    select * from statements
    union all
    select distinct
        happened.issuer,
        {{ quarter_label('calendar.period_start_date') }} as calendar_quarter,
        calendar.period_start_date,
        calendar.period_end_date,
        {% for metric in of_statements %}
            cast(null as double) as {{ metric }}_usd_m,
        {% endfor %}
        calendar.known_at_utc
    from happened
    inner join calendar
        on
            happened.happened_date >= calendar.period_start_date
            and happened.happened_date <= calendar.period_end_date
    left join (select distinct issuer from statements) as stated on happened.issuer = stated.issuer
    where stated.issuer is null
),

numbered as (
    select
        *,
        lag(cash_usd_m) over of_issuer as previous_cash_usd_m,
        {{ days_between('lag(period_end_date) over of_issuer', 'period_start_date') }} as days_since_previous,
        lag(known_at_utc) over of_issuer as previous_known_at_utc
    from quarters
    window of_issuer as (partition by issuer order by calendar_quarter)
),

raised as (
    select
        quarters.issuer,
        quarters.calendar_quarter,
        sum(tranches.principal_usd_m) as debt_raised_usd_m,
        sum(case when tranches.principal_usd_m is null then 1 else 0 end) as without_usd,
        max(tranches.known_at_utc) as known_at_utc
    from quarters
    inner join tranches
        on
            quarters.issuer = tranches.issuer
            and quarters.period_start_date <= tranches.raised_date
            and quarters.period_end_date >= tranches.raised_date
    group by quarters.issuer, quarters.calendar_quarter
),

-- Sales that lie within the quarter, whose end may be days from that of a month; told of it as a whole, they go before
-- those of its months.
sold_within as (
    select
        quarters.issuer,
        quarters.calendar_quarter,
        sales.period_months,
        sales.btc_sold,
        sales.sold_usd_m,
        sales.known_at_utc,
        max(sales.period_months) over (partition by quarters.issuer, quarters.calendar_quarter) as longest
    from quarters
    inner join sales
        on
            quarters.issuer = sales.issuer
            and quarters.period_start_date <= sales.period_start_date
            and {{ add_days('quarters.period_end_date', 7) }} >= sales.period_end_date
),

sold as (
    select
        issuer,
        calendar_quarter,
        sum(period_months) as months_count,
        sum(case when sold_usd_m is not null then period_months else 0 end) as months_with_price,
        {{ steady_sum('btc_sold') }} as btc_sold,
        {{ steady_sum('sold_usd_m') }} as sold_usd_m,
        max(known_at_utc) as known_at_utc
    from sold_within
    where period_months = longest
    group by issuer, calendar_quarter
),

bridged as (
    select
        numbered.issuer,
        numbered.calendar_quarter,
        numbered.period_start_date,
        numbered.period_end_date,
        case when numbered.days_since_previous between 0 and 7 then numbered.previous_cash_usd_m end
        - numbered.cash_usd_m as cash_drawn_usd_m,
        {% for metric in of_statements %}
            numbered.{{ metric }}_usd_m,
        {% endfor %}
        case when sold.months_count = 3 and sold.months_with_price = 3 then sold.sold_usd_m end as coins_sold_usd_m,
        case when sold.months_count = 3 then sold.btc_sold end as btc_sold,
        case when raised.without_usd = 0 then raised.debt_raised_usd_m end as debt_raised_usd_m,
        case
            when sold.issuer is null then 'no sales of coins are on record'
            when sold.months_count < 3 then concat('sales of ', sold.months_count, ' of 3 months known')
            when sold.months_with_price < 3 then 'no average price of a month'
        end as coins_sold_null_reason,
        case
            when raised.issuer is null then 'no debt raised in the quarter is on record'
            when raised.without_usd > 0 then 'not all debt raised has a principal in US dollars'
        end as debt_raised_null_reason,
        greatest(
            numbered.known_at_utc,
            coalesce(numbered.previous_known_at_utc, numbered.known_at_utc),
            coalesce(raised.known_at_utc, numbered.known_at_utc),
            coalesce(sold.known_at_utc, numbered.known_at_utc)
        ) as known_at_utc
    from numbered
    left join raised
        on numbered.issuer = raised.issuer and numbered.calendar_quarter = raised.calendar_quarter
    left join sold
        on numbered.issuer = sold.issuer and numbered.calendar_quarter = sold.calendar_quarter
),

balanced as (
    select
        *,
        operating_cash_flow_usd_m
        + coalesce(coins_sold_usd_m, 0.0)
        + coalesce(debt_raised_usd_m, 0.0)
        + coalesce(equity_raised_usd_m, 0.0)
        - coalesce(debt_repaid_usd_m, 0.0)
        + cash_drawn_usd_m
        - capex_cash_usd_m as residual_usd_m
    from bridged
)

select
    issuer,
    calendar_quarter,
    period_start_date,
    period_end_date,
    capex_cash_usd_m,
    operating_cash_flow_usd_m,
    customer_prepayments_usd_m,
    coins_sold_usd_m,
    debt_raised_usd_m,
    debt_repaid_usd_m,
    equity_raised_usd_m,
    cash_drawn_usd_m,
    residual_usd_m,
    100.0 * residual_usd_m / nullif(capex_cash_usd_m, 0.0) as residual_of_capex_pct,
    btc_sold,
    concat_ws(
        '; ',
        case when capex_cash_usd_m is null then 'capex: no figure on the cash basis' end,
        case when operating_cash_flow_usd_m is null then 'operations: no figure' end,
        case when cash_drawn_usd_m is null then 'change of cash: not both balances known' end,
        case when coins_sold_usd_m is null then concat('coins sold: ', coins_sold_null_reason) end,
        case when debt_raised_usd_m is null then concat('debt raised: ', debt_raised_null_reason) end,
        case
            when customer_prepayments_usd_m is null
                then 'prepayments: within operations, no fact tells them apart'
        end,
        case when debt_repaid_usd_m is null then 'debt repaid: no fact of the mapped concept' end,
        case when equity_raised_usd_m is null then 'equity raised: no fact of the mapped concept' end
    ) as not_known,
    case
        when operating_cash_flow_usd_m is null or capex_cash_usd_m is null or cash_drawn_usd_m is null
            then 'capex, operations and the change of cash are not all known'
    end as residual_null_reason,
    known_at_utc
from balanced
order by issuer, calendar_quarter
