"""Rules of the ledger's disclosures: quarterly capex, guidance, monthly production."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.universe import LEDGER, issuer_known

QUARTER_DAYS = (80, 100)  # 52/53-week years have quarters of 91 and 98 days.
CAPEX_STEP = 4.0
GUIDANCE_USD_M = (100, 1_000_000)
GUIDANCE_YEARS = (-1, 6)
LARGEST_MONTH_BTC = 2_500  # More than half of all that is mined in a month.
ENERGIZED_TOLERANCE = 1.05
EFFICIENCY_J_PER_TH = (8, 120)
POWER_USD_PER_KWH = (0.01, 0.25)
TREASURY_TOLERANCE = 0.10

_LATEST_QUARTER = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY issuer, metric, period_end_date ORDER BY known_at_utc DESC) = 1)"
)
_LATEST_MONTH = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY issuer, period_start_date ORDER BY known_at_utc DESC) = 1)"
)
_MEASURES = (
    "btc_produced, btc_sold, btc_held, btc_restricted, hashrate_energized_eh_s, hashrate_operating_eh_s,"
    " fleet_efficiency_j_per_th, electricity_cost_usd_per_btc, power_cost_usd_per_kwh, revenue_usd_per_btc"
)

CAPEX_QUARTER: tuple[Rule, ...] = (
    issuer_known("capex_quarter"),
    Rule(
        "quarter_length_plausible",
        "critical",
        f"A quarter has between {QUARTER_DAYS[0]} and {QUARTER_DAYS[1]} days.",
        f"A cash flow since the start of the year is no quarter. {LEDGER}",
        where=f"period_end_date - period_start_date + 1 NOT BETWEEN {QUARTER_DAYS[0]} AND {QUARTER_DAYS[1]}",
    ),
    Rule(
        "quarters_apart",
        "critical",
        "Quarters of one issuer and basis do not overlap.",
        LEDGER,
        violations=(
            f"SELECT a.issuer, a.metric, a.period_end_date, b.period_start_date AS next_start_date FROM {_LATEST_QUARTER} AS a"
            f" JOIN {_LATEST_QUARTER} AS b ON a.issuer = b.issuer AND a.metric = b.metric"
            " AND a.period_end_date < b.period_end_date AND b.period_start_date <= a.period_end_date"
        ),
    ),
    Rule(
        "leases_add",
        "warning",
        "Capex with finance leases is not below capex paid in cash.",
        f"See whether the two bases were exchanged. {LEDGER}",
        violations=(
            f"SELECT c.issuer, c.period_end_date, c.value AS cash, l.value AS with_leases FROM {_LATEST_QUARTER} AS c"
            f" JOIN {_LATEST_QUARTER} AS l ON c.issuer = l.issuer AND c.period_end_date = l.period_end_date"
            " AND c.metric = 'capex_cash' AND l.metric = 'capex_with_finance_leases' AND l.value < c.value"
        ),
    ),
    Rule(
        "step_plausible",
        "warning",
        f"No quarter is more than {CAPEX_STEP:g} times the one before, or less than its {CAPEX_STEP:g}th part.",
        f"A figure in thousands, or one since the start of the year, looks like this. {LEDGER}",
        violations=(
            "SELECT issuer, metric, period_end_date, previous, value FROM (SELECT *, lag(value) OVER w AS previous,"
            f" lag(period_end_date) OVER w AS previous_end FROM {_LATEST_QUARTER}"
            " WINDOW w AS (PARTITION BY issuer, metric ORDER BY period_end_date))"
            f" WHERE period_start_date = previous_end + 1 AND previous > 0"
            f" AND (value > {CAPEX_STEP} * previous OR {CAPEX_STEP} * value < previous)"
        ),
    ),
)

CAPEX_GUIDANCE: tuple[Rule, ...] = (
    issuer_known("capex_guidance"),
    Rule(
        "high_not_below_low",
        "critical",
        "The upper end of a guidance is not below its lower end.",
        LEDGER,
        where="high < low",
    ),
    Rule(
        "amount_plausible",
        "warning",
        f"Guidance lies between {GUIDANCE_USD_M[0]:,} and {GUIDANCE_USD_M[1]:,} USD million.",
        f"An amount in billions looks like this. {LEDGER}",
        where=f"low < {GUIDANCE_USD_M[0]} OR greatest(low, coalesce(high, low)) > {GUIDANCE_USD_M[1]}",
    ),
    Rule(
        "target_year_near",
        "warning",
        "The year guided is near the day of the guidance.",
        LEDGER,
        where=f"target_year - year(announced_date) NOT BETWEEN {GUIDANCE_YEARS[0]} AND {GUIDANCE_YEARS[1]}",
    ),
)

PRODUCTION: tuple[Rule, ...] = (
    issuer_known("production"),
    Rule(
        "period_is_month",
        "critical",
        "Every period is a whole calendar month.",
        LEDGER,
        where="day(period_start_date) <> 1 OR period_end_date <> last_day(period_start_date)",
    ),
    Rule(
        "something_disclosed",
        "critical",
        "Every row discloses at least one figure.",
        f"An issuer that fell silent has no row; its habit changes in the disclosure regimes. {LEDGER}",
        where=f"coalesce({_MEASURES}) IS NULL",
    ),
    Rule(
        "restricted_within_held",
        "critical",
        "Restricted bitcoin is a part of the bitcoin held.",
        f"Pledged and loaned coins are a subset, not an addition. {LEDGER}",
        where="btc_restricted > btc_held",
    ),
    Rule(
        "production_plausible",
        "warning",
        f"No month brings more than {LARGEST_MONTH_BTC:,} BTC to one miner.",
        f"A footnote mark glued to a figure, or a year's sum, looks like this. {LEDGER}",
        where=f"btc_produced > {LARGEST_MONTH_BTC}",
    ),
    Rule(
        "operating_within_energized",
        "warning",
        "Operating hashrate is not above energized hashrate.",
        f"The two columns were probably exchanged. {LEDGER}",
        where=f"hashrate_operating_eh_s > {ENERGIZED_TOLERANCE} * hashrate_energized_eh_s",
    ),
    Rule(
        "efficiency_plausible",
        "warning",
        f"Fleet efficiency lies between {EFFICIENCY_J_PER_TH[0]} and {EFFICIENCY_J_PER_TH[1]} J/TH.",
        f"A hashrate in the wrong column looks like this. {LEDGER}",
        where=f"fleet_efficiency_j_per_th NOT BETWEEN {EFFICIENCY_J_PER_TH[0]} AND {EFFICIENCY_J_PER_TH[1]}",
    ),
    Rule(
        "power_cost_plausible",
        "warning",
        f"Power costs between {POWER_USD_PER_KWH[0]} and {POWER_USD_PER_KWH[1]} USD per kWh.",
        f"Cents taken for dollars look like this. {LEDGER}",
        where=f"power_cost_usd_per_kwh NOT BETWEEN {POWER_USD_PER_KWH[0]} AND {POWER_USD_PER_KWH[1]}",
    ),
    Rule(
        "treasury_rolls",
        "info",
        f"Bitcoin held last month plus produced minus sold is this month's holding, within {TREASURY_TOLERANCE:.0%}.",
        "Nothing to mend where coins were bought, paid or moved; else compare the figures with the release.",
        violations=(
            "SELECT issuer, period_start_date, previous, btc_produced, btc_sold, btc_held FROM (SELECT *,"
            " lag(btc_held) OVER w AS previous, lag(period_end_date) OVER w AS previous_end"
            f" FROM {_LATEST_MONTH} WINDOW w AS (PARTITION BY issuer ORDER BY period_start_date))"
            " WHERE period_start_date = previous_end + 1 AND previous > 0"
            f" AND abs(previous + btc_produced - coalesce(btc_sold, 0) - btc_held) > {TREASURY_TOLERANCE} * previous"
        ),
    ),
)

RULES = {
    "raw_ledger__capex_quarter": CAPEX_QUARTER,
    "raw_ledger__capex_guidance": CAPEX_GUIDANCE,
    "raw_ledger__production": PRODUCTION,
}
