{#- Figures of quarters from statements by name, all in USD million but shares, and what each is. -#}
{% macro statement_metrics() -%}
    {{ return({
        'capex_cash': 'cash paid in the quarter for property and equipment, from the cash-flow statement',
        'capex_with_finance_leases': 'capital expenditure as the company defines it, with finance leases',
        'revenue': 'revenue of the quarter, from the income statement',
        'operating_cash_flow': 'net cash from operating activities in the quarter, from the cash-flow statement',
        'cash': 'cash and cash equivalents at the end of the quarter, from the balance sheet',
        'debt': 'debt at the end of the quarter, from the balance sheet',
        'finance_leases': 'liabilities from finance leases at the end of the quarter, from the balance sheet',
        'digital_assets_usd_m': 'digital assets at the end of the quarter, as the accounting rules of the time measure them',
        'customer_prepayments': 'what customers paid in the quarter before it was earned, from the cash-flow statement',
        'equity_raised': 'cash from issuing common stock in the quarter, from the cash-flow statement',
        'debt_repaid': 'cash paid back on debt in the quarter, from the cash-flow statement',
        'shares': 'shares outstanding at the end of the quarter, or at the first cover date after it',
    }) }}
{%- endmacro %}

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
