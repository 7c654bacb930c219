-- Month averages of bitcoin's price and of hashprice; only whole months have one.
with months as (

    select
        {{ month_start('utc_date') }} as month_start_date,
        max(extract(day from last_day(utc_date))) as days_in_month,
        count(btc_close_usd) as days_with_btc_close,
        count(hashprice_usd_ph_day) as days_with_hashprice,
        avg(btc_close_usd) as btc_close_usd,
        avg(hashprice_usd_ph_day) as hashprice_usd_ph_day,
        max(known_at_utc) as known_at_utc
    from {{ ref('fct_network_daily') }}
    group by {{ month_start('utc_date') }}

)

select
    month_start_date,
    case when days_with_btc_close = days_in_month then btc_close_usd end as btc_month_average_usd,
    case when days_with_hashprice = days_in_month then hashprice_usd_ph_day end as month_average_hashprice_usd_ph_day,
    case
        when days_with_btc_close < days_in_month or days_with_hashprice < days_in_month
            then concat('only ', least(days_with_btc_close, days_with_hashprice), ' of ', days_in_month, ' days known')
    end as null_reason,
    known_at_utc
from months
