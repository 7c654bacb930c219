"""Suite of the facts about the network. Those about prices are in prices.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.providers import TERMS
from quality.suites.published import MODEL, in_dimension, nothing_lost, one_of, published, unequal

HASHPRICE_USD_PH_DAY = (1, 1000)  # About 40 to 60 in 2025, above 100 in 2021.
SUBSIDIES_BTC = (25.0, 12.5, 6.25, 3.125)
HASHRATE_TOLERANCE_PCT = 5  # Providers end their day some minutes apart, and seven blocks are 5 % of a day.
MISSING_FOR_HASHPRICE = ("no_difficulty", "no_blocks", "no_fees", "no_btc_close")

FCT_NETWORK_DAILY = published(
    "fct_network_daily",
    ("utc_date",),
    (
        "utc_date",
        "blocks",
        "fees_btc",
        "difficulty",
        "hashrate_eh_s",
        "hashprice_usd_ph_day",
        "block_subsidy_btc",
        "btc_close_usd",
        "hashrate_realized_eh_s",
        "hashprice_null_reason",
        "provider",
        "redistribution",
        "hashrate_provider_eh_s",
        "hashrate_provider",
        "hashrate_difference_pct",
    ),
    (
        Rule(
            "days_complete",
            "warning",
            "No UTC day is missing between the first and the last.",
            "Refresh again, the day is asked for again; until then mart_data_quality tells it as not available.",
            violations=(
                "SELECT utc_date, next_date FROM (SELECT utc_date, lead(utc_date) OVER (ORDER BY utc_date) AS next_date"
                " FROM {relation}) WHERE next_date - utc_date > 1"
            ),
        ),
        Rule(
            "hashrates_agree",
            "critical",
            "Realized hashrate is to implied hashrate as the day's blocks are to 144.",
            f"The two pairings of hashrate and blocks were mixed. {MODEL}",
            where=unequal("hashrate_realized_eh_s * 144", "hashrate_eh_s * blocks"),
        ),
        Rule(
            "subsidy_of_halvings",
            "critical",
            "The subsidy is one the halvings allow and never rises.",
            MODEL,
            violations=(
                "SELECT utc_date, previous, block_subsidy_btc FROM (SELECT utc_date, block_subsidy_btc,"
                " lag(block_subsidy_btc) OVER (ORDER BY utc_date) AS previous FROM {relation})"
                " WHERE block_subsidy_btc IS NULL OR block_subsidy_btc > previous"
                f" OR block_subsidy_btc NOT IN ({', '.join(map(str, SUBSIDIES_BTC))})"
            ),
        ),
        Rule(
            "hashprice_plausible",
            "warning",
            f"Hashprice lies between {HASHPRICE_USD_PH_DAY[0]} and {HASHPRICE_USD_PH_DAY[1]} USD per PH/s and day.",
            f"A wrong unit of hashrate moves it a thousandfold. {MODEL}",
            where=f"hashprice_usd_ph_day NOT BETWEEN {HASHPRICE_USD_PH_DAY[0]} AND {HASHPRICE_USD_PH_DAY[1]}",
        ),
        Rule(
            "hashprice_or_reason",
            "critical",
            "A day has a hashprice or the reason why not.",
            MODEL,
            where="(hashprice_usd_ph_day IS NULL) <> (hashprice_null_reason IS NOT NULL)",
        ),
        one_of("hashprice_null_reason", MISSING_FOR_HASHPRICE),
        one_of("redistribution", TERMS),
        in_dimension("hashrate_provider", "dim_provider", column_there="provider"),
        Rule(
            "difference_agrees",
            "critical",
            "The difference is that of the provider's hashrate against the realized one.",
            MODEL,
            where=unequal("hashrate_difference_pct", "100 * (hashrate_provider_eh_s / hashrate_realized_eh_s - 1)"),
        ),
        Rule(
            "provider_hashrate_near",
            "warning",
            f"The provider's hashrate is within {HASHRATE_TOLERANCE_PCT} % of the realized one.",
            "See whether the provider ends its day elsewhere than at midnight UTC, or speaks of another unit. Only the"
            " recomputed hashrate is used.",
            where=f"abs(hashrate_difference_pct) > {HASHRATE_TOLERANCE_PCT}",
        ),
        nothing_lost("raw_network__day", {"utc_date": "utc_date"}),
    ),
)

SUITES = (FCT_NETWORK_DAILY,)
