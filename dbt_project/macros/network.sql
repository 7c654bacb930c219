{#-
    The bitcoin network in numbers. A difficulty D takes D x 2^32 hashes per block on average.
    Two hashrates follow, and each belongs to its own count of blocks: the implied one to 144 blocks a day
    (one per 600 s), the realized one to the blocks of the day. Pairs may not be mixed.
-#}
{% macro hashrate_implied_eh_s(difficulty) -%}
    {{ difficulty }} * power(2, 32) / 600 / 1e18
{%- endmacro %}

{% macro hashrate_realized_eh_s(difficulty, blocks) -%}
    {{ difficulty }} * power(2, 32) * {{ blocks }} / 86400 / 1e18
{%- endmacro %}

{#- What machines of a hashrate draw: 1 EH/s is 10^6 TH/s and 1 J/TH at 1 TH/s is 1 W, so EH/s times J/TH is MW. -#}
{% macro fleet_power_mw(hashrate_eh_s, efficiency_j_per_th) -%}
    {{ hashrate_eh_s }} * {{ efficiency_j_per_th }}
{%- endmacro %}

{#- USD per PH/s per day: what a day's blocks pay, over the hashrate that belongs to that many blocks. -#}
{% macro hashprice_usd_ph_day(subsidy_btc, fees_btc, blocks, blocks_per_day, hashrate_eh_s, btc_close_usd) -%}
    ({{ subsidy_btc }} + {{ fees_btc }} / {{ blocks }}) * {{ blocks_per_day }} * {{ btc_close_usd }}
    / ({{ hashrate_eh_s }} * 1000)
{%- endmacro %}
