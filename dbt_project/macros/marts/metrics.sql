{#- Monthly figures of miners by name: the unit, and what an issuer that tells it means, by the words of its own reports. -#}
{% macro miner_metrics() -%}
    {{ return({
        'btc_produced': ('BTC', 'coins mined in the month'),
        'btc_sold': ('BTC', 'coins sold in the month'),
        'btc_held': ('BTC', 'coins held at the end of the month, those restricted, pledged or lent with them'),
        'btc_restricted': ('BTC', 'coins restricted, pledged or lent, a part of those held'),
        'hashrate_energized_eh_s': ('EH/s', 'hashrate of the machines under power at the end of the month'),
        'hashrate_operating_eh_s': ('EH/s', 'mean hashrate that worked in the month'),
        'fleet_efficiency_j_per_th': ('J/TH', 'energy of the fleet for a terahash at the end of the month'),
        'electricity_cost_usd_per_btc': ('USD per BTC', 'cost of electricity for a coin mined'),
        'power_cost_usd_per_kwh': ('USD per kWh', 'price paid for power'),
        'revenue_usd_per_btc': ('USD per BTC', 'revenue for a coin mined'),
    }) }}
{%- endmacro %}
